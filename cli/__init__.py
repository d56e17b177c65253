"""The command `ml`: one file a command."""
