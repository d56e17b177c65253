"""Helpers beside the engine, under PyTorch's path `utils`."""
