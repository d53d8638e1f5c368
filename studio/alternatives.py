"""What each text of a running generation leaves behind: its record, its tokens, its step in the history.

The first of several is written into the editor. The others become steps beside it, which the text does not
take, from their first words on; so each is saved as it grows, and all are kept however the writing ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from studio.autosave import GenerationLog
from studio.core import messages as m
from studio.core.environment import Environment
from studio.core.history import SPECIAL, Edit, Run
from studio.core.joining import join_runs
from studio.core.manuscript import Manuscript
from studio.store.records import GenerationRecord
from studio.ui.document_mirror import clean_generated
from studio.ui.run_options import MAX_SEED


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """`count` seeds that follow each other; after the largest comes 0."""
    return tuple((first + n) % (MAX_SEED + 1) for n in range(count))


@dataclass(slots=True)
class Draft:
    """One of the texts being written."""

    log: GenerationLog
    text: str = ""  # as it stands in the editor or in the history
    runs: tuple[Run, ...] = ()
    node_id: int | None = None  # its step, once it has one
    n_put: int = 0  # characters of `text` in that step
    searched: bool = False  # it is one of those that a beam search finds, or does not

    def add(self, tokens: Sequence[m.Token], end_of_text_id: int | None) -> Iterator[tuple[str, bool]]:
        """Note new tokens; gives their text in pieces, and of each whether it is the end-of-text token."""
        log = self.log
        log.tokens += tokens
        new = "".join(token.text for token in tokens)
        log.record = replace(log.record, text=log.record.text + new, n_tokens=len(log.tokens))
        log.dirty = True
        text = ""
        for token in tokens:
            if token.token_id == end_of_text_id and token.text == m.END_OF_TEXT:
                yield from self._piece(text, special=False)
                yield from self._piece(token.text, special=True)
                text = ""
            else:
                text += token.text
        yield from self._piece(text, special=False)

    def _piece(self, text: str, *, special: bool) -> Iterator[tuple[str, bool]]:
        if text:
            source = SPECIAL if special else self.log.record.id
            run = Run(len(text), source, 0 if special else len(self.text))
            self.runs = join_runs((*self.runs, run))
            self.text += clean_generated(text)
            yield text, special

    def finish(self, reason: m.FinishReason) -> None:
        """It is over; the first reason told counts."""
        if self.log.record.finish_reason is None:
            self.log.record = replace(self.log.record, finish_reason=reason)
            self.log.dirty = True


def timed(record: GenerationRecord, finished: m.GenerationFinished) -> GenerationRecord:
    """The record with how long it took, and what drafting ahead had to do with it."""
    environment = record.environment
    if finished.n_guessed:
        environment = replace(
            Environment.from_json(environment),
            n_guessed=finished.n_guessed,
            n_right=finished.n_right,
            saved_s=round(finished.saved_s, 3),
        ).to_json()
    return replace(record, prefill_s=finished.prefill_s, decode_s=finished.decode_s, environment=environment)


def make_drafts(record: GenerationRecord, seeds: Sequence[int], *, searched: bool) -> tuple[Draft, ...]:
    """A draft for every seed; their generations are numbered from `record`'s on.

    Those of a beam search are `searched`, the best first: each is known by its rank.
    """
    drafts = []
    for n, seed in enumerate(seeds):
        environment = Environment.from_json(record.environment)
        ranked = replace(environment, rank=n + 1).to_json() if searched and n else record.environment
        each = replace(record, id=record.id + n, seed=seed, environment=ranked)
        drafts.append(Draft(GenerationLog(each), searched=searched))
    return tuple(drafts)


def found(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """Without those that a beam search has not found; the first stays."""
    return tuple(
        draft
        for n, draft in enumerate(drafts)
        if not n or not draft.searched or draft.log.tokens or draft.log.record.finish_reason is not None
    )


def put_beside(manuscript: Manuscript, drafts: Sequence[Draft], parent: int) -> None:
    """Bring the steps of all but the first draft up to date; they follow each other as the drafts do.

    So a draft waits for the first words (or the end) of those before it: a few tokens at most.
    """
    for number, draft in enumerate(drafts):
        record = draft.log.record
        if number and len(draft.text) > draft.n_put:
            edit = Edit(record.position, "", (), draft.text, draft.runs)
            draft.node_id = manuscript.put_beside(parent, edit, record.id, draft.node_id)
            draft.n_put = len(draft.text)
        if not draft.text and record.finish_reason is None:
            return


def by_model(record: GenerationRecord, model: m.ModelInfo) -> GenerationRecord:
    """The record of a generation that this model writes."""
    return replace(
        record,
        model_name=model.name,
        model_sha256=model.sha256,
        model_path=model.path,
        device=model.device,
        environment=Environment.of(model).to_json(),
    )
