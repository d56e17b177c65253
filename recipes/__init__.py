"""Everything between the engine and the command line: models, data, loops, tracking, runs."""
