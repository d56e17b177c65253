"""What is drawn: random tensors and dropout."""
