"""Why a command ends early."""

from __future__ import annotations


class ArgumentsError(Exception):
    """What was asked for makes no sense (exit code 2); the text is one sentence."""


class EngineFailedError(Exception):
    """It could not be done (exit code 1); the text is what happened and what to do."""
