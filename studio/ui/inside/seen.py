"""What the model process told, unpacked for painting. Layers and heads count from 0; for people from 1."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core import messages as m
from studio.ui.glyphs import visible


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens of a context, and where they stand in the text that ends where the context ends."""

    texts: tuple[str, ...]
    lengths: tuple[int, ...]  # code points

    def shown(self, index: int) -> str:
        """A token with its white space drawn."""
        return visible(self.texts[index])

    def stretch(self, first: int, end: int) -> str:
        """Several tokens on one line."""
        return "".join(self.texts[first:end]).strip().replace("\n", "↵ ")

    def places(self, end: int) -> list[tuple[int, int]]:
        """Start and end of each token if the last ends at `end`; below 0 where there is no such place."""
        found: list[tuple[int, int]] = []
        for length in reversed(self.lengths):
            found.append((end - length, end))
            end -= length
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Attention:
    """How much each head of a layer looked at each token: shares of 1."""

    words: Words
    layer: int
    heads: tuple[tuple[float, ...], ...]  # H of T

    def strongest(self, head: int, n: int = 3) -> list[tuple[int, float]]:
        """The tokens looked at most: (index, share), the strongest first."""
        row = self.heads[head]
        return sorted(enumerate(row), key=lambda pair: -pair[1])[:n]


@dataclass(frozen=True, slots=True)
class Links:
    """The strongest links of each token in one head."""

    layer: int
    head: int
    of: tuple[tuple[tuple[int, float], ...], ...]  # T of K: (source, share)


def words_of(message: m.InsideSeen | m.WordsWeighed) -> Words:
    """The context an answer is about."""
    return Words(message.tokens, message.lengths)


def attention_of(message: m.InsideSeen) -> Attention:
    """The attention an answer holds."""
    n = len(message.tokens)
    shares = floats(message.attention)
    heads = tuple(tuple(shares[head * n : (head + 1) * n]) for head in range(message.n_head))
    return Attention(words_of(message), message.layer, heads)


def links_of(message: m.AttentionMapped) -> Links:
    """The links an answer holds."""
    k = message.n_links
    sources = struct.unpack(f"<{message.n_tokens * k}H", message.sources)
    shares = floats(message.shares)
    rows = tuple(
        tuple(zip(sources[at : at + k], shares[at : at + k], strict=True))
        for at in range(0, message.n_tokens * k, k)
    )
    return Links(message.layer, message.head, rows)


def floats(data: bytes) -> Sequence[float]:
    """Little-endian float16."""
    return struct.unpack(f"<{len(data) // 2}e", data)
