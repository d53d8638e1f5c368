"""What gguf_export.py and gguf_import.py share: jobs, logits, texts, llama.cpp's answer."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.models import job_runner
from studio.paths import resource

N_TOKENS = 128
CHECK_TEXT = resource("check", "text.txt").read_text("utf-8")
TEXTS = [
    CHECK_TEXT,
    "In 1999, 12345 copies at €3.50; 7½ of 10.",
    " 7  8   9\n\n\n10    ",
    "１２３ ٣٤ Ⅷ a1b2c3",
    "😀👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪",
    "日本語と中文123，繁體字。한국어",
    "العربية עברית हिन्दी ไทย",
    "\t\tdef f(x: int) -> None:\r\n        return x**2  # 100%\n",
    "don't DON'T we'll I'VE ’tis",
    "naïve café ﬁ Ünï\u0301 a\u00a0b\u3000c\u200bd",
    "<|im_start|>user <|endoftext|> </s> <0x0A>",
    "http://example.org/a_b?c=d&e=%20",
    "",
    " ",
    "\n",
    "    ",
]


def job(name: str, /, **spec: Any) -> dict[str, Any]:
    """The done event of a job in its child process."""
    texts = {key: str(value) if isinstance(value, Path) else value for key, value in spec.items()}
    return list(job_runner.run({"job": name, **texts}))[-1]


def load(folder: Path) -> Checkpoint:
    """A model in float32, computed by torch."""
    loading = load_checkpoint(str(folder), "cpu", backend="torch")
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            return checkpoint


def tokens(checkpoint: Checkpoint) -> list[list[int]]:
    """Of all TEXTS."""
    return [list(checkpoint.tokenizer.encode(text).ids) for text in TEXTS]


def logits(checkpoint: Checkpoint) -> Tensor:
    """After each of the first tokens of the first text: (T, V)."""
    ids = list(checkpoint.tokenizer.encode(CHECK_TEXT).ids)[:N_TOKENS]
    return checkpoint.model.forward_all(torch.tensor(ids))


def of_llama(python: Path, file: Path) -> tuple[list[list[int]], Tensor]:
    """Tokens of all TEXTS, and logits, by llama.cpp."""
    script = Path(__file__).with_name("gguf_llama.py")
    answer = subprocess.run(
        [python, script, file], input=json.dumps(TEXTS), stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(answer.stdout)
    numbers = np.frombuffer(base64.b64decode(found["logits"]), np.float32).reshape(found["shape"])
    return found["tokens"], torch.tensor(numbers)


@dataclass(frozen=True, slots=True)
class Gap:
    """How far some logits are from others."""

    largest: float  # of a logit
    mean_kl: float  # nats
    top_1: float  # the same favourite

    @classmethod
    def between(cls, one: Tensor, other: Tensor) -> Gap:
        """From one to the other: (T, V) each."""
        before, after = one.double().log_softmax(1), other.double().log_softmax(1)
        kl = (before.exp() * (before - after)).sum(1).mean()
        same = (one.argmax(1) == other.argmax(1)).double().mean()
        return cls(float((one - other).abs().max()), max(float(kl), 0.0), float(same))

    def __str__(self) -> str:
        return f"{self.largest:10.6f} {self.mean_kl:11.2e} {self.top_1:7.2%}"


HEADS = f"{'max |Δ|':>10} {'mean KL':>11} {'top-1':>7}"


def equal_tokens(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> str:
    """ "16/16": how many texts have the same tokens."""
    same = sum(list(a) == list(b) for a, b in zip(one, other, strict=True))
    return f"{same}/{len(one)}"


def finish(name: str, missed: Sequence[str]) -> int:
    """The last line, and the exit code."""
    print(f"{name}: all bars kept" if not missed else f"{name}: missed {', '.join(missed)}")
    sys.stdout.flush()
    return 1 if missed else 0
