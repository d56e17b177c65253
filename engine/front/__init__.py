"""What PyTorch has at its top level for things that the engine has elsewhere, in the top level's own form."""
