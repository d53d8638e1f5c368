"""One processor at one position, without a run around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch import Tensor

from studio.core.running import LogitsProcessor, RunStart
from studio.core.tokenizer import Chunk, Encoded


class NumberTokenizer:
    """Every token is a letter and its number, such as " w17"; `order[i]` is the number of token i."""

    end_of_text_id: int | None = None
    max_token_bytes = 8
    prefix_ids: tuple[int, ...] = ()

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)
        self._ids = {number: token_id for token_id, number in enumerate(self._order)}

    def encode(self, text: str, special_offsets: Sequence[int] = ()) -> Encoded:
        found = [self._ids.get(int(number), -1) for number in re.findall(r"w(\d+)", text)]
        return Encoded((Chunk([i for i in found if i >= 0], len(text), lambda _: 0),))

    def token_bytes(self, token_id: int) -> bytes:
        return b" w%d" % self._order[token_id] if token_id < len(self._order) else b""

    def display(self, token_id: int) -> str:
        return self.token_bytes(token_id).decode()


def apply(
    processor: LogitsProcessor, ids: Tensor, logits: Tensor, order: Tensor | None = None, seed: int = 0
) -> Tensor:
    """What the processor makes of the logits at the first position after `ids`."""
    tokenizer = NumberTokenizer(range(len(logits)) if order is None else order.tolist())
    return processor.begin(RunStart(seed, len(ids), tokenizer))(ids, logits)
