"""Many elements into fewer: sums, extremes, orders, counts, statistics, distances."""
