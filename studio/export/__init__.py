"""Writing sessions to files that other programs read. The formats are in formats.py: few starts need them."""
