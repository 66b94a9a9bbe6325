"""Channel maps as arrays: which channel lies where, pooled to a screen, with limits and ranks."""
