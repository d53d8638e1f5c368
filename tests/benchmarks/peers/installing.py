"""The peers, at the versions compared with, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine and what pip calls it, with whatever converts to its format."""

    name: str
    requirements: tuple[str, ...]
    from_source: str = ""  # the package to compile for this processor, as its users are told to


PEERS = (
    Peer("OpenVINO", ("openvino==2026.4.1", "nncf==3.4.0")),
    Peer("CTranslate2", ("ctranslate2==4.8.5",)),
    Peer("ONNX Runtime", ("onnxruntime==1.31.1", "onnx==1.23.2", "onnx-ir==1.1.0")),
    Peer("llama.cpp", ("llama-cpp-python==0.3.36", "gguf==0.19.0"), "llama-cpp-python"),
)
BY_NAME = {peer.name: peer for peer in PEERS}
NEEDED_BY_ALL = ("numpy", "safetensors")


def python_of(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(venv: Path, names: set[str]) -> dict[str, str]:
    """Make the environment complete; the reason, by name, for each peer that could not be installed."""
    python = python_of(venv)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    missing = {}
    for peer in PEERS:
        if peer.name in names and (problem := _install(python, peer)):
            missing[peer.name] = problem
    return missing


def _install(python: Path, peer: Peer) -> str:
    """Why it cannot be had, or nothing."""
    if not _lacking(python, peer.requirements):
        return ""
    patience = "; compiling it takes a quarter of an hour or more" if peer.from_source else ""
    print(f"Installing {peer.name}{patience}.", flush=True)
    source = ["--no-binary", peer.from_source] if peer.from_source else []
    pip = [str(python), "-m", "pip", "install", "--no-input", "--quiet", *source]
    done = subprocess.run(
        [*pip, *NEEDED_BY_ALL, *peer.requirements], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return next((line for line in lines if "ERROR" in line), lines[-1] if lines else "pip failed")


def _lacking(python: Path, requirements: tuple[str, ...]) -> list[str]:
    """Those of the pinned requirements that the environment does not have."""
    code = (
        "import json; from importlib.metadata import distributions as all_of; "
        "print(json.dumps({found.name: found.version for found in all_of()}))"
    )
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    have = {name.lower().replace("_", "-"): version for name, version in json.loads(found).items()}
    return [pin for pin in requirements if have.get(pin.partition("==")[0]) != pin.partition("==")[2]]
