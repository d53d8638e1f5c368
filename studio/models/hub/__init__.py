"""Models from the Hugging Face Hub or a mirror of it: what there is, and fetching it.

What opens a socket here runs in a job (`studio/models/jobs.py`), never in the window: `client`, `listing`,
`stream`, `fetching` and `download`. The others only read files, and the window uses them.
"""
