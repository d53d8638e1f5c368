"""GGUF in: every kind of numbers, each architecture, tokenizers; refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf.constants import GGMLQuantizationType as Kind
from gguf.quants import dequantize, quantize
from safetensors.torch import load_file

from studio.conversion import from_gguf, to_gguf
from studio.core.errors import StudioError
from studio.models import job_runner
from studio.models.gguf_header import read_gguf_header
from tests.conversion.tiny_gguf import (
    HEADS,
    IDS,
    INNER,
    LAYERS,
    TOKENS,
    WIDTH,
    gpt2_file,
    llama_file,
    logits,
    numbers,
    packed,
    run,
    take_over,
)


def transformers_logits(kind: str, config: dict[str, Any], weights: dict[str, Any], ids: list[int]) -> Any:
    """What transformers computes of weights that are given by its names."""
    import transformers

    auto: Any = transformers
    made = auto.AutoModelForCausalLM.from_config(auto.AutoConfig.for_model(kind, **config)).eval()
    tensors = {name: torch.tensor(np.array(value)) for name, value in weights.items()}
    missing = made.load_state_dict(tensors, strict=False)
    assert not missing.unexpected_keys
    assert set(missing.missing_keys) <= {"lm_head.weight"}
    with torch.inference_mode():
        return made(torch.tensor([ids])).logits[0]


QUANTISED = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
QUANTISED += ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"]


@pytest.mark.parametrize("name", QUANTISED)
def test_every_kind_of_numbers_is_taken_over_exactly(tmp_path: Path, name: str) -> None:
    kind = Kind[name]
    folder = take_over(gpt2_file(tmp_path / "tiny.gguf", kind))
    found = load_file(folder / "model.safetensors")
    wanted = np.asarray(dequantize(packed(kind, 3, 3 * WIDTH, WIDTH), kind))
    assert np.isfinite(wanted).all()
    stored = found["transformer.h.0.attn.c_attn.weight"]
    assert np.array_equal(stored.float().numpy(), wanted.T)
    assert stored.dtype == {"F16": torch.float16, "BF16": torch.bfloat16}.get(name, torch.float32)
    assert np.array_equal(found["transformer.wpe.weight"].float().numpy(), numbers(2, 32, WIDTH))


def test_gpt2_computes_as_in_transformers(tmp_path: Path) -> None:
    kind = Kind.Q5_1
    folder = take_over(gpt2_file(tmp_path / "tiny.gguf", kind))

    def unpacked(seed: int, *shape: int) -> Any:
        return dequantize(packed(kind, seed, *shape), kind)

    block = "transformer.h.0"
    weights = {
        "transformer.wte.weight": unpacked(1, len(TOKENS), WIDTH),
        "transformer.wpe.weight": numbers(2, 32, WIDTH),
        f"{block}.attn.c_attn.weight": unpacked(3, 3 * WIDTH, WIDTH).T,
        f"{block}.attn.c_attn.bias": numbers(13, 3 * WIDTH),
        f"{block}.attn.c_proj.weight": unpacked(4, WIDTH, WIDTH).T,
        f"{block}.attn.c_proj.bias": numbers(14, WIDTH),
        f"{block}.mlp.c_fc.weight": unpacked(5, INNER, WIDTH).T,
        f"{block}.mlp.c_fc.bias": numbers(15, INNER),
        f"{block}.mlp.c_proj.weight": unpacked(6, WIDTH, INNER).T,
        f"{block}.mlp.c_proj.bias": numbers(16, WIDTH),
    }
    for name in (f"{block}.ln_1", f"{block}.ln_2", "transformer.ln_f"):
        weights |= {f"{name}.weight": 1 + numbers(20, WIDTH), f"{name}.bias": numbers(21, WIDTH)}
    weights["lm_head.weight"] = weights["transformer.wte.weight"]
    sizes = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_inner": INNER, "n_positions": 32}
    wanted = transformers_logits("gpt2", sizes | {"vocab_size": len(TOKENS)}, weights, IDS)
    assert torch.allclose(logits(folder, IDS), wanted, atol=1e-4)


LLAMA_PARTS = {
    "attn_q": ("self_attn.q_proj", 64, 64),
    "attn_k": ("self_attn.k_proj", 32, 64),
    "attn_v": ("self_attn.v_proj", 32, 64),
    "attn_output": ("self_attn.o_proj", 64, 64),
    "ffn_gate": ("mlp.gate_proj", 96, 64),
    "ffn_up": ("mlp.up_proj", 96, 64),
    "ffn_down": ("mlp.down_proj", 64, 96),
}


@pytest.mark.parametrize(("architecture", "kind"), [("llama", Kind.Q8_0), ("qwen2", Kind.Q4_0)])
def test_llama_and_its_kin_compute_as_in_transformers_and_go_out_again(
    tmp_path: Path, architecture: str, kind: Kind
) -> None:
    theirs = {"token_embd.weight": numbers(1, len(TOKENS), 64), "output_norm.weight": 1 + numbers(2, 64)}
    ours = {"model.embed_tokens.weight": theirs["token_embd.weight"], "model.norm.weight": 1 + numbers(2, 64)}
    if architecture == "qwen2":
        theirs["output.weight"] = ours["lm_head.weight"] = numbers(3, len(TOKENS), 64)
    for layer in range(2):
        for n, (name, (place, n_out, n_in)) in enumerate(LLAMA_PARTS.items()):
            value = numbers(10 * layer + n, n_out, n_in)
            theirs[f"blk.{layer}.{name}.weight"] = value
            ours[f"model.layers.{layer}.{place}.weight"] = value
            if architecture == "qwen2" and name in {"attn_q", "attn_k", "attn_v"}:
                theirs[f"blk.{layer}.{name}.bias"] = ours[f"model.layers.{layer}.{place}.bias"] = value[:, 0]
        for name, place in {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}.items():
            theirs[f"blk.{layer}.{name}.weight"] = 1 + numbers(40 + layer, 64)
            ours[f"model.layers.{layer}.{place}.weight"] = 1 + numbers(40 + layer, 64)
    folder = take_over(llama_file(tmp_path / "tiny.gguf", kind, theirs, architecture))
    rounded = {
        name: dequantize(quantize(value, kind), kind) if value.ndim == 2 else value
        for name, value in ours.items()
    }
    rounded.setdefault("lm_head.weight", rounded["model.embed_tokens.weight"])
    config = {
        "vocab_size": len(TOKENS),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 64,
        "rms_norm_eps": 1e-6,
        "rope_theta": 20_000.0,
        "tie_word_embeddings": architecture == "llama",
    }
    wanted = transformers_logits(architecture, config, rounded, IDS)
    found = logits(folder, IDS)
    assert torch.allclose(found, wanted, atol=1e-4)
    out = tmp_path / "again.gguf"
    run(to_gguf.run, folder=folder, out=out, precision="F32", name="Tiny")
    assert torch.equal(logits(take_over(out), IDS), found)


def test_what_cannot_be_taken_over_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for told, said in (
        ({"architecture": "mam\nba\u202e"}, "mam ba”"),
        ({"pre": "tekken"}, "tekken"),
        ({"model": "rwkv"}, "rwkv"),
        ({"n_heads": 5}, "head_count"),
        ({"tokens": [*TOKENS[:-1], TOKENS[0]]}, "tokenizer"),
        ({"tokens": [*TOKENS, "more"], "types": [1] * (len(TOKENS) + 1)}, "tokenizer"),
        ({"tokens": [t for t in TOKENS if t != "hel"], "types": [1] * (len(TOKENS) - 1)}, "tokenizer"),
        ({"types": [1, 2]}, "tokenizer"),
    ):
        file = gpt2_file(tmp_path / f"{abs(hash(str(told)))}.gguf", **told)
        with pytest.raises(StudioError, match=said) as error:
            take_over(file)
        assert "\n" not in str(error.value)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    for name, kind, bad in (
        ("half", Kind.F16, np.float16(np.nan).tobytes()),
        ("bfloat", Kind.BF16, b"\x80\x7f"),
        ("few", Kind.Q8_0, np.float16(np.inf).tobytes()),
    ):
        file = gpt2_file(tmp_path / f"{name}.gguf", kind)
        place = read_gguf_header(file).tensors["blk.0.ffn_up.weight"].begin
        data = bytearray(file.read_bytes())
        data[place : place + 2] = bad
        file.write_bytes(data)
        with pytest.raises(StudioError, match="not numbers"):
            take_over(file)


def test_a_file_that_is_cut_short_says_so_from_the_child(tmp_path: Path) -> None:
    file = gpt2_file(tmp_path / "tiny.gguf")
    file.write_bytes(file.read_bytes()[:-9000])
    staging = tmp_path / "staging"
    staging.mkdir()
    spec = {"job": "import_gguf", "file": str(file), "staging": str(staging)}
    with pytest.raises(StudioError, match="cut short"):
        list(job_runner.run(spec | {"memory_bytes": 600 << 20, "cpu_s": 20}, wall_s=30))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux' disk that is always full")
def test_a_disk_that_is_full_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = gpt2_file(tmp_path / "tiny.gguf")
    staging = tmp_path / "staging"
    staging.mkdir()
    (staging / "model.safetensors").symlink_to("/dev/full")
    with pytest.raises(StudioError, match="not enough space on the disk"):
        run(from_gguf.run, file=file, staging=staging)
