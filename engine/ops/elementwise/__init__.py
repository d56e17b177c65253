"""Functions of each element alone, broadcasting where there are several."""
