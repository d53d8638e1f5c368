"""Contrastive search: among a few likely tokens the one that is least like what the text already holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.parameters import Stage, param
from studio.core.running import Running, RunStart, Untouched
from studio.core.truncation import INF

if TYPE_CHECKING:
    from torch import Tensor

    from studio.core.model import GPT2

_TWIN = 1000  # guidance has those from -1 on

N_KNOWN = 200_000
"""Candidates remembered in runs that are only looked at; about 150 bytes each."""


@dataclass(frozen=True, slots=True)
class ContrastiveSearch:
    """Of the k likeliest tokens keep only argmax (1 - α)·p(v) - α·max_j cos(h_v, h_j).

    h_v is the last hidden state at v, h_j those of the context; p comes from the stages before. Nothing is
    left to chance. Su et al. 2022, "A Contrastive Framework for Neural Text Generation", arXiv 2202.06417.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Contrastive search"),
        QT_TRANSLATE_NOOP(
            "processors",
            "Takes a likely token that says something new: no dice, yet no running in circles. Needs a GPT-2 "
            "model and takes about three times as long. Several continuations at once become the same one.",
        ),
    )
    penalty_alpha: float = param(
        0.0, off=0.0, usual=0.6, lo=0.0, hi=1.0, step=0.05, decimals=2, symbol="α", paper="2202.06417",
        label=QT_TRANSLATE_NOOP("processors", "Contrast"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How much being unlike the text so far counts, against being likely. 0 is off; 0.6 is usual; at "
            "1 only the difference counts.",
        ),
    )  # fmt: skip
    contrastive_k: int = param(
        4, off=1, lo=1, hi=50, step=1, symbol="k", paper="2202.06417",
        label=QT_TRANSLATE_NOOP("processors", "Tokens compared"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How many of the likeliest tokens are tried out at every place. 1 is off; 4 to 8 are usual.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with a second context of the run's model; without a model it can do nothing.

        Raises StudioError if the run is to write with a model whose hidden states are not at hand.
        """
        if not searches(self) or start.model is None:
            return Untouched()
        from studio.core.model import GPT2

        if isinstance(start.model, GPT2):
            return _ContrastiveRun(self, start, start.model)
        if start.row < 0:
            return Untouched()
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Contrastive search looks inside the model, and works with GPT-2 models only.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Switch contrastive search off, or choose a GPT-2 model."),
        )


def searches(stage: object) -> bool:
    """Whether a stage is a contrastive search that is on."""
    return isinstance(stage, ContrastiveSearch) and stage.penalty_alpha > 0.0 and stage.contrastive_k > 1


class _ContrastiveRun(Untouched):
    """T: tokens of the context, C: n_embd."""

    __slots__ = ("_directions", "_ids", "_rule", "_start", "_twin")

    def __init__(self, rule: ContrastiveSearch, start: RunStart, model: GPT2) -> None:
        self._rule, self._start = rule, start
        self._twin = model.twin(_TWIN if start.row >= 0 else -_TWIN)
        self._ids: list[int] = []
        self._directions: Tensor | None = None  # (T, C) of length 1, of the hidden states at `_ids`

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32 with one token left."""
        probs, candidates = logits.softmax(0).topk(min(self._rule.contrastive_k, len(logits)))
        candidates = candidates[logits[candidates] > -INF]
        if len(candidates) < 2:
            return logits
        if self._start.row < 0 and self._start.cancelled():
            from studio.core.model import InterruptedReading

            raise InterruptedReading
        best = 0
        if len(ids) < self._twin.n_positions:  # else no candidate could be read: the likeliest
            likeness = self._likeness(ids.tolist(), candidates)
            alpha = self._rule.penalty_alpha
            best = int(((1 - alpha) * probs[: len(candidates)] - alpha * likeness).argmax())
        kept = candidates[best : best + 1]
        return logits.new_full(logits.shape, -INF).index_copy(0, kept, logits[kept])

    def _likeness(self, ids: list[int], candidates: Tensor) -> Tensor:
        """How like the context each candidate is, -1..1: (k,) float32. Where a run is only looked at, it is
        remembered by what was read before, and the candidate."""
        import torch

        from studio.core.memory import key_of

        known = self._start.known
        names: list[tuple[int, int]] = []
        if known is not None:
            key = key_of(ids)
            names = [(key, candidate) for candidate in candidates.tolist()]
            if all(name in known.likeness for name in names):
                return torch.tensor([known.likeness[name] for name in names])
        directions = self._read(ids)
        tried = _unit(self._twin.hidden_after(candidates))  # (k, C)
        likeness = (tried @ directions.t()).amax(1).cpu()  # (k,)
        if known is not None:
            known.likeness.update(zip(names, likeness.tolist(), strict=True))
            while len(known.likeness) > N_KNOWN:
                del known.likeness[next(iter(known.likeness))]
        return likeness

    def _read(self, ids: list[int]) -> Tensor:
        """Have the twin read `ids`; the directions of its hidden states: (T, C)."""
        import torch

        n = 0
        for ours, cached, wanted in zip(self._ids, self._twin.cached_ids, ids, strict=False):
            if not ours == cached == wanted:
                break
            n += 1
        self._twin.truncate(n)
        parts = [] if self._directions is None else [self._directions[:n]]
        while n < len(ids):
            chunk = torch.tensor(ids[n : n + self._twin.chunk_tokens])
            parts.append(_unit(self._twin.hidden_states(chunk, self._start.cancelled)))
            n += len(chunk)
        self._ids, self._directions = ids, torch.cat(parts)
        return self._directions


def _unit(rows: Tensor) -> Tensor:
    """(N, C) -> (N, C), each row of length 1."""
    directions: Tensor = rows / rows.norm(dim=1, keepdim=True)
    return directions
