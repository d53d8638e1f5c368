"""Who guesses for the loaded model: what was written before, and a smaller model if one was chosen."""

from __future__ import annotations

from collections.abc import Generator

import torch

from studio.core.ahead import Drafting
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.drafting import same_vocabulary
from studio.core.drafting_messages import ChooseDrafter, DrafterChosen
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model import Cancelled, InterruptedReading

_CHOOSE = QT_TRANSLATE_NOOP(
    "StudioError", "Choose a smaller model of the same family, such as a distilled one."
)


class Drafts:
    """Guessing for one model after another."""

    def __init__(self) -> None:
        self._smaller: Checkpoint | None = None
        self._drafting: Drafting | None = None

    def take(self, checkpoint: Checkpoint) -> None:
        """Guess for this model from now on; nothing is known of any text yet."""
        if self._smaller and _objection(checkpoint, self._smaller):
            self._smaller = None
        self._begin(checkpoint)

    def _begin(self, checkpoint: Checkpoint) -> None:
        model, smaller = checkpoint.model, self._smaller
        self._drafting = None
        if isinstance(model, CompiledGPT2):  # torch rounds otherwise when it reads several tokens at once
            self._drafting = Drafting(model, smaller.model if smaller else None)

    def wanted(self, asked: bool) -> Drafting | None:
        """What guesses for a run; None if nothing may, or it would change the text."""
        return self._drafting if asked else None

    def choose(
        self, request: ChooseDrafter, checkpoint: Checkpoint, cancelled: Cancelled
    ) -> Generator[float, None, DrafterChosen]:
        """Load the smaller model, yielding the fraction done. Raises StudioError, InterruptedReading."""
        smaller, self._smaller = self._smaller, None
        self._begin(checkpoint)
        if not request.path:
            return DrafterChosen(request.job_id, "")
        if smaller is None or smaller.info.path != request.path:
            smaller = yield from _loaded(request.path, cancelled)
        objection = _objection(checkpoint, smaller)
        if objection:
            raise objection
        self._smaller = smaller
        self._begin(checkpoint)
        return DrafterChosen(request.job_id, smaller.info.name, smaller.info.n_parameters)


def _loaded(path: str, cancelled: Cancelled) -> Generator[float, None, Checkpoint]:
    """A guess need not be exact: eight bits are enough."""
    n_threads = torch.get_num_threads()
    try:
        loading = load_checkpoint(path, "cpu", "int8")
        while True:
            try:
                fraction = next(loading)
            except StopIteration as stop:
                checkpoint: Checkpoint = stop.value
                return checkpoint
            if cancelled():
                loading.close()
                raise InterruptedReading
            yield fraction
    finally:
        torch.set_num_threads(n_threads)  # as the model that writes wants it


def _objection(checkpoint: Checkpoint, smaller: Checkpoint) -> StudioError | None:
    """Why a model cannot guess for another; None if it can."""
    name = smaller.info.name
    if not isinstance(checkpoint.model, CompiledGPT2):
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "A smaller model can only guess ahead for a GPT-2 model on the processor."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Load a GPT-2 model first."),
        )
    if not same_vocabulary(
        checkpoint.tokenizer, smaller.tokenizer, checkpoint.info.vocab_size, smaller.info.vocab_size
    ):
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "“{name}” does not have the same tokens as “{model}”, so it cannot guess for it.",
            ),
            _CHOOSE,
            name=name,
            model=checkpoint.info.name,
        )
    if smaller.info.n_parameters >= checkpoint.info.n_parameters:
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "“{name}” is not smaller than “{model}”, so its guesses would take longer than they save.",
            ),
            _CHOOSE,
            name=name,
            model=checkpoint.info.name,
        )
    return None
