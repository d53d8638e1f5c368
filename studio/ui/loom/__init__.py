"""The loom: the most probable continuations as a tree one can walk, and take from."""
