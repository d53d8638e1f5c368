"""Which models wrote what, by the SHA-256 of their weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.store.records import (
    ListModelUses,
    ListSessionModels,
    ModelsUsed,
    Saved,
    SaveGeneration,
    SessionModels,
)
from tests.store.library_samples import ask, generation, library, session


def test_uses_are_counted_by_weights_and_told_with_their_latest_sessions(own_library: Path) -> None:
    with library(own_library) as librarian:
        assert ask(librarian, ListModelUses(), ModelsUsed).uses == ()
        written = (
            (1, "aa", "Fox", 20, 1.0),
            (1, "aa", "Fox", 40, 1.0),
            (1, "aa", "Fox", 3, 1.0),  # too short to tell a speed
            (2, "bb", "Owl", 20, 0.0),
            (2, "aa", "Vixen", 60, 1.0),  # renamed
        )
        for number, (session_id, sha256, name, n_tokens, decode_s) in enumerate(written, 1):
            record = replace(
                generation(number, session_id), model_sha256=sha256, model_name=name, n_tokens=n_tokens,
                decode_s=decode_s, created_utc=f"2026-01-02T03:04:0{number}Z",
            )  # fmt: skip
            text = replace(session(session_id, f"Text {session_id}", title=""), revision=number)
            ask(librarian, SaveGeneration(record, 0, (), text), Saved)
        uses = ask(librarian, ListModelUses(), ModelsUsed).uses
        assert [(u.sha256, u.name, u.n_generations, u.n_sessions) for u in uses] == [
            ("aa", "Vixen", 4, 2),
            ("bb", "Owl", 1, 1),
        ]
        assert uses[0].sessions == ((2, "Text 2"), (1, "Text 1"))
        assert [use.tokens_per_s for use in uses] == pytest.approx([40.0, 0.0])
        assert uses[0].last_used_utc == "2026-01-02T03:04:05Z"
        told = ask(librarian, ListSessionModels(2), SessionModels)
        assert told == SessionModels(2, ((4, "Owl"), (5, "Vixen")))
        assert ask(librarian, ListSessionModels(9), SessionModels).models == ()
