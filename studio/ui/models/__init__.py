"""The models that can write: the list, what comes and goes, and the chip over the text."""
