"""Which models wrote what: in the whole library, and in one session."""

from __future__ import annotations

import sqlite3
import statistics
from collections import deque
from dataclasses import dataclass, field

from studio.store.model_records import ModelUse

N_SESSIONS = 5
"""So many are named."""

N_SPEEDS = 15
MIN_TOKENS = 16
"""A generation as long as this tells how fast the model was."""


@dataclass(slots=True)
class _Found:
    name: str = ""
    last_id: int = 0
    last_used_utc: str = ""
    n_generations: int = 0
    sessions: dict[int, int] = field(default_factory=dict)  # by id: the latest generation there
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=N_SPEEDS))


def uses(db: sqlite3.Connection) -> tuple[ModelUse, ...]:
    """All models that anything was written with, the one used last first."""
    names = {row[0]: (row[1], row[2]) for row in db.execute("SELECT id, name, sha256 FROM models")}
    found: dict[str, _Found] = {}
    for number, session_id, model_id, created_utc, n_tokens, decode_s in db.execute(
        "SELECT id, session_id, model_id, created_utc, n_tokens, decode_s FROM generations ORDER BY id"
    ):
        name, sha256 = names[model_id]
        one = found.setdefault(sha256, _Found())
        one.name, one.last_id, one.last_used_utc = name, number, created_utc
        one.n_generations += 1
        one.sessions[session_id] = number
        if n_tokens >= MIN_TOKENS and decode_s:
            one.speeds.append(n_tokens / decode_s)
    ordered = sorted(found.items(), key=lambda item: -item[1].last_id)
    return tuple(_use(db, sha256, one) for sha256, one in ordered)


def _use(db: sqlite3.Connection, sha256: str, one: _Found) -> ModelUse:
    latest = sorted(one.sessions, key=lambda session_id: -one.sessions[session_id])[:N_SESSIONS]
    sessions = []
    for session_id in latest:
        row = db.execute("SELECT title, preview FROM sessions WHERE id = ?", (session_id,)).fetchone()
        sessions.append((session_id, row[0] or row[1] if row else ""))
    speed = statistics.median(one.speeds) if one.speeds else 0.0
    return ModelUse(
        sha256, one.name, one.n_generations, len(one.sessions), tuple(sessions), one.last_used_utc, speed
    )


def of_session(db: sqlite3.Connection, session_id: int) -> tuple[tuple[int, str], ...]:
    """Each generation of a session and the name of its model, in order."""
    return tuple(
        db.execute(
            "SELECT generations.id, models.name FROM generations JOIN models ON models.id = model_id"
            " WHERE session_id = ? ORDER BY generations.id",
            (session_id,),
        )
    )
