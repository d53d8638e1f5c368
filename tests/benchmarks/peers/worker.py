"""One engine in a process of its own: a line of JSON in, a line of JSON out, until stdin ends.

    python -m tests.benchmarks.peers.worker ENGINE MODEL CONVERTED [PRECISION] [--threads N] [--convert]

With --convert it writes what the engine reads of MODEL into the folder CONVERTED and ends.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peers import engines

MODULES = {
    "studio": "with_studio",
    "studio with torch": "with_studio",
    "transformers": "with_transformers",
    "llama.cpp": "with_llama",
    "OpenVINO": "with_openvino",
    "CTranslate2": "with_ctranslate2",
    "ONNX Runtime": "with_onnxruntime",
}


def answer(clock: engines.Clock, engine: Any, asked: dict[str, Any]) -> Any:
    """Do what is asked."""
    match asked["do"]:
        case "decode":
            return _rate(engines.decode(clock, engine, asked["prompt"], asked["n_tokens"]))
        case "batch":
            return _rate(engines.batch(clock, engine, asked["prompt"], asked["n_tokens"], asked["n_texts"]))
        case "prefill":
            return _rate(engines.prefill(clock, engine, asked["prompt"]))
        case "logits":
            whole = getattr(engine, "logits", None)
            found = whole(asked["ids"]) if whole else engines.logits(engine, asked["ids"])
            np.save(asked["to"], found)
            return None
        case "sample":
            timing, prompt = engine.sample(clock, asked["n_tokens"], asked["seed"])
            return [_rate(timing), _rate(engines.decode(clock, engine, prompt, asked["n_tokens"]))]
        case "peak":
            return [peak_bytes(), engine.weight_bytes]
    raise ValueError(asked)


def _rate(timing: engines.Timing) -> float | None:
    """Tokens a second; None if a difference of two times came out negative, as other programs can make it."""
    return timing.n_tokens / timing.seconds if timing.seconds > 0 else None


def peak_bytes() -> int | None:
    """The most memory this process has had; None where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def main() -> int:
    """Convert, or open the engine and answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=MODULES)
    parser.add_argument("model", type=Path)
    parser.add_argument("converted", type=Path)
    parser.add_argument("precision", nargs="?", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--busy", action="store_true", help="count processor time")
    parser.add_argument("--convert", action="store_true")
    arguments = parser.parse_args()
    module: Any = importlib.import_module(f"tests.benchmarks.peers.{MODULES[arguments.engine]}")
    if arguments.convert:
        module.convert(arguments.model, arguments.converted)
        return 0
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    engine = module.open_engine(arguments.model, arguments.converted, arguments.precision, arguments.threads)
    clock = engines.Clock(arguments.busy)
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(clock, engine, json.loads(line))), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
