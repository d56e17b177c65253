"""Floor 3: the op rooms; each op is its forward, its gradient and its shape rule in one place."""
