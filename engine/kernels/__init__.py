"""Fast forms of ops on arrays, without tensors or gradients; each is optional over its op's reference."""
