"""What other settings would have made of a run, on its own logits and its own noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.choice import as_probabilities
from studio.core.drawing import draw
from studio.core.going_back import going_back
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.reading_messages import GeneratedPlace
from studio.core.running import LogitsProcessor, Running, RunStart, begin_all
from studio.core.tokenizer import Tokenizer
from studio.core.truncation import INF
from studio.core.xray_messages import Redraw, Redrawn, RedrawnToken


def redraw(
    tokenizer: Tokenizer,
    request: Redraw,
    start: RunStart,
    ids: Sequence[int],
    logits_after: Callable[[int], Tensor],
    cancelled: Cancelled = never,
) -> Redrawn:
    """Walk the run `ids` (its prompt and its tokens) under both settings; each is told the run's own tokens.

    `logits_after(n)` are those after ids[:n]: (V,) float32. Raises InterruptedReading.
    """
    tokens = request.place.token_ids
    before, after = (
        _Side(tokenizer, start, processors, request.place) for processors in (request.before, request.after)
    )
    same_words = before.back and after.back and before.back.words == after.back.words
    whole = torch.tensor(ids)
    winners: list[int] = []  # under the other settings
    changes: dict[int, RedrawnToken] = {}
    taken_back: dict[int, RedrawnToken] = {}  # where a phrase they ban begins
    not_repeated_at = -1
    for index, token_id in enumerate(tokens):
        if cancelled():
            raise InterruptedReading
        place = (whole[: start.n_prompt + index], logits_after(start.n_prompt + index), request.seed, index)
        old, banned = before.repeated(*place, token_id)
        if not_repeated_at < 0 and old.winner != token_id:
            not_repeated_at = index
        banned = banned if same_words else ()
        new = after.drawn(*place, token_id, banned)
        winners.append(new.winner)
        if new.winner != token_id:
            changes[index] = _change(tokenizer, index, token_id, old, new)
        if index in after.starts:
            new = after.drawn(*place, token_id, (*banned, token_id))
            taken_back[index] = _change(tokenizer, index, token_id, old, new)
        before.chosen(token_id)
        after.chosen(token_id)
    for phrase in after.phrases:
        span = slice(phrase.first, phrase.last + 1)
        if winners[span] == list(tokens[span]):  # they would write it, and take it back
            changes[phrase.first] = taken_back[phrase.first]
    told = tuple(changes[index] for index in sorted(changes))
    return Redrawn(request.job_id, len(tokens), told, not_repeated_at)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What some settings draw at a place."""

    winner: int
    probs: Tensor  # (V,)
    removed_by: int  # the stage that removed the token that stands there; -1: none did


class _Side:
    """Some settings, walking the run."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        start: RunStart,
        processors: Sequence[LogitsProcessor],
        place: GeneratedPlace,
    ) -> None:
        self._chain = begin_all(processors, start)
        self.back = going_back(tokenizer, processors, place.prompt, place.token_ids)
        self.phrases = self.back.found() if self.back else []
        self.starts = {phrase.first for phrase in self.phrases}

    def chosen(self, token_id: int) -> None:
        """Go on with the run's own token."""
        for running in self._chain:
            running.chosen(token_id)

    def repeated(
        self, ids: Tensor, logits: Tensor, seed: int, index: int, token_id: int
    ) -> tuple[_Drawn, tuple[int, ...]]:
        """What its own settings drew, and the tokens that must have been taken back before."""
        first = found = self._draw(ids, logits, seed, index, token_id, ())
        banned: list[int] = []
        while (
            found.winner != token_id
            and self.back is not None
            and len(banned) <= self.back.most_tries
            and self.back.explains(index, found.winner)
        ):
            banned.append(found.winner)
            found = self._draw(ids, logits, seed, index, token_id, banned)
        return (found, tuple(banned)) if found.winner == token_id else (first, ())

    def drawn(
        self, ids: Tensor, logits: Tensor, seed: int, index: int, token_id: int, banned: Sequence[int]
    ) -> _Drawn:
        """What is drawn without the banned tokens, nor any that completes a phrase by itself."""
        without = list(banned)
        found = self._draw(ids, logits, seed, index, token_id, without)
        while (
            self.back is not None
            and len(without) - len(banned) < self.back.most_tries
            and found.winner != token_id
            and self.back.completes(index, found.winner)
        ):
            without.append(found.winner)
            found = self._draw(ids, logits, seed, index, token_id, without)
        return found

    @torch.inference_mode()
    def _draw(
        self, ids: Tensor, logits: Tensor, seed: int, index: int, token_id: int, banned: Sequence[int]
    ) -> _Drawn:
        left = logits.index_fill(0, ids.new_tensor(banned), -INF) if banned else logits
        probs, removed_by = _walk(self._chain, ids, left, token_id)
        if self.back is not None and token_id in banned:
            removed_by = self.back.stage
        return _Drawn(draw(probs, seed, index), probs, removed_by)


def _change(tokenizer: Tokenizer, index: int, token_id: int, old: _Drawn, new: _Drawn) -> RedrawnToken:
    return RedrawnToken(
        index,
        token_id,
        tokenizer.display(token_id),
        new.winner,
        tokenizer.display(new.winner),
        new.removed_by,
        float(old.probs[token_id]),
        float(new.probs[token_id]),
        float(old.probs[new.winner]),
        float(new.probs[new.winner]),
    )


def _walk(chain: Sequence[Running], ids: Tensor, logits: Tensor, token_id: int) -> tuple[Tensor, int]:
    """What the draw sees, and the stage that removed a token; -1: none did."""
    current, removed_by = logits, -1
    for stage, running in enumerate(chain):
        current = running(ids, current)
        if removed_by < 0 and float(current[token_id]) == -INF:
            removed_by = stage
    return as_probabilities(current, logits), removed_by
