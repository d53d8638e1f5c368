"""Fixtures for the tests of core."""

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
from studio.core.model import GPT2
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import RESOURCES, STARTER, TINY, TOKENIZER_FILES, config_json, random_weights


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
