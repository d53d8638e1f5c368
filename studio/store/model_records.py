"""Requests and answers about which models wrote what. All are part of records.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What the library knows of a model, by the SHA-256 of its weights."""

    sha256: str
    name: str  # as it was called last
    n_generations: int
    n_sessions: int  # those in the trash included
    sessions: tuple[tuple[int, str], ...]  # id and title (or first words) of the latest, newest first
    last_used_utc: str
    tokens_per_s: float  # the median of the last that were long enough; 0.0: there is none


@dataclass(frozen=True, slots=True)
class ListModelUses:
    """Ask for all models that anything was written with. Answered by ModelsUsed."""


@dataclass(frozen=True, slots=True)
class ListSessionModels:
    """Ask which model wrote what in a session. Answered by SessionModels."""

    session_id: int


@dataclass(frozen=True, slots=True)
class ModelsUsed:
    """All models that anything was written with, the one used last first."""

    uses: tuple[ModelUse, ...]


@dataclass(frozen=True, slots=True)
class SessionModels:
    """Each generation of a session and the name of its model."""

    session_id: int
    models: tuple[tuple[int, str], ...]
