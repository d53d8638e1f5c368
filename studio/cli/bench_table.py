"""What `gpt2-studio bench` found, as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import studio
from studio.cli.running import number
from studio.core.messages import Figure, ModelInfo, Quantity, UsageTold

NAME_WIDTH = 34
COLUMN_WIDTH = 22


@dataclass(frozen=True, slots=True)
class Measured:
    """One model at one precision."""

    info: ModelInfo
    figures: tuple[Figure, ...]
    usage: UsageTold


@dataclass(frozen=True, slots=True)
class Window:
    """The gaps between the event loop's turns (ms) while the model writes; none, and why not."""

    figures: dict[str, float]
    why_not: str = ""


def lines(measured: Sequence[Measured], window: Window | None) -> list[str]:
    """The table: a row for each quantity, a column for each precision."""
    first = measured[0].info
    told = [
        f"GPT-2 Studio {studio.__version__} on {first.cpu}, {first.system}",
        f"Model {first.name}: {first.n_parameters / 1e6:,.1f} million parameters, {first.n_threads} "
        f"{'thread' if first.n_threads == 1 else 'threads'} on {first.device.upper()}",
        "",
        _row("", [f"{one.info.dtype} ({one.info.backend})" for one in measured]),
    ]
    keys = dict.fromkeys((f.quantity, f.size) for one in measured for f in one.figures)
    for key in keys:
        cells = [next((f for f in one.figures if (f.quantity, f.size) == key), None) for one in measured]
        told.append(_row(_name(*key), [_cell(figure) if figure else "–" for figure in cells]))
    told += [
        _row("weights", [_megabytes(one.usage.weight_bytes) for one in measured]),
        _row("keys and values, full context", [_megabytes(one.usage.cache_bytes) for one in measured]),
        _row("the whole process", [_megabytes(one.usage.process_bytes) for one in measured]),
        "",
        "%: of what the memory can deliver (bytes read for a token, times tokens/s, over bytes/s).",
        "A small model stays in the processor's own cache and may exceed it.",
    ]
    return told + window_lines(window)


def window_lines(window: Window | None) -> list[str]:
    """How smooth the window is, or why that is not known."""
    if window is None:
        return []
    if window.why_not:
        return ["", f"The window could not be measured: {window.why_not}"]
    found = window.figures
    return [
        "",
        f"The window while the model writes {found['tokens_per_second']:,.1f} tokens/s: its event loop turns "
        f"every {found['median_ms']:.1f} ms,",
        f"99 of 100 times within {found['p99_ms']:.1f} ms, at worst {found['max_ms']:.1f} ms "
        f"({found['n_gaps']:.0f} turns; a timer of 5 ms).",
    ]


def _row(name: str, cells: Sequence[str]) -> str:
    return (f"{name:<{NAME_WIDTH}}" + "".join(f"{cell:>{COLUMN_WIDTH}}" for cell in cells)).rstrip()


def _name(quantity: Quantity, size: int) -> str:
    match quantity:
        case Quantity.BANDWIDTH:
            return "memory read by all threads"
        case Quantity.DECODE:
            return f"writing after {size:,} tokens"
        case Quantity.PREFILL:
            return f"reading a prompt of {size:,} tokens"
        case Quantity.BATCH:
            return "writing 1 text" if size == 1 else f"writing {size} texts at once, together"
        case Quantity.FIRST_TOKEN:
            return f"first token of a new text ({size})"
        case Quantity.SAMPLING:
            return "sampling and views, each token"
        case Quantity.LOAD:
            return "loading"


def _cell(figure: Figure) -> str:
    match figure.quantity:
        case Quantity.BANDWIDTH:
            return f"{figure.value / 1e9:,.1f} GB/s"
        case Quantity.LOAD:
            return f"{figure.value:,.2f} s"
        case Quantity.FIRST_TOKEN | Quantity.SAMPLING:
            return f"{1000 * figure.value:,.2f} ms"
        case _:
            share = f" {figure.share_of_bandwidth:4.0%}" if figure.share_of_bandwidth else ""
            return f"{figure.value:,.1f} tokens/s{share}"


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes else "not known"


UNITS = {
    Quantity.BANDWIDTH: "bytes/s",
    Quantity.FIRST_TOKEN: "s",
    Quantity.SAMPLING: "s",
    Quantity.LOAD: "s",
}
"""All others are tokens/s."""


def as_json(measured: Sequence[Measured], window: Window | None) -> dict[str, object]:
    """Everything; sizes are tokens, of a batch texts."""
    first = measured[0].info
    found: dict[str, object] = {
        "app": studio.__version__,
        "cpu": first.cpu,
        "system": first.system,
        "model": {
            "name": first.name,
            "sha256": first.sha256,
            "n_parameters": first.n_parameters,
            "n_threads": first.n_threads,
            "device": first.device,
        },
        "precisions": [
            {
                "precision": one.info.dtype,
                "backend": one.info.backend,
                "instructions": one.usage.instructions,
                "weight_bytes": one.usage.weight_bytes,
                "cache_bytes": one.usage.cache_bytes,
                "process_bytes": one.usage.process_bytes,
                "figures": [
                    {
                        "quantity": figure.quantity.value,
                        "size": figure.size,
                        "value": number(figure.value),
                        "unit": UNITS.get(figure.quantity, "tokens/s"),
                        "share_of_bandwidth": number(figure.share_of_bandwidth, 4),
                    }
                    for figure in one.figures
                ],
            }
            for one in measured
        ],
    }
    if window is not None:
        found["window"] = {"why_not": window.why_not} if window.why_not else window.figures
    return found
