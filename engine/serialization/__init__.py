"""Tensors in files: safetensors, trees of tensors in them, PyTorch's archives; nothing in a file is ever run."""
