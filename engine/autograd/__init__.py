"""Floor 2: tensors without math, nodes, ops, the walker that carries gradients back, modes and the door for writes."""
