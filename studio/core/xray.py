"""What each stage of a chain does to one distribution: how much it removes and how much it shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.core.parameters import is_off
from studio.core.running import LogitsProcessor, Running, Untouched
from studio.core.truncation import INF

if TYPE_CHECKING:
    from torch import Tensor


BROKEN = "broken"
"""What was written before does not fit the pattern or schema."""

GOES_BACK = "goes_back"
"""It takes words back once they are there; no single place shows that."""


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage at one position."""

    name: str  # of the processor's class
    n_left: int  # tokens that still have a chance after it
    mass_removed: float  # 0..1, of the distribution before it
    shift: float  # 0..1, how far it moved probability among the tokens it left: total variation distance
    entropy: float  # nats, after it
    probs: tuple[float | None, ...]
    """After it, of the tokens asked for; None: removed by it or before. Empty: it changed nothing at all."""
    note: str = ""  # BROKEN or GOES_BACK: why it does nothing here that it would do in a run


def explain(
    processors: Sequence[LogitsProcessor],
    runnings: Sequence[Running],
    ids: Tensor,
    logits: Tensor,
    token_ids: Sequence[int] = (),
) -> tuple[tuple[StageReport, ...], Tensor]:
    """A report for each stage in order, and the logits after the last: (T,) int64, (V,) float32.

    `runnings` are those of `processors`. Nothing is told `chosen`: they stay where they are.
    """
    reports: list[StageReport] = []
    asked = logits.new_tensor(list(token_ids)).long()
    current, probs = logits, logits.double().softmax(-1)  # (V,)
    report = _report("", current, probs, 0.0, 0.0, asked)
    for processor, running in zip(processors, runnings, strict=True):
        name = type(processor).__name__
        after = running(ids, current)
        if after is current:
            report = replace(
                report, name=name, mass_removed=0.0, shift=0.0, probs=(), note=_note(processor, running)
            )
        else:
            kept = probs.where(after > -INF, 0.0)
            mass, removed = float(kept.sum()), float((probs - kept).sum())
            probs = after.double().softmax(-1).nan_to_num(0.0)  # NaN: no token is left, or one is infinite
            shift = float((probs - kept / mass).abs().sum()) / 2 if mass > 0 else 1.0
            report = _report(name, after, probs, removed, shift, asked)
            current = after
        reports.append(report)
    return tuple(reports), current


def _note(processor: LogitsProcessor, running: Running) -> str:
    if getattr(running, "is_broken", False):
        return BROKEN
    goes_back = getattr(processor, "banned_tries", 0) and type(running) is Untouched
    return GOES_BACK if goes_back and not is_off(processor) else ""


def removed_by(reports: Sequence[StageReport], asked: int) -> int:
    """Which stage removed the token at place `asked` of those asked for; -1: none did."""
    return next((i for i, report in enumerate(reports) if report.probs and report.probs[asked] is None), -1)


def _report(
    name: str, logits: Tensor, probs: Tensor, removed: float, shift: float, asked: Tensor
) -> StageReport:
    """(V,) float32, (V,) float64, (n,) int64: what a token beyond the vocabulary has is nothing."""
    left = logits > -INF
    known = asked.clamp(0, len(left) - 1)
    fine = left[known] & (known == asked)
    return StageReport(
        name=name,
        n_left=int(left.sum()),
        mass_removed=min(max(removed, 0.0), 1.0),
        shift=min(max(shift, 0.0), 1.0),
        entropy=max(-float(probs.xlogy(probs).sum()), 0.0),
        probs=tuple(
            prob if kept else None for prob, kept in zip(probs[known].tolist(), fine.tolist(), strict=True)
        ),
    )
