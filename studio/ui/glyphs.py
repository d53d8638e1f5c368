"""Token text made visible: white space and bytes that are no character yet."""

from __future__ import annotations

_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\0": "␀"}


def visible(text: str, raw: bytes | None = None) -> str:
    """`text` with white space drawn; if it holds broken characters and `raw` is known, its bytes instead."""
    if raw is not None and ("\ufffd" in text or not text):
        return f"⟨{' '.join(f'{byte:02X}' for byte in raw)}⟩" if raw else "∅"
    return "".join(_VISIBLE.get(character, character) for character in text) or "∅"
