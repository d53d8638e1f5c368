"""Classifier-free guidance: away from what the model would write after another prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param, text_param
from studio.core.processors.contrastive import searches
from studio.core.running import LogitsProcessor, Running, RunStart, Untouched
from studio.core.truncation import INF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from studio.core.model import CausalLM


def _any_text(text: str) -> None:
    """Everything can be a prompt."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """log p' = γ·(log p - log q) + log q, where q is the model after the negative prompt and what is written.

    Without a negative prompt q sees the last token of the text, as in Hugging Face's
    UnbatchedClassifierFreeGuidance. Sanchez et al. 2023, arXiv 2306.17806.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Guidance"),
        QT_TRANSLATE_NOOP(
            "processors",
            "Holds more closely to the text, or away from a text of your choice. Takes twice as long.",
        ),
    )
    guidance_scale: float = param(
        1.0, off=1.0, usual=1.5, lo=0.0, hi=10.0, step=0.1, decimals=1, symbol="γ", paper="2306.17806",
        label=QT_TRANSLATE_NOOP("processors", "Guidance"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How strongly the text before counts, compared with the model that has read the negative prompt "
            "instead. 1 is off; 1.5 is clearly felt; above 3 the text grows stiff.",
        ),
    )  # fmt: skip
    negative_prompt: str = text_param(
        "", off=None, check=_any_text, lines=2,
        example=QT_TRANSLATE_NOOP("processors", "A boring text:"),
        label=QT_TRANSLATE_NOOP("processors", "Negative prompt"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "What the continuation should not sound like: the start of such a text. Empty: guidance holds "
            "the model to all it has read, and not just to the last word.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with a second context of the run's model; without a model it can do nothing."""
        if self.guidance_scale == 1.0 or start.model is None:
            return Untouched()
        return _GuidanceRun(self, start, start.model)


def needs_model(processors: Sequence[LogitsProcessor]) -> bool:
    """Whether a chain cannot be applied to stored logits alone."""
    return any(
        searches(stage) or (isinstance(stage, Guidance) and stage.guidance_scale != 1.0)
        for stage in processors
    )


class _GuidanceRun(Untouched):
    __slots__ = ("_negative", "_scale", "_start", "_twin")

    def __init__(self, rule: Guidance, start: RunStart, model: CausalLM) -> None:
        from studio.core import context

        self._scale = rule.guidance_scale
        self._start = start
        self._twin = model.twin(start.row)
        if start.row >= 0:  # read from its beginning each time, so that the numbers are the very same
            self._twin.truncate(0)
            self._twin.last_reading = None
        self._negative: list[int] = []
        if rule.negative_prompt:
            room = model.n_positions - start.n_prompt  # as much as can ever be written
            self._negative = context.measure(model, start.tokenizer, rule.negative_prompt, (), room).ids

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        from studio.core import context

        begin = self._start.n_prompt
        read = (self._negative or ids[begin - 1 : begin].tolist()) + ids[begin:].tolist()
        context.reuse(self._twin, read)
        other = context.read(self._twin, read, self._start.cancelled).log_softmax(-1)  # (V,)
        own = logits.log_softmax(-1)
        guided = self._scale * (own - other) + other
        return guided.where(logits > -INF, -INF)
