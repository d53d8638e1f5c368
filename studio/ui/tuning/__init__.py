"""Find settings: from what a passage should be to the sampling settings that make it so."""
