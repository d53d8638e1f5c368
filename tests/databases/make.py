"""Write a small library with the schema of today to the file that is named. See README.md."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from studio.core.history import Node, Run
from studio.core.messages import FinishReason
from studio.store.schema import FILE_NAME
from studio.store.store import Store
from tests.store.library_samples import generation, session, token

NODES = (
    Node(1, 0, '[[0,"",[],"Once",[[4,0,0]]]]', 0, "2026-01-02T03:04:05"),
    Node(2, 1, '[[4,"",[]," upon a time",[[12,1,0]]]]', 1, "2026-01-02T03:04:06", "ä\0\U0001f469", True),
    Node(3, 1, '[[4,"",[],"!",[[1,0,0]]]]', 0, pruned=True),
)


def make(target: Path) -> None:
    """Three sessions, one of them deleted; a finished generation with tokens, and one cut short."""
    text = "Zeile eins\n日本語 👩\u200d👧 \0 Ende"
    first = replace(
        session(1, "Once upon a time, she wrote."),
        runs=(Run(4), Run(12, source=1), Run(12)),
        caret=16,
        nodes=NODES,
        head=2,
    )
    tokens = tuple(token(part) for part in (" upon", " a", " time"))
    done = generation(1, 1, text=" upon a time", finish_reason=FinishReason.LENGTH)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        store.save_generation(replace(done, n_tokens=3), 0, tokens, first)
        store.save_session(session(3, "deleted, but not gone", title="third"))
        store.delete_session(3)
        store.save_generation(generation(2, 2, text=" En"), 0, tokens[:1], session(2, text, title="zweite"))
        store.close()
        target.write_bytes(Path(folder, FILE_NAME).read_bytes())


if __name__ == "__main__":
    make(Path(sys.argv[1]))
