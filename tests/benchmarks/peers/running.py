"""The engines' processes as the benchmark sees them: one is asked, all others sleep."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.installing import Peer

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Contender:
    """An engine at a precision."""

    engine: str  # as in worker.MODULES
    precision: str  # what the table compares at
    name: str  # as its users say
    file: str = ""  # which of the converted files, should it not be called as the precision


OURS = "studio"
BESIDE_THE_APP = (OURS, "studio with torch", "transformers")
"""These run in the app's own environment; the last two are no rivals, but what there is anyway."""

PEERS = (
    Contender("transformers", "float32", "transformers generate()"),
    Contender("llama.cpp", "float32", "llama.cpp F32"),
    Contender("llama.cpp", "int8", "llama.cpp Q8_0"),
    Contender("llama.cpp", "int4", "llama.cpp Q4_0"),
    Contender("OpenVINO", "float32", "OpenVINO f32"),
    Contender("OpenVINO", "int8", "OpenVINO int8"),
    Contender("CTranslate2", "float32", "CTranslate2 float32"),
    Contender("CTranslate2", "int8", "CTranslate2 int8"),
    Contender("ONNX Runtime", "float32", "ORT fp32"),
    Contender("ONNX Runtime", "int8", "ORT int8, dynamic"),
    Contender("ONNX Runtime", "int8", "ORT int8, blocks", "int8-blocks"),
)


class EngineFailedError(Exception):
    """An engine's process ended; the text is the last thing it said."""


class Running:
    """One contender's process."""

    def __init__(
        self, contender: Contender, python: Path, model: Path, converted: Path, options: list[str], log: Path
    ) -> None:
        self.contender = contender
        self._log = log
        command = [str(python), "-m", "tests.benchmarks.peers.worker", contender.engine, str(model)]
        command += [str(converted), contender.file or contender.precision, *options]
        with log.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._answer()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, do: str, **rest: Any) -> Any:
        """Have something done. Raises EngineFailedError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **rest}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer will not come either
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise EngineFailedError(last_words(self._log.read_text("utf-8", errors="replace")))
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def convert(peer: Peer, python: Path, model: Path, converted: Path) -> str:
    """Write a peer's own files, if its version has not done so; why it could not, or nothing."""
    done, versions = converted / "complete", " ".join(peer.requirements)
    if done.exists() and done.read_text("utf-8") == versions:
        return ""
    command = [str(python), "-m", "tests.benchmarks.peers.worker", peer.name, str(model), str(converted)]
    run = subprocess.run([*command, "--convert"], cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        return last_words(run.stderr)
    done.write_text(versions, encoding="utf-8")
    return ""


def last_words(text: str) -> str:
    """The last line of what a process said."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it ended without a word"


def our_contenders(precisions: list[str]) -> list[Contender]:
    """GPT-2 Studio at each precision asked for; "torch": as it computes without the kernels."""
    return [
        Contender("studio with torch", "float32", "GPT-2 Studio, torch", "torch")
        if precision == "torch"
        else Contender(OURS, precision, f"GPT-2 Studio {precision}")
        for precision in precisions
    ]


def app_python() -> Path:
    """The interpreter the app runs on."""
    return Path(sys.executable)
