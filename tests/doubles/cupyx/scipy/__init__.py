"""SciPy's functions on device arrays."""
