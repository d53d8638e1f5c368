"""Models of other architectures, through transformers: what loads, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file

from tests.core.loading import MakeFolder, load, refusal
from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, random_weights

# -- through transformers ----------------------------------------------------------------------------------


def llama_folder(tmp_path: Path, **changes: Any) -> Path:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=4096,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.3,
        eos_token_id=0,
        bos_token_id=0,
    )
    folder = tmp_path / "llama"
    folder.mkdir()
    model = transformers.LlamaForCausalLM(config)
    save_file(
        {name: tensor.clone() for name, tensor in model.state_dict().items()}, folder / "model.safetensors"
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict() | changes), encoding="utf-8")
    for name in (*TOKENIZER_FILES, "tokenizer.json"):
        shutil.copy(STARTER / name, folder)
    return folder


def test_another_causal_model_loads_and_its_cache_can_be_cut(tmp_path: Path) -> None:
    folder = llama_folder(tmp_path)
    checkpoint = load(folder)
    model, info = checkpoint.model, checkpoint.info
    assert (info.architecture, info.backend, info.n_layer, info.n_embd, info.n_positions) == (
        "llama", "transformers", 2, 32, 64,
    )  # fmt: skip
    theirs: Any = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    theirs.eval()
    ids = torch.randint(4096, (30,), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = theirs(ids[None]).logits[0]
    torch.testing.assert_close(model.forward_all(ids), expected, rtol=0, atol=1e-4)
    model.truncate(12)
    assert model.cached_ids == ids[:12].tolist()
    model.forward(ids[12:20])
    torch.testing.assert_close(model.forward(ids[20:]), expected[-1], rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match="context window"):
        model.forward(ids.repeat(2))


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 10**9},
        {"num_hidden_layers": 3},
        {"hidden_size": 48},
        {"vocab_size": 2**31},
        {"model_type": "no_such_model"},
        {"model_type": "bert"},
        {"quantization_config": {"quant_method": "bitsandbytes"}},
    ],
    ids=str,
)
def test_a_lying_config_of_another_model_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    refusal(llama_folder(tmp_path, **changes))


def test_code_in_another_models_folder_is_never_run(tmp_path: Path) -> None:
    folder = llama_folder(
        tmp_path,
        auto_map={"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"},
        _attn_implementation_internal="some/kernel",
        attn_implementation="some/kernel",
    )
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')", encoding="utf-8")
    assert load(folder).info.backend == "transformers"
    assert not (tmp_path / "canary").exists()


def test_a_model_whose_memory_cannot_be_cut_is_refused(tmp_path: Path) -> None:
    folder = llama_folder(tmp_path)
    config = transformers.MambaConfig(vocab_size=4096, hidden_size=32, num_hidden_layers=2)
    model = transformers.MambaForCausalLM(config)
    save_file(
        {name: tensor.clone() for name, tensor in model.state_dict().items()}, folder / "model.safetensors"
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    assert "not supported" in refusal(folder).what_happened


def test_gpt2_with_an_unusual_activation_goes_through_transformers(make_folder: MakeFolder) -> None:
    weights = {f"transformer.{name}": tensor for name, tensor in random_weights(TINY).items()}
    info = load(make_folder(weights, activation_function="silu")).info
    assert (info.architecture, info.backend) == ("gpt2", "transformers")


def test_gpt2_needs_no_transformers() -> None:
    code = (
        "import sys; from studio.core.engine import Engine; from studio.core.messages import *\n"
        "engine = Engine()\n"
        "*_, last = engine.run(LoadModel(1, sys.argv[1]))\n"
        "assert isinstance(last, ModelLoaded)\n"
        "*_, last = engine.run(Generate(2, 'Once', (), (), 3, 1))\n"
        "assert last.n_tokens == 3\n"
        "print(*sorted({'transformers', 'PySide6', 'sqlite3', 'sqlite_utils'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(STARTER)], cwd=STARTER.parents[2], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr
