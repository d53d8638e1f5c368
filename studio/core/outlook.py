"""Answers the questions about what could follow: trees, paths through them, settings for a passage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

import torch

from studio.core.inverse import tune
from studio.core.loom import MAX_WIDTH, Loom
from studio.core.loom_messages import MAX_PASSAGE, GrowTree, TellPath, TuneSettings
from studio.core.messages import Message, Progress
from studio.core.model import Cancelled, CausalLM
from studio.core.passage import Passage
from studio.core.reader import Reader
from studio.core.reading_messages import GeneratedPlace, ReadPlace
from studio.core.running import Known
from studio.core.tokenizer import Tokenizer


class Outlook:
    """Asks one model."""

    def __init__(self, model: CausalLM, tokenizer: Tokenizer, reader: Reader) -> None:
        self._tokenizer, self._reader = tokenizer, reader
        self._loom = Loom(model, tokenizer, reader.logits)

    def answer(self, request: GrowTree | TellPath | TuneSettings, cancelled: Cancelled) -> Iterator[Message]:
        """Answer. Raises InterruptedReading and StudioError."""
        match request:
            case GrowTree():
                width = min(max(request.width, 1), MAX_WIDTH)
                yield from self._loom.grow(
                    replace(request, width=width), self._before(request.place), cancelled
                )
            case TellPath():
                yield self._loom.tell(request, self._before(request.place), cancelled)
            case TuneSettings():
                yield from self._tune(request, cancelled)
            case _:
                assert_never(request)

    def _before(self, place: GeneratedPlace) -> list[int]:
        """What the model reads before the first token of the place."""
        return self._reader.context(replace(place, token_ids=()))

    def _tune(self, request: TuneSettings, cancelled: Cancelled) -> Iterator[Message]:
        reader, tokenizer = self._reader, self._tokenizer
        targets = request.token_ids or tuple(tokenizer.encode(request.text).ids)
        contexts: list[list[int]] = []
        if targets or not isinstance(request.place, ReadPlace):
            before = reader.context(request.place)
            targets = targets[:MAX_PASSAGE]
            contexts = [[*before, *targets[:n]] for n in range(len(targets))]
        else:
            place = request.place
            before = reader.context(place)
            n_tokens = min(request.n_tokens, MAX_PASSAGE, len(reader.token_ids) - place.index)
            targets = tuple(reader.token_ids[place.index : place.index + n_tokens])
            contexts = [reader.context(replace(place, index=place.index + n)) for n in range(len(targets))]
        logits = []
        for n, context in enumerate(contexts):
            if n % 16 == 0:
                yield Progress(request.job_id, 0.1 * n / len(contexts))
            logits.append(reader.logits_after(context, cancelled))
        start, _ = reader.start_at(request.place, request.seed, cancelled)
        if targets:
            known = Known(reader.others, [*contexts[-1], targets[-1]])
            start = replace(start, n_prompt=len(before), goes_back=False, known=known)
        passage = Passage([torch.tensor(context) for context in contexts], targets, logits)
        yield from tune(start, request, passage, cancelled)
