"""One stage of a chain on many positions at once."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from studio.core.many_cuts import cut
from studio.core.many_edits import edit
from studio.core.many_rows import Rows, one_by_one
from studio.core.parameters import is_off
from studio.core.processors import BeamSearch, BestOf, LogitsProcessor
from studio.core.processors.guiding import GuidanceRun
from studio.core.running import Running, Untouched


def apply_stage(
    processor: LogitsProcessor,
    running: Running,
    rows: Rows,
    contexts: Sequence[Tensor],
    chosen: Sequence[int | None] | None,
) -> Rows:
    """One stage for all positions. `contexts[i]` is (T_i,) int64.

    `chosen[i]` is what the stage is to be told was chosen there, if anything.
    """
    if is_off(processor) or type(running) in (Untouched, BestOf, BeamSearch):
        return rows
    if isinstance(running, GuidanceRun) and rows.columns is None:
        guided = running.together(contexts, rows.values)
        if guided is not None:
            return Rows(guided, None, rows.vocab_size)
    done = cut(processor, rows)
    if done is None:
        done = edit(processor, running, rows, contexts, chosen)
    return one_by_one(running, rows, contexts, chosen) if done is None else done
