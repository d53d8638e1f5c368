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
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
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
        return Untouched() if self.dry_multiplier == 0.0 else DryRun(self, start)


class DryRun(Untouched):
    """One run, with what is known of its tokens."""

    __slots__ = ("_breakers", "_breaks", "_rule", "_table", "_tokenizer")

    def __init__(self, rule: Dry, start: RunStart) -> None:
        self._rule = rule
        self._tokenizer = start.tokenizer
        self._breakers = tuple(
            entry.text.encode("utf-8", "replace") for entry in read_list(rule.dry_breakers)
        )
        self._breaks: dict[int, bool] = {}  # by token id
        self._table = _Repeats()

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

    def lowered(self, ids: list[int], n: int) -> dict[int, float]:
        """What is taken from which tokens after the first n of `ids`; cheap for n after n of the same ids.

        The same as a call, but all lengths come from a table that is filled once.
        """
        rule = self._rule
        reach = min(rule.dry_range or n, n)
        usable = self._table.unbroken(ids, n, self._ends)
        if min(usable, reach) < rule.dry_allowed_length:
            return {}
        return {
            token_id: self._penalty(length)
            for token_id, length in self._table.longest(
                ids, n, reach, usable, rule.dry_allowed_length
            ).items()
            if not self._ends(token_id)
        }

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


class _Repeats:
    """How long a passage before each place of a text is like the one before each other place.

    The common suffix of ids[:n] and ids[:b] is one longer than that of ids[:n-1] and ids[:b-1], or nothing.
    """

    __slots__ = ("_ids", "_rows", "_unbroken")

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._rows: list[NDArray[np.int16]] = []  # at n: for each b < n
        self._unbroken: list[int] = []  # at n: tokens before it since a breaker

    def _fill(self, ids: list[int], n: int) -> None:
        import numpy as np

        known = min(n, len(self._ids))
        if self._ids[:known] != ids[:known]:
            self._ids, self._rows, self._unbroken = [], [], []
        if len(self._rows) > n:
            return
        if not self._rows:
            self._rows.append(np.zeros(0, dtype=np.int16))
        self._ids = ids[:n]
        tokens = np.array(self._ids)
        for m in range(len(self._rows), n + 1):
            row = np.zeros(m, dtype=np.int16)
            row[1:] = (self._rows[-1] + np.int16(1)) * (tokens[: m - 1] == tokens[m - 1])
            self._rows.append(row)

    def unbroken(self, ids: list[int], n: int, ends: Callable[[int], bool]) -> int:
        """How many tokens before place n hold no breaker."""
        self._fill(ids, n)
        if not self._unbroken:
            self._unbroken.append(0)
        for token_id in self._ids[len(self._unbroken) - 1 : n]:
            self._unbroken.append(0 if ends(token_id) else self._unbroken[-1] + 1)
        return self._unbroken[n]

    def longest(self, ids: list[int], n: int, reach: int, usable: int, least: int) -> dict[int, int]:
        """By token, the longest passage it would go on repeating, if that is at least `least`.

        Looking back `reach` tokens, at passages of at most `usable`.
        """
        import numpy as np

        self._fill(ids, n)
        first = n - reach + 1
        room = np.arange(1, reach)  # a passage ends at b and must not begin before the reach
        lengths = np.minimum(np.minimum(self._rows[n][first:n], room), usable)
        found = np.nonzero(lengths >= least)[0]
        found = found[np.argsort(lengths[found], kind="stable")]  # of each token the longest comes last
        return {
            ids[first + at]: length
            for at, length in zip(found.tolist(), lengths[found].tolist(), strict=True)
        }


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
