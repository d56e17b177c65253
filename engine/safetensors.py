"""Named tensors in safetensors files (safetensors.torch)."""

from engine.serialization.safetensors_file import load, load_file, save, save_file

__all__ = ["load", "load_file", "save", "save_file"]
