"""DRY: the longer a passage that the next token would repeat, the less likely it becomes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param, text_param
from studio.core.running import Running, RunStart, Untouched
from studio.core.wording import read_list

if TYPE_CHECKING:
    from torch import Tensor

_MOST = 1e30  # a penalty that leaves float32 finite


@dataclass(frozen=True, slots=True)
class Dry:
    """Lower a token that would repeat n >= a tokens of the context before it, by m·b^(n - a).

    A token that holds one of the breakers ends a passage and is never lowered. p-e-w 2024,
    text-generation-webui, pull request 5677.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Don't repeat yourself (DRY)"),
        QT_TRANSLATE_NOOP(
            "processors", "Stops the text from going in circles, and leaves common short phrases be."
        ),
    )
    dry_multiplier: float = param(
        0.0, off=0.0, usual=0.8, lo=0.0, hi=5.0, step=0.05, decimals=2, symbol="m",
        label=QT_TRANSLATE_NOOP("processors", "Don't repeat (DRY)"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How strongly a token is held back that would go on repeating a passage. 0 is off; try 0.8.",
        ),
    )  # fmt: skip
    dry_base: float = param(
        1.75, off=None, lo=1.0, hi=4.0, step=0.05, decimals=2, symbol="b",
        label=QT_TRANSLATE_NOOP("processors", "Growth per token"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How much stronger each further repeated token makes the "
            "penalty.",
        ),
    )  # fmt: skip
    dry_allowed_length: int = param(
        2, off=None, lo=1, hi=20, step=1, symbol="a",
        label=QT_TRANSLATE_NOOP("processors", "Allowed length"),
        tip=QT_TRANSLATE_NOOP("processors", "From how many repeated tokens on the next one is held back."),
    )  # fmt: skip
    dry_range: int = param(
        0, off=None, lo=0, hi=4096, step=16,
        label=QT_TRANSLATE_NOOP("processors", "DRY range"),
        tip=QT_TRANSLATE_NOOP(
            "processors", "How many of the last tokens are looked at. 0 means everything the model sees."
        ),
    )  # fmt: skip
    dry_breakers: str = text_param(
        '\\n, :, ", *', off=None, check=read_list,
        label=QT_TRANSLATE_NOOP("processors", "Passages end at"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Texts that end a passage, separated by commas, \\n for a line end: a name before a colon may "
            "come "
            "as often as it likes.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with this run's tokenizer."""
        return Untouched() if self.dry_multiplier == 0.0 else _DryRun(self, start)


class _DryRun(Untouched):
    __slots__ = ("_breakers", "_breaks", "_rule", "_tokenizer")

    def __init__(self, rule: Dry, start: RunStart) -> None:
        self._rule = rule
        self._tokenizer = start.tokenizer
        self._breakers = tuple(
            entry.text.encode("utf-8", "replace") for entry in read_list(rule.dry_breakers)
        )
        self._breaks: dict[int, bool] = {}  # by token id

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        rule = self._rule
        backwards: list[int] = ids[-rule.dry_range :].flip(0).tolist()  # [-0:] is everything
        usable = next((i for i, token_id in enumerate(backwards) if self._ends(token_id)), len(backwards))
        if usable < rule.dry_allowed_length:
            return logits
        longest: dict[int, int] = {}  # how long a passage each token would go on repeating
        for i, length in enumerate(matches(backwards)):
            repeated = min(length, usable)
            if repeated >= rule.dry_allowed_length:
                token_id = backwards[i - 1]
                longest[token_id] = max(repeated, longest.get(token_id, 0))
        lowered = {
            token_id: self._penalty(length)
            for token_id, length in longest.items()
            if token_id < len(logits) and not self._ends(token_id)
        }
        if not lowered:
            return logits
        return logits.scatter_add(
            -1, ids.new_tensor(list(lowered)), -logits.new_tensor(list(lowered.values()))
        )

    def _penalty(self, length: int) -> float:
        rule = self._rule
        log = math.log(rule.dry_multiplier) + math.log(rule.dry_base) * (length - rule.dry_allowed_length)
        if log > math.log(_MOST):
            return _MOST
        return rule.dry_multiplier * rule.dry_base ** (length - rule.dry_allowed_length)

    def _ends(self, token_id: int) -> bool:
        known = self._breaks.get(token_id)
        if known is None:
            raw = self._tokenizer.token_bytes(token_id)
            known = self._breaks[token_id] = any(breaker in raw for breaker in self._breakers)
        return known


def matches(items: list[int]) -> list[int]:
    """For every place i > 0 how many items from there on are those at the beginning; 0 at place 0.

    The Z algorithm (Gusfield 1997, section 1.4): linear in the number of items.
    """
    n = len(items)
    lengths = [0] * n
    left = right = 0  # the stretch furthest right that is known to be like the beginning
    for i in range(1, n):
        length = min(right - i, lengths[i - left]) if i < right else 0
        while i + length < n and items[length] == items[i + length]:
            length += 1
        lengths[i] = length
        if i + length > right:
            left, right = i, i + length
    return lengths
