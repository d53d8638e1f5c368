"""Models out, as GGUF and as folders, and back again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from gguf.constants import GGMLQuantizationType as Kind
from safetensors.torch import load_file, save_file

from studio.conversion import to_folder, to_gguf
from studio.conversion.smaller.requantise import requantise
from studio.conversion.smaller.source import open_source
from studio.core.errors import StudioError
from studio.core.gpt2_config import gpt2_config
from studio.kernels.library import kernels
from studio.models.gguf_header import read_gguf_header
from tests.conversion.tiny_gguf import IDS, STARTER, gpt2_file, logits, run, take_over

TEXTS = [
    "hello world 1212",
    " hello\n\n\nworld  ",
    "naïve 日本 👩‍👩‍👧",
    "don't",
    "<|endoftext|>hello",
    "\t\r\n",
    "",
]


@pytest.mark.parametrize("precision", ["F32", "F16", "Q8_0"])
def test_the_starter_goes_out_as_gguf_and_comes_back_the_same(tmp_path: Path, precision: str) -> None:
    out = tmp_path / "starter.gguf"
    done = run(to_gguf.run, folder=STARTER, out=out, precision=precision, name="Starter", licence="mit")
    assert done["n_bytes"] == out.stat().st_size
    assert not list(tmp_path.glob("*.part"))
    header = read_gguf_header(out)
    assert header.text("tokenizer.ggml.pre") == "gpt-2"
    assert header.metadata["tokenizer.ggml.eos_token_id"] == 0
    folder = take_over(out)
    before, after = logits(STARTER, IDS), logits(folder, IDS)
    assert (before - after).abs().max() < (0.3 if precision == "Q8_0" else 1e-6)
    assert torch.equal(before.argmax(1), after.argmax(1))
    for name in ("vocab.json", "merges.txt"):
        ours, theirs = ((where / name).read_text("utf-8") for where in (STARTER, folder))
        assert (json.loads(ours) == json.loads(theirs)) if name == "vocab.json" else (ours == theirs)


def test_the_tokenizer_of_the_starter_comes_back_the_same(tmp_path: Path) -> None:
    out = tmp_path / "starter.gguf"
    run(to_gguf.run, folder=STARTER, out=out, precision="F16", name="Starter")
    folder = take_over(out)
    import tokenizers

    before, after = (
        tokenizers.Tokenizer.from_file(str(where / "tokenizer.json")) for where in (STARTER, folder)
    )
    for text in TEXTS:
        assert before.encode(text).ids == after.encode(text).ids
        assert after.decode(after.encode(text).ids, skip_special_tokens=False) == text


def test_a_head_of_its_own_goes_out_and_comes_back(tmp_path: Path) -> None:
    folder = take_over(gpt2_file(tmp_path / "untied.gguf", Kind.F16, head=True))
    assert not gpt2_config(json.loads((folder / "config.json").read_text("utf-8"))).tie_word_embeddings
    out = tmp_path / "again.gguf"
    run(to_gguf.run, folder=folder, out=out, precision="F32", name="Untied")
    assert torch.equal(logits(take_over(out), IDS), logits(folder, IDS))


def test_a_folder_goes_out_with_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for path in STARTER.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    (source / "modeling.py").write_text("print('run me')", "utf-8")
    out = tmp_path / "out"
    spec = {"folder": source, "out": out, "precision": "float32", "name": "Mine", "notes": ["Cut by half."]}
    run(to_folder.run, **spec, licence="MIT", source="model.gguf")
    assert {path.name for path in out.iterdir()} == {
        "README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        "vocab.json", "merges.txt", "generation_config.json",
    }  # fmt: skip
    card = (out / "README.md").read_text("utf-8")
    for known in ("# Mine", "MIT", "Cut by half.", "model.gguf", "4,339,200"):
        assert known in card
    assert torch.equal(logits(out, IDS), logits(STARTER, IDS))
    with pytest.raises(StudioError, match="there already"):
        run(to_folder.run, **spec)


def test_numbers_too_large_for_16_bits_are_not_written_in_16(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for path in STARTER.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    weights = {name: value.float() for name, value in load_file(source / "model.safetensors").items()}
    name = next(name for name in weights if name.endswith("h.0.mlp.c_fc.weight"))
    weights[name][0, 0] = 1e5
    save_file(weights, source / "model.safetensors")
    for job, precision in ((to_gguf.run, "F16"), (to_folder.run, "float16")):
        with pytest.raises(StudioError, match="too large"):
            run(job, folder=source, out=tmp_path / "out", precision=precision, name="Mine")
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.skipif(kernels() is None, reason="the compiled kernels make the codes")
@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_model_stored_in_few_bits_goes_out_as_what_it_computes_with(tmp_path: Path, precision: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    for _ in requantise(open_source(STARTER), precision, small):
        pass
    run(to_folder.run, folder=small, out=tmp_path / "out", precision="float32", name="Small")
    assert "quantization_config" not in json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
    assert torch.equal(logits(tmp_path / "out", IDS), logits(small, IDS))
    run(to_gguf.run, folder=small, out=tmp_path / "small.gguf", precision="F32", name="Small")
    assert torch.equal(logits(take_over(tmp_path / "small.gguf"), IDS), logits(small, IDS))
