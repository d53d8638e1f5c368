"""Requests and answers about guessing the next tokens. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChooseDrafter:
    """Let a smaller model guess too, from now on. Answered by DrafterChosen; or JobFailed, and none does.

    It is forgotten when a model is loaded that it does not suit.
    """

    job_id: int
    path: str  # a checkpoint folder; empty: no other model


@dataclass(frozen=True, slots=True)
class DrafterChosen:
    """A smaller model guesses, or none does."""

    job_id: int
    name: str  # empty: none
    n_parameters: int = 0
