"""What drafting ahead has brought, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def gain(saved_s: float, decode_s: float) -> float:
    """How many times as fast it went as it would have gone one token after the other."""
    return 1.0 + saved_s / decode_s if decode_s > 0 else 1.0


def in_words(n_guessed: int, n_right: int, saved_s: float, n_tokens: int, decode_s: float) -> str:
    """A sentence about a generation in which something was guessed."""
    text = QCoreApplication.translate(
        "drafting",
        "{right} of {guessed} tokens drafted ahead were right; one after the other it would have been {rate} "
        "tokens/s",
    )
    plain_s = max(decode_s + saved_s, 1e-9)
    return text.format(right=f"{n_right:,}", guessed=f"{n_guessed:,}", rate=f"{n_tokens / plain_s:.1f}")
