"""The user's models: the shelf they stand on, where they come from, whether they fit. No Qt, no torch.

What reads a stranger's file, computes or opens a socket is a job (`jobs.py`): a child process.
"""
