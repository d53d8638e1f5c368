"""Logits processors (placeholder until the chain lands in the next commit)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class LogitsProcessor(Protocol):
    """(T,) int64 and (V,) float32 -> (V,) float32."""

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor: ...
