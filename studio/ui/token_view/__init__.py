"""The parts of the Token tab: figures in words, rows and how they are drawn, the list and its keys."""
