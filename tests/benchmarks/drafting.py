"""What drafting ahead brings, and what it costs where nothing can be guessed.

    python tests/benchmarks/drafting.py [--rounds N] [--tokens N] [--precisions NAME,NAME...] [--json FILE]

A model of GPT-2's size (124M seeded weights) is made to write given texts: a list, program code, a song with
a refrain, a story, and tokens of which none follows from those before. So the work is the real one, each
token is drawn and described, and only how often guesses are right depends on the text. With and without
drafting take turns; told are the median of the ratios of decoding times within the rounds, once by the clock
and once by processor time, which other programs disturb less. One thread. The exit code is 1 if a text
differs, or if the unguessable one takes more than 2 % longer (processor time).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import Tensor

from studio.core.ahead import Drafting
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.generate import generate
from studio.core.messages import Generate, GenerationFinished, Token
from studio.core.model import never
from studio.core.parameters import Stage
from studio.core.processors import Temperature
from studio.core.running import Pure
from studio.core.seeded_model import write_seeded
from studio.paths import resource
from tests.benchmarks.peers.story import STORY

WORST = 1.02
N_PROMPT = 64

_CITIES = ("Berlin", "Paris", "Rome", "Madrid", "Vienna", "Prague", "Warsaw", "Lisbon", "Dublin", "Athens")
_LIST = "".join(
    f"{n}. {city}: a city in Europe, {60 + 7 * n} km from here\n" for n, city in enumerate(_CITIES, 1)
)
_CODE = "".join(
    f"    def set_{name}(self, value):\n        if value is None:\n            raise ValueError('{name}')\n"
    f"        self._{name} = value\n        self.changed.emit()\n\n"
    for name in ("width", "height", "colour", "title", "margin", "shadow", "border", "opacity")
)
_VERSES = ("The boats go out at morning", "The nets come home at noon", "The children mend the canvas")
_REFRAIN = (
    "And oh, the wind is rising, the wind is on the sea,\nAnd who will bring my sailor home again to me?\n\n"
)
_SONG = "".join(f"{verse},\nwhile mothers watch the tide.\n{_REFRAIN}" for verse in _VERSES * 2)


@dataclass(frozen=True)
class Written(Pure):
    """A stage that leaves only the token that stands in a text."""

    stage: ClassVar[Stage] = Temperature.stage
    ids: tuple[int, ...]

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        kept = self.ids[len(ids)]
        return torch.full_like(logits, -torch.inf).index_fill(0, torch.tensor([kept]), 0.0)


@dataclass(frozen=True)
class Outcome:
    """One way to write a text."""

    tokens: list[Token]
    finished: GenerationFinished
    processor_s: float


def load(folder: Path, precision: str) -> Checkpoint:
    """The model in a precision."""
    loading = load_checkpoint(str(folder), "cpu", precision)
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint = stop.value
            assert isinstance(checkpoint, Checkpoint)
            return checkpoint


def texts(checkpoint: Checkpoint, n_tokens: int) -> Iterator[tuple[str, str, list[int]]]:
    """Name, prompt, and all the tokens of each."""
    n = N_PROMPT + n_tokens
    for name, text in (("list", _LIST), ("code", _CODE), ("refrain", _SONG), ("story", STORY)):
        ids = list(checkpoint.tokenizer.encode(text * 9).ids[:n] if name == "story" else [])
        ids = ids or list(checkpoint.tokenizer.encode(text).ids)
        while len(ids) < n:
            ids += ids
        yield name, _decoded(checkpoint, ids[:N_PROMPT]), ids[:n]
    words = random.Random(7).sample(range(300, 50_000), n)
    yield "unguessable", _decoded(checkpoint, words[:N_PROMPT]), words


def _decoded(checkpoint: Checkpoint, ids: Sequence[int]) -> str:
    return b"".join(map(checkpoint.tokenizer.token_bytes, ids)).decode("utf-8", "replace")


def write(checkpoint: Checkpoint, prompt: str, ids: Sequence[int], drafting: Drafting | None) -> Outcome:
    """Write the rest of a text after its prompt, from an empty cache."""
    model = checkpoint.model
    n_prompt = len(checkpoint.tokenizer.encode(prompt).ids)
    rest = (0,) * n_prompt + tuple(ids[N_PROMPT:])
    asked = Generate(1, prompt, (), (Written(rest),), len(ids) - N_PROMPT, 1, stop_at_end_of_text=False)
    model.truncate(0)
    model.last_reading = None
    tokens: list[Token] = []
    begun = 0.0
    for event in generate(model, checkpoint.tokenizer, asked, never, drafting=drafting):
        if isinstance(event, Token):
            begun = begun or time.process_time()
            tokens.append(event)
        elif isinstance(event, GenerationFinished):
            return Outcome(tokens, event, time.process_time() - begun)
    raise AssertionError


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=160)
    parser.add_argument("--precisions", default="float32,float16,int8,int4")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows, ok = [], True
    bpe = resource("gpt2-bpe")
    with tempfile.TemporaryDirectory() as name:
        folder = write_seeded(Path(name) / "model", 1, bpe / "encoder.json", bpe / "vocab.bpe")
        for precision in arguments.precisions.split(","):
            checkpoint = load(folder, precision)
            torch.set_num_threads(1)
            assert isinstance(checkpoint.model, CompiledGPT2), "the compiled kernels are not there"
            print(
                f"\n{precision:14}{'tok/s':>8}{'drafted':>9}{'clock':>8}{'cpu':>8}{'right':>12}", flush=True
            )
            for what, prompt, ids in texts(checkpoint, arguments.tokens):
                drafting = Drafting(checkpoint.model)
                write(checkpoint, prompt, ids[: N_PROMPT + 40], drafting)  # what passes take is known then
                clock, cpu, rates = [], [], []
                for n in range(arguments.rounds):
                    drafting.lookup = type(drafting.lookup)()  # it must not know the text from the last time
                    turns = {}
                    for drafted in (n % 2 == 0, n % 2 == 1):
                        turns[drafted] = write(checkpoint, prompt, ids, drafting if drafted else None)
                    with_, without = turns[True], turns[False]
                    ok = ok and with_.tokens == without.tokens
                    clock.append(without.finished.decode_s / with_.finished.decode_s)
                    cpu.append(without.processor_s / with_.processor_s)
                    rates.append(
                        (arguments.tokens / without.processor_s, arguments.tokens / with_.processor_s)
                    )
                plain, drafted_rate = (statistics.median(rate) for rate in zip(*rates, strict=True))
                row = {
                    "precision": precision, "text": what, "plain": plain, "drafted": drafted_rate,
                    "clock": statistics.median(clock), "cpu": statistics.median(cpu),
                    "guessed": with_.finished.n_guessed, "right": with_.finished.n_right,
                }  # fmt: skip
                rows.append(row)
                ok = ok and (what != "unguessable" or row["cpu"] >= 1 / WORST)
                told = f"{plain:8.1f}{drafted_rate:9.1f}{row['clock']:8.2f}{row['cpu']:8.2f}"
                print(f"  {what:12}{told}{row['right']:>8}/{row['guessed']}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
