"""Turning one model into another: reading foreign formats, making smaller, writing for others. Uses torch.

Runs only in the child processes of `studio/models/jobs.py`.
"""
