"""Loops that Numba compiles when they are first needed; a file a family."""
