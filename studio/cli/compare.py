"""`gpt2-studio compare`: where two models, or two settings, disagree about a text."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from studio.cli import inputs, running
from studio.core.compared import LN2, difference_bits, summarise

if TYPE_CHECKING:
    from studio.core.messages import ComparedStretch, ComparisonFinished

_FIGURES = (
    "perplexity_a", "perplexity_b", "bits_per_byte_a", "bits_per_byte_b", "agreement", "mean_kl", "mean_js",
)  # fmt: skip


def run_compare(arguments: argparse.Namespace) -> int:
    """Print where A and B differ, the greatest difference first."""
    library = inputs.library(arguments)
    text = inputs.read_text(arguments.file, exactly=True)
    folder = inputs.model_folder(arguments.model, library)
    other = str(inputs.model_folder(arguments.other, library)) if arguments.other else ""
    chain_a, chain_b = (inputs.chain(name, library) for name in (arguments.preset, arguments.other_preset))

    from studio.core import messages as m

    stretches: list[ComparedStretch] = []
    finished = None
    with running.interruptible() as cancelled:
        engine, _ = running.load(folder, arguments.device, cancelled, arguments.precision, library)
        request = m.CompareText(
            running.JOB, text, (), other, chain_a, chain_b, arguments.seed, arguments.device,
            precision=arguments.other_precision, max_tokens=arguments.max_tokens,
        )  # fmt: skip
        for message in engine.run(request, cancelled):
            match message:
                case m.Progress():
                    running.progress("Comparing", message.fraction)
                case m.TextCompared():
                    stretches += message.stretches
                case m.ComparisonFinished():
                    finished = message
                case m.JobFailed():
                    running.end_progress()
                    raise running.failed(message)
    running.end_progress()
    if finished is None:
        raise KeyboardInterrupt
    if arguments.json:
        _print_json(stretches, finished, text)
    else:
        _print_table(stretches, finished, text, arguments.top)
    return 0


def _print_table(
    stretches: list[ComparedStretch], finished: ComparisonFinished, text: str, n_rows: int
) -> None:
    ordered = sorted(stretches, key=lambda s: abs(difference_bits(s)), reverse=True)
    sys.stdout.write("difference_bits\tlogprob_a\tlogprob_b\tkl_bits\trank_a\trank_b\tstart\ttext\n")
    for s in ordered[:n_rows] if n_rows else ordered:
        kl = f"{s.kl / LN2:.4f}" if s.kl >= 0 else "-"
        sys.stdout.write(
            f"{difference_bits(s):+.3f}\t{s.logprob_a:.4f}\t{s.logprob_b:.4f}\t{kl}\t{s.rank_a or '-'}\t"
            f"{s.rank_b or '-'}\t{s.start}\t{json.dumps(text[s.start : s.end], ensure_ascii=False)}\n"
        )
    figures = summarise(stretches, text[: finished.n_characters])
    name_a, name_b = finished.name_a, finished.name_b
    if finished.precision_a != finished.precision_b:
        name_a, name_b = f"{name_a} ({finished.precision_a})", f"{name_b} ({finished.precision_b})"
    kl = f"mean KL {figures.mean_kl:.4f} bits" if finished.same_vocabulary else "no KL: other vocabularies"
    sys.stdout.write(
        f"A {name_a}: perplexity {figures.perplexity_a:.3f}, {figures.bits_per_byte_a:.4f} bits per "
        f"byte; B {name_b}: {figures.perplexity_b:.3f}, {figures.bits_per_byte_b:.4f}; same "
        f"favourite {figures.agreement:.1%}; {kl}\n"
    )


def _print_json(stretches: list[ComparedStretch], finished: ComparisonFinished, text: str) -> None:
    figures = summarise(stretches, text[: finished.n_characters])
    running.print_json(
        {
            "stretches": [
                {
                    "start": s.start,
                    "text": text[s.start : s.end],
                    "tokens_a": s.n_a,
                    "tokens_b": s.n_b,
                    "logprob_a": running.number(s.logprob_a),
                    "logprob_b": running.number(s.logprob_b),
                    "difference_bits": running.number(difference_bits(s)),
                    "rank_a": s.rank_a or None,
                    "rank_b": s.rank_b or None,
                    "kl": running.number(s.kl) if s.kl >= 0 else None,
                    "js": running.number(s.js) if s.js >= 0 else None,
                    "top_a": s.top_a,
                    "top_b": s.top_b,
                }
                for s in stretches
            ],
            **{name: running.number(getattr(figures, name)) for name in _FIGURES},
            "n_tokens_a": figures.n_tokens_a,
            "n_tokens_b": figures.n_tokens_b,
            "impossible_a": figures.impossible_a,
            "impossible_b": figures.impossible_b,
            "model_a": finished.name_a,
            "model_b": finished.name_b,
            "same_vocabulary": finished.same_vocabulary,
            "same_weights": finished.same_weights,
            "precision_a": finished.precision_a,
            "precision_b": finished.precision_b,
            "n_characters": finished.n_characters,
            "seconds": running.number(finished.seconds),
        }
    )
