"""Classifier-free guidance: away from what the model would write after another prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param, text_param
from studio.core.processors.contrastive import searches
from studio.core.running import Known, LogitsProcessor, Running, RunStart, Untouched
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
        return GuidanceRun(self, start, start.model)


def needs_model(processors: Sequence[LogitsProcessor]) -> bool:
    """Whether a chain cannot be applied to stored logits alone."""
    return any(
        searches(stage) or (isinstance(stage, Guidance) and stage.guidance_scale != 1.0)
        for stage in processors
    )


class GuidanceRun(Untouched):
    """Guidance during one run."""

    __slots__ = ("_ahead", "_negative", "_scale", "_start", "_twin")

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
            room = start.n_new or model.n_positions - start.n_prompt  # as much as can ever be written
            self._negative = context.measure(model, start.tokenizer, rule.negative_prompt, (), room).ids
        self._ahead: tuple[list[int], list[int]] = [], []  # what q will read, and the keys on the way

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        from studio.core import context

        if self._start.known is None:
            read, _ = self._read_by_other(ids)
            context.reuse(self._twin, read)
            other = context.read(self._twin, read, self._start.cancelled)  # (V,)
        else:
            key, fresh = self._known(ids, self._start.known)
            remembered = fresh if fresh is not None else self._start.known.others.get(key)
            assert remembered is not None
            other = remembered
        return self._guided(logits, other)

    def together(self, contexts: Sequence[Tensor], values: Tensor) -> Tensor | None:
        """The same at many positions of a run that is only looked at: (T, V) float32 twice.

        None if memory has no room for all of them at once.
        """
        known = self._start.known
        if known is None:
            return None
        others = known.others.many([self._known(ids, known)[0] for ids in contexts])
        return None if others is None else self._guided(values, others)

    def _guided(self, logits: Tensor, other: Tensor) -> Tensor:
        """(..., V) float32 twice."""
        own, other = logits.log_softmax(-1), other.log_softmax(-1)
        guided = self._scale * (own - other) + other
        return guided.where(logits > -INF, -INF)

    def _read_by_other(self, ids: Tensor) -> tuple[list[int], int]:
        """What q has read where the run has read `ids`, and how many of its last are the run's own."""
        begin = self._start.n_prompt
        first = self._negative or ids[begin - 1 : begin].tolist()
        gone = self._gone(len(first), len(ids) - begin)
        return first + ids[begin + gone :].tolist(), len(ids) - begin - gone

    def _gone(self, n_first: int, n_written: int) -> int:
        """How many of the oldest tokens of a text q does not see; never any of what it writes itself."""
        n_positions = self._twin.n_positions
        step = max(n_positions // 4, 1)
        over = max(n_first + n_written - n_positions, 0)
        return -(-over // step) * step

    def _known(self, ids: Tensor, known: Known) -> tuple[int, Tensor | None]:
        """The key of q's logits in memory; and those, (V,) float32, if they had to be read just now.

        With them goes what will follow.
        """
        import torch

        from studio.core import context, memory

        read, n_own = self._read_by_other(ids)
        whole, keys = self._ahead
        n = len(read)
        if whole[:n] != read:
            follow = list(known.ids[len(ids) - n_own :])
            goes_on = follow[:n_own] == read[n - n_own :]
            whole = (read[: n - n_own] + follow if goes_on else read)[: self._twin.n_positions]
            keys = memory.keys_of(whole)
            self._ahead = whole, keys
        if keys[n] in known.others:
            return keys[n], None
        twin, cancelled = self._twin, self._start.cancelled
        context.reuse(twin, whole[:n])
        twin.truncate(min(len(twin.cached_ids), n - 1))
        tensor = torch.tensor(whole)
        while (past := len(twin.cached_ids)) < n - 1:
            twin.forward(tensor[past : min(past + twin.chunk_tokens, n - 1)], cancelled)
        rows = twin.forward_all(tensor[n - 1 : n - 1 + twin.chunk_tokens], cancelled)  # (T, V)
        for key, row in zip(keys[n:], rows, strict=False):
            known.others.put(key, row)
        return keys[n], rows[0]
