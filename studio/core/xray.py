"""What each stage of a chain does to one distribution: how much it removes and how much it shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.core.parameters import is_off
from studio.core.running import LogitsProcessor, Running, Untouched
from studio.core.truncation import INF
from studio.kernels.library import Weighed, kernels

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
    current = logits
    probs, found = _weigh(logits, None)  # (V,)
    report = _report("", current, probs, found, asked)
    for processor, running in zip(processors, runnings, strict=True):
        name = type(processor).__name__
        after = running(ids, current)
        if after is current:
            report = replace(
                report, name=name, mass_removed=0.0, shift=0.0, probs=(), note=_note(processor, running)
            )
        else:
            probs, found = _weigh(after, probs)
            report = _report(name, after, probs, found, asked)
            current = after
        reports.append(report)
    return tuple(reports), current


def _weigh(logits: Tensor, before: Tensor | None) -> tuple[Tensor, Weighed]:
    """The probabilities after a stage, (V,) float64, and what it did to those before it.

    Where no token is left, or one is infinite, all probabilities are 0.
    """
    import torch  # here: the window has StageReport from this file, and no torch

    lib = kernels()
    if lib is not None and logits.device.type == "cpu" and logits.is_contiguous():
        probs = torch.empty(len(logits), dtype=torch.float64)
        address = 0 if before is None else before.data_ptr()
        return probs, lib.weigh(logits.data_ptr(), len(logits), address, probs.data_ptr())
    left = logits > -INF
    probs = logits.double().softmax(-1).nan_to_num(0.0)
    old = torch.zeros_like(probs) if before is None else before
    kept = old.where(left, 0.0)
    mass = float(kept.sum())
    shift = float((probs - kept / mass).abs().sum()) / 2 if mass > 0 else 1.0
    entropy = -float(probs.xlogy(probs).sum())
    return probs, Weighed(int(left.sum()), mass, float((old - kept).sum()), shift, entropy)


def _note(processor: LogitsProcessor, running: Running) -> str:
    if getattr(running, "is_broken", False):
        return BROKEN
    goes_back = getattr(processor, "banned_tries", 0) and type(running) is Untouched
    return GOES_BACK if goes_back and not is_off(processor) else ""


def removed_by(reports: Sequence[StageReport], asked: int) -> int:
    """Which stage removed the token at place `asked` of those asked for; -1: none did."""
    return next((i for i, report in enumerate(reports) if report.probs and report.probs[asked] is None), -1)


def _report(name: str, logits: Tensor, probs: Tensor, found: Weighed, asked: Tensor) -> StageReport:
    """(V,) float32, (V,) float64, (n,) int64: what a token beyond the vocabulary has is nothing."""
    known = asked.clamp(0, len(logits) - 1)
    fine = (logits[known] > -INF) & (known == asked)
    return StageReport(
        name=name,
        n_left=found.n_left,
        mass_removed=min(max(found.removed, 0.0), 1.0),
        shift=min(max(found.shift, 0.0), 1.0),
        entropy=max(found.entropy, 0.0),
        probs=tuple(
            prob if kept else None for prob, kept in zip(probs[known].tolist(), fine.tolist(), strict=True)
        ),
    )
