"""The list of sessions: its lines, how they are painted, and the panel around them."""
