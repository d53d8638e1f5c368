"""The comparison in words and columns."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from tests.benchmarks.peers.gpt2_weights import Checkpoint
from tests.benchmarks.peers.lines import BATCH, FAR, NEAR, PREFILL, Measured, Task, Verdict
from tests.benchmarks.peers.running import Contender

COLUMNS = (NEAR, FAR, PREFILL, BATCH)


def report(
    measured: Measured,
    contenders: Sequence[Contender],
    missing: Mapping[str, str],
    found: Sequence[Verdict],
    checkpoint: Checkpoint,
) -> str:
    """Three tables: the engines, who is not there, the lines."""
    head = f"  {'tokens a second':<28}" + "".join(f"{task.name:>20}" for task in COLUMNS)
    rows = [head + f"{'% of memory':>13}{'KL, starter':>13}"]
    for contender in contenders:
        rates = [measured.rate(task, contender.name) for task in COLUMNS]
        row = f"  {contender.name:<28}" + "".join(
            "-".rjust(20) if rate is None else f"{rate:20.1f}" for rate in rates
        )
        roof = roofline(measured, contender, NEAR, checkpoint)
        kl = measured.divergence.get(contender.name)
        row += "-".rjust(13) if roof is None else f"{roof:12.0%} "
        rows.append(row + ("-".rjust(13) if kl is None else f"{kl:13.1e}"))
    absent = [f"  not there: {name}: {why}" for name, why in missing.items()]
    return "\n".join([*rows, "", *absent, "", *map(str, found)])


def roofline(measured: Measured, contender: Contender, task: Task, checkpoint: Checkpoint) -> float | None:
    """Bytes read per token times tokens a second, as a part of what the threads can read at all.

    Counted at the precision's nominal size, with a float32 cache.
    """
    rates = measured.rates.get(task.name, {}).get(contender.name, [])
    n_bytes = checkpoint.n_bytes_per_token(contender.precision) + checkpoint.cache_bytes(task.mean_context)
    parts = [
        n_bytes * rate / bandwidth for rate, bandwidth in zip(rates, measured.bandwidth, strict=False) if rate
    ]
    return statistics.median(parts) if parts else None
