"""`gpt2-studio score`: how likely a text is."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from studio.cli import inputs, running

if TYPE_CHECKING:
    from studio.core.messages import ModelInfo, TextScored


def run_score(arguments: argparse.Namespace) -> int:
    """Print how likely each token of a text is."""
    text = inputs.read_text(arguments.file, exactly=True)
    library = inputs.library(arguments)
    folder = inputs.model_folder(arguments.model, library)

    from studio.core import messages as m

    started = time.perf_counter()
    scored = None
    with running.interruptible() as cancelled:
        engine, info = running.load(folder, arguments.device, cancelled, arguments.precision, library)
        for message in engine.run(m.ScoreText(running.JOB, text, arguments.stride), cancelled):
            match message:
                case m.Progress():
                    running.progress("Scoring", message.fraction)
                case m.TextScored():
                    scored = message
                case m.JobFailed():
                    raise running.failed(message)
    running.end_progress()
    if scored is None:
        raise KeyboardInterrupt
    if arguments.json:
        _print_score_json(scored, info, time.perf_counter() - started)
    else:
        sys.stdout.write("logprob\trank\tentropy\ttoken\n")
        for token in scored.tokens:
            shown = json.dumps(token.raw.decode("utf-8", "replace"), ensure_ascii=False)
            sys.stdout.write(f"{token.logprob:.4f}\t{token.rank}\t{token.entropy:.4f}\t{shown}\n")
        sys.stdout.write(
            f"{len(scored.tokens):,} tokens, {scored.n_bytes:,} bytes, perplexity {scored.perplexity:.3f}, "
            f"{scored.bits_per_byte:.4f} bits per byte (model {info.name}, stride {scored.stride})\n"
        )
    return 0


def _print_score_json(scored: TextScored, info: ModelInfo, seconds: float) -> None:
    result = {
        "tokens": [running.row(token) for token in scored.tokens],
        "n_bytes": scored.n_bytes,
        "perplexity": running.number(scored.perplexity),
        "bits_per_byte": running.number(scored.bits_per_byte),
        "stride": scored.stride,
        "model": info.name,
        "precision": info.dtype,
        "seconds": running.number(seconds),
    }
    running.print_json(result)
