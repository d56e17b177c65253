"""Elements chosen by position or mask, read and written."""
