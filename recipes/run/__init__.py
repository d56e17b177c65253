"""A run: its folder, its record, its checkpoints, and what starts, ends and resumes it."""
