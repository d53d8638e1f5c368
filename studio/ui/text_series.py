"""The numbers of the text in columns, for whatever draws all of them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from functools import cached_property

from studio.ui.text_numbers import TextNumbers

BLOCK = 64
"""Numbers whose least and largest are kept: 400,000 tokens are drawn from 6,250 pairs."""


class Extremes:
    """The least and the largest of any stretch of a column, without looking at each of its numbers."""

    def __init__(self, values: array[float]) -> None:
        self._values = values
        parts = [values[at : at + BLOCK] for at in range(0, len(values), BLOCK)]
        self._least, self._largest = array("d", map(min, parts)), array("d", map(max, parts))
        self._finite = array("d", self._largest)
        for block, largest in enumerate(self._largest):
            if not math.isfinite(largest):
                self._finite[block] = max(filter(math.isfinite, parts[block]), default=0.0)

    def within(self, first: int, last: int) -> tuple[float, float]:
        """The least and the largest of the numbers first..last, of which there is at least one."""
        begin, end = -(-first // BLOCK), last // BLOCK
        if begin >= end:
            part = self._values[first:last]
            return min(part), max(part)
        least, largest = min(self._least[begin:end]), max(self._largest[begin:end])
        if first == begin * BLOCK and last == end * BLOCK:
            return least, largest
        for part in (self._values[first : begin * BLOCK], self._values[end * BLOCK : last]):
            if part:
                least, largest = min(least, min(part)), max(largest, max(part))
        return least, largest

    def largest_finite(self, first: int, last: int) -> float:
        """The largest of the numbers first..last that is not infinite; 0 if there is none."""
        begin, end = -(-first // BLOCK), last // BLOCK
        if begin >= end:
            return max(filter(math.isfinite, self._values[first:last]), default=0.0)
        edges = (*self._values[first : begin * BLOCK], *self._values[end * BLOCK : last])
        return max(max(self._finite[begin:end]), max(filter(math.isfinite, edges), default=0.0))


class TextSeries:
    """One entry for each token that is known, in the order of the text. Made anew when the numbers change."""

    def __init__(self, numbers: TextNumbers | None = None) -> None:
        columns = (TextNumbers() if numbers is None else numbers).columns()
        self.starts, self.ends = columns.starts, columns.ends  # code points
        self.surprisal, self.entropy = columns.surprisal, columns.entropy  # bits; inf: impossible
        self.rank = columns.rank

    @cached_property
    def extremes(self) -> dict[str, Extremes]:
        """Of surprisal, entropy and rank; made when they are first drawn."""
        columns = {"surprisal": self.surprisal, "entropy": self.entropy, "rank": self.rank}
        return {name: Extremes(column) for name, column in columns.items()}

    def __len__(self) -> int:
        return len(self.starts)

    def index_at(self, offset: int) -> int:
        """The token of the character at `offset`, or the one before it; -1 before the first."""
        return bisect_right(self.starts, offset) - 1

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Which tokens have a character in start..end: from, to."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        while first < len(self) and self.ends[first] <= start and self.starts[first] < start:
            first += 1
        return first, max(bisect_left(self.starts, end), first)

    def mean_bits(self, first: int, last: int) -> float:
        """Surprisal per token of tokens first..last, bits; NaN for none."""
        return math.fsum(self.surprisal[first:last]) / (last - first) if last > first else math.nan

    def perplexity(self, first: int, last: int) -> float:
        """Of tokens first..last: between how many tokens, all alike, the model would have had to guess."""
        mean = self.mean_bits(first, last)
        return 2.0**mean if mean < 1000 else (math.nan if math.isnan(mean) else math.inf)

    def bits_per_byte(self, first: int, last: int, text: str) -> float:
        """Of tokens first..last: bits of surprise for each byte of UTF-8 they stand for; NaN for none."""
        n_bytes, at = 0, first
        covered = sum(self.ends[first:last]) - sum(self.starts[first:last])
        if last > first and covered == self.ends[last - 1] - self.starts[first]:  # without gaps
            n_bytes, at = len(text[self.starts[first] : self.ends[last - 1]].encode("utf-8", "replace")), last
        while at < last:
            begin = at
            while at + 1 < last and self.starts[at + 1] == self.ends[at]:
                at += 1
            n_bytes += len(text[self.starts[begin] : self.ends[at]].encode("utf-8", "replace"))
            at += 1
        return math.fsum(self.surprisal[first:last]) / n_bytes if n_bytes else math.nan
