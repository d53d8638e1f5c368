"""What each stage of a chain does to one distribution: how much it removes and how much it shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.core.running import LogitsProcessor, Running
from studio.core.truncation import INF

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage at one position."""

    name: str  # of the processor's class
    n_left: int  # tokens that still have a chance after it
    mass_removed: float  # 0..1, of the distribution before it
    shift: float  # 0..1, how far it moved probability among the tokens it left: total variation distance
    entropy: float  # nats, after it
    probs: tuple[float | None, ...]  # after it, of the tokens asked for; None: removed by it or before


def explain(
    processors: Sequence[LogitsProcessor],
    runnings: Sequence[Running],
    ids: Tensor,
    logits: Tensor,
    token_ids: Sequence[int] = (),
) -> tuple[StageReport, ...]:
    """A report for each stage in order: (T,) int64, (V,) float32. `runnings` are those of `processors`.

    Nothing is told `chosen`: the runnings stay where they are.
    """
    reports: list[StageReport] = []
    current, probs = logits, logits.double().softmax(-1)  # (V,)
    report = _report("", current, probs, 0.0, 0.0, token_ids)
    for processor, running in zip(processors, runnings, strict=True):
        name = type(processor).__name__
        after = running(ids, current)
        if after is current:
            report = replace(report, name=name, mass_removed=0.0, shift=0.0)
        else:
            kept = probs.where(after > -INF, 0.0)
            mass = float(kept.sum())
            probs = after.double().softmax(-1)
            shift = float((probs - kept / mass).abs().sum()) / 2 if mass > 0 else 1.0
            report = _report(name, after, probs, 1 - mass, shift, token_ids)
            current = after
        reports.append(report)
    return tuple(reports)


def _report(
    name: str, logits: Tensor, probs: Tensor, removed: float, shift: float, token_ids: Sequence[int]
) -> StageReport:
    left = logits > -INF
    return StageReport(
        name=name,
        n_left=int(left.sum()),
        mass_removed=min(max(removed, 0.0), 1.0),
        shift=min(max(shift, 0.0), 1.0),
        entropy=-float(probs.xlogy(probs).sum()),
        probs=tuple(
            float(probs[token_id]) if 0 <= token_id < len(left) and bool(left[token_id]) else None
            for token_id in token_ids
        ),
    )
