"""Everything on the screen (Qt). Knows nothing of torch or SQLite."""
