"""Small models for the tests of core: seeded, random, and with the starter model's tokenizer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from studio.core.engine import Engine
from studio.core.messages import LoadModel, ModelLoaded
from studio.core.model import GPT2, GPT2Config
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
STARTER = RESOURCES / "models" / "starter"
TOKENIZER_FILES = ("vocab.json", "merges.txt")

TINY = GPT2Config(vocab_size=4096, n_positions=64, n_embd=32, n_layer=2, n_head=4, n_inner=128)


def random_weights(config: GPT2Config, seed: int = 0, std: float = 0.3) -> dict[str, Tensor]:
    """Seeded weights under our own names; wide enough apart that the model has opinions."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator) * std + (1.0 if "ln_" in name and name.endswith("weight") else 0)
        for name, shape in config.shapes().items()
    }


def config_json(config: GPT2Config, **changes: Any) -> dict[str, Any]:
    """The config.json of a random model with the starter's tokenizer, with `changes`."""
    return {
        "model_type": "gpt2",
        "vocab_size": config.vocab_size,
        "n_positions": config.n_positions,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_inner": config.n_inner,
        "activation_function": config.activation_function,
        "tie_word_embeddings": config.tie_word_embeddings,
        "eos_token_id": 0,
    } | changes


@pytest.fixture(scope="session")
def starter_tokenizer() -> Tokenizer:
    return load_tokenizer(STARTER, 4096, 0)


@pytest.fixture(scope="session")
def gpt2_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("gpt2")
    shutil.copy(RESOURCES / "gpt2-bpe" / "encoder.json", folder / "vocab.json")
    shutil.copy(RESOURCES / "gpt2-bpe" / "vocab.bpe", folder / "merges.txt")
    return load_tokenizer(folder, 50257, 50256)


@pytest.fixture
def tiny_model() -> GPT2:
    torch.set_num_threads(1)
    return GPT2(TINY, random_weights(TINY), torch.device("cpu"))


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a checkpoint folder: make_folder(weights=..., **changes of config.json)."""

    def make(weights: dict[str, Tensor] | None = None, name: str = "tiny", **changes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file in TOKENIZER_FILES:
            shutil.copy(STARTER / file, folder)
        text = json.dumps(config_json(TINY, **changes))
        (folder / "config.json").write_text(text, encoding="utf-8")
        save_file(random_weights(TINY) if weights is None else weights, folder / "model.safetensors")
        return folder

    return make


@pytest.fixture
def starter_engine() -> Engine:
    engine = Engine()
    *_, last = engine.run(LoadModel(1, str(STARTER), "cpu"))
    assert isinstance(last, ModelLoaded)
    return engine
