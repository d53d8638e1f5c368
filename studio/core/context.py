"""What of a text the model sees, and how it is read: only what the KV cache does not hold already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.model import Cancelled, CausalLM, never
from studio.core.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Context:
    """The end of a text that fits into the context window beside the tokens to be written."""

    ids: list[int]  # what the model reads; never empty
    n_text_tokens: int  # of the whole text
    n_context_tokens: int  # of the text's tokens in `ids`; 1 for an empty text, which is read as end-of-text
    visible_start: int  # code point where the text of the first token in `ids` begins
    max_new_tokens: int  # as asked, or fewer if the context window is smaller


def measure(
    model: CausalLM, tokenizer: Tokenizer, text: str, special_offsets: Sequence[int], max_new_tokens: int
) -> Context:
    """Find what the model sees of `text`: the last n_positions - max_new_tokens tokens, at least one."""
    prefix = list(tokenizer.prefix_ids)
    window = model.n_positions - len(prefix)
    max_new_tokens = max(0, min(max_new_tokens, window - 1))
    encoded = tokenizer.encode(text, special_offsets)
    n = len(encoded)
    tail = encoded.tail(window - max_new_tokens)
    ids = prefix + tail
    if not ids:
        ids = [tokenizer.end_of_text_id or 0]
    return Context(ids, n, max(1, len(tail)), encoded.start_of(n - len(tail)), max_new_tokens)


def reuse(model: CausalLM, ids: Sequence[int]) -> int:
    """Make the model's cache hold as much of the beginning of `ids` as is known; return that many tokens.

    At least one token is left to be read, for the logits after it; unless `read` still has them.
    """
    n = len(ids)
    return model.switch(ids, n if model.last_reading and model.last_reading[0] == ids else n - 1)


def read(model: CausalLM, ids: Sequence[int], cancelled: Cancelled = never) -> Tensor:
    """Read the rest of `ids`, after `reuse`, and return the logits after the last: (V,) float32.

    The logits are kept in `model.last_reading`. So the second try at a prompt starts at once, and from the
    very same numbers: reading its last token alone would round differently. Raises InterruptedReading.
    """
    ids = list(ids)
    if model.last_reading and model.last_reading[0] == ids == model.cached_ids:
        return model.last_reading[1]
    tensor = torch.tensor(ids)
    while (past := len(model.cached_ids)) < len(ids):
        logits = model.forward(tensor[past : past + model.chunk_tokens], cancelled)
    model.last_reading = ids, logits
    return logits
