"""The command palette: what a query finds, how a line of it is painted, and the overlay itself."""
