"""What other settings would have made of a run, on its own logits and its own noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from studio.core.drawing import draw
from studio.core.generate import as_probabilities
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.running import Running, RunStart, begin_all
from studio.core.tokenizer import Tokenizer
from studio.core.truncation import INF
from studio.core.xray_messages import Redraw, Redrawn, RedrawnToken


def redraw(
    tokenizer: Tokenizer,
    request: Redraw,
    start: RunStart,
    ids: Sequence[int],
    logits_after: Callable[[int], Tensor],
    cancelled: Cancelled = never,
) -> Redrawn:
    """Walk the run `ids` (its prompt and its tokens) under both settings; each is told the run's own tokens.

    `logits_after(n)` are those after ids[:n]: (V,) float32. Raises InterruptedReading.
    """
    n_prompt = start.n_prompt
    before, after = begin_all(request.before, start), begin_all(request.after, start)
    whole = torch.tensor(ids)
    changed: list[RedrawnToken] = []
    not_repeated_at = -1
    for index, token_id in enumerate(request.place.token_ids):
        if cancelled():
            raise InterruptedReading
        n = n_prompt + index
        logits = logits_after(n)
        with torch.inference_mode():
            old, _ = _walk(before, whole[:n], logits, token_id)
            new, stage = _walk(after, whole[:n], logits, token_id)
            if not_repeated_at < 0 and draw(old, request.seed, index) != token_id:
                not_repeated_at = index
            winner = draw(new, request.seed, index)
            if winner != token_id:
                changed.append(
                    RedrawnToken(
                        index,
                        token_id,
                        tokenizer.display(token_id),
                        winner,
                        tokenizer.display(winner),
                        stage,
                        float(old[token_id]),
                        float(new[token_id]),
                        float(old[winner]),
                        float(new[winner]),
                    )
                )
        for running in (*before, *after):
            running.chosen(token_id)
    return Redrawn(request.job_id, len(request.place.token_ids), tuple(changed), not_repeated_at)


def _walk(chain: Sequence[Running], ids: Tensor, logits: Tensor, token_id: int) -> tuple[Tensor, int]:
    """What the draw sees, and the stage that removed a token; -1: none did."""
    current, removed_by = logits, -1
    for stage, running in enumerate(chain):
        current = running(ids, current)
        if removed_by < 0 and float(current[token_id]) == -INF:
            removed_by = stage
    return as_probabilities(current, logits), removed_by
