"""How far outputs are from targets."""
