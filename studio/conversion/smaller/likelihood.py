"""How likely a model finds a text: both sides of a comparison, and every choice of what to leave out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model import CausalLM
from studio.core.tokenizer import Tokenizer

MAX_TOKENS = 512
"""That are measured on. The distributions after all of them are held: 103 MB with GPT-2's vocabulary."""

MAX_WEIGHED = 4096
"""That are looked at to decide what to leave out."""

ENOUGH = 64
"""Tokens that each half of a text must have to be a half of its own."""

_CHUNK = 128


@dataclass(frozen=True, slots=True)
class Halves:
    """What is looked at to decide what to leave out, and what is measured on."""

    weighed: str
    measured: str
    apart: bool  # they are two places of the text


def halve(tokenizer: Tokenizer, text: str, n_positions: int) -> Halves:
    """Cut a text in two, if there is enough of it: what decides shall not be the judge as well.

    Raises StudioError if it is too short.
    """
    encoded = tokenizer.encode(text)
    n = len(encoded)
    if n < 2:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The text is too short to measure on: two tokens are the least."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose a longer text; some hundred words are good."),
        )
    most = min(MAX_TOKENS, n_positions - 1 - len(tokenizer.prefix_ids))
    if n < 2 * ENOUGH or most < ENOUGH:
        part = text[: encoded.start_of(min(n, most))]
        return Halves(part, part, apart=False)
    middle = min(n // 2, MAX_WEIGHED)
    cut = _tidy(text, encoded.start_of(middle))
    rest = tokenizer.encode(text[cut:])
    return Halves(text[:cut], text[cut : cut + rest.start_of(min(len(rest), most))], apart=True)


def _tidy(text: str, cut: int) -> int:
    """The beginning of a line or a word not far before a place; the place itself where there is none."""
    for border, reach in (("\n", cut // 4), (" ", cut // 8)):
        at = text.rfind(border, cut - reach, cut)
        if at != -1:
            return at + 1 if border == "\n" else at
    return cut


def sequence(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """The token before each of `ids`, and the last; without an end-of-text token the first starts alone."""
    start = tokenizer.prefix_ids
    if not start and tokenizer.end_of_text_id is not None:
        start = (tokenizer.end_of_text_id,)
    return [*start[-1:], *ids]


@torch.inference_mode()
def logprob_rows(model: CausalLM, ids: Sequence[int]) -> Iterator[Tensor]:
    """What the model expects after each of `ids`: (T, V) log-probabilities, some rows at a time."""
    model.truncate(0)
    for at in range(0, len(ids), _CHUNK):
        logits = model.forward_all(torch.tensor(ids[at : at + _CHUNK]))
        yield logits.log_softmax(1)


def loss(model: CausalLM, ids: Sequence[int]) -> float:
    """Nats a token, the mean of all but the first of `ids`. Infinite if the numbers break down."""
    nats, at = 0.0, 1
    for rows in logprob_rows(model, ids[:-1]):
        nats -= float(rows.gather(1, torch.tensor(ids[at : at + len(rows)])[:, None]).sum())
        at += len(rows)
    mean = nats / (len(ids) - 1)
    return mean if math.isfinite(mean) else math.inf
