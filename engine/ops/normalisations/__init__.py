"""What brings features to mean 0 and deviation 1, by batch, layer, group or size."""
