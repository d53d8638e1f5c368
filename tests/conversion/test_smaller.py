"""Smaller models: valid, the same where they should be, measured, and nothing is left when it fails."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.conversion.smaller.fewer_heads import Narrowed, fewer_heads, fewer_neurons
from studio.conversion.smaller.fewer_layers import choose_layers
from studio.conversion.smaller.gpt2_pass import GPT2Pass
from studio.conversion.smaller.likelihood import halve, loss
from studio.conversion.smaller.optimise import optimise
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.errors import StudioError
from studio.core.model import GPT2Config
from studio.core.model_files import find_weights
from studio.core.other_tokenizer import load_tokenizer
from studio.kernels.library import kernels
from studio.models import reports
from studio.models.recipes import Recipe, estimate, read_config
from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, config_json, random_weights

TEXT = """Lily had a red ball. She liked to play with the ball in the park. One day it fell into the lake.
“Oh no!” said Lily. A duck saw the ball and pushed it with its nose. Lily was happy and thanked the duck.
Then she went home and told her mother about the kind duck, and they laughed until the sun went down.
"""
needs_kernels = pytest.mark.skipif(kernels() is None, reason="no compiled kernels here")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(2 * TEXT, "utf-8")
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    path = tmp_path / "into"
    path.mkdir()
    return path


def folder(tmp_path: Path, config: GPT2Config = TINY, std: float = 0.1, **changes: Any) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    for name in TOKENIZER_FILES:
        shutil.copy(STARTER / name, made)
    (made / "config.json").write_text(json.dumps(config_json(config, **changes)), "utf-8")
    save_file(random_weights(config, std=std), made / "model.safetensors")
    return made


def make(source: Path, into: Path, recipe: Recipe, text: Path, *vocabulary: Path) -> reports.Report:
    spec = {"model": str(source), "into": str(into), "recipe": recipe.to_json(), "text": [str(text)]}
    *steps, done = optimise(spec | {"vocabulary": list(map(str, vocabulary))}, lambda: None)
    fractions = [step["fraction"] for step in steps]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    report = reports.from_json(json.loads(json.dumps(done["report"])))
    assert report is not None
    assert reports.read(into) == report
    return report


def load(path: Path, precision: str = "float32") -> Checkpoint:
    work = load_checkpoint(str(path), "cpu", precision)
    while True:
        try:
            next(work)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            return checkpoint


def guess(recipe: Recipe, path: Path) -> int | None:
    return estimate(recipe, read_config(path), find_weights(path))


def finish(work: Iterator[float]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


@needs_kernels
@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_few_bits_are_the_engines_own_to_the_last_bit(into: Path, text: Path, precision: str) -> None:
    report = make(STARTER, into, Recipe("precision", precision), text)
    stored, packed = load(into, "auto"), load(STARTER, precision)
    assert stored.info.dtype == precision
    assert isinstance(stored.model, CompiledGPT2)
    assert isinstance(packed.model, CompiledGPT2)
    ids = torch.tensor(packed.tokenizer.encode(TEXT).ids)
    assert torch.equal(stored.model.forward_all(ids), packed.model.forward_all(ids))
    mine, theirs = stored.model.weights, packed.model.weights
    assert bytes(mine.embedding.data.memory) == bytes(theirs.embedding.data.memory)
    assert bytes(mine.matrix(2, "mlp.c_fc").data.memory) == bytes(theirs.matrix(2, "mlp.c_fc").data.memory)
    assert report.after.n_bytes < 0.6 * report.before.n_bytes
    assert report.mean_kl is not None
    assert 0 < report.mean_kl < 0.2
    guessed = guess(Recipe("precision", precision), STARTER)
    assert guessed is not None
    assert abs(guessed / report.after.n_bytes - 1) < 0.05


def test_halves_keep_every_number_as_it_is_rounded(tmp_path: Path, into: Path, text: Path) -> None:
    report = make(folder(tmp_path), into, Recipe("precision", "bfloat16"), text)
    before, after = load_file(tmp_path / "model" / "model.safetensors"), load_file(into / "model.safetensors")
    assert {name.removeprefix("transformer.") for name in after} == before.keys()
    assert torch.equal(after["transformer.h.1.ln_2.bias"], before["h.1.ln_2.bias"].bfloat16())
    assert report.after.n_bytes < 0.51 * report.before.n_bytes


def test_a_number_beyond_float16_is_refused(tmp_path: Path, into: Path, text: Path) -> None:
    source = folder(tmp_path)
    weights = load_file(source / "model.safetensors")
    weights["h.0.mlp.c_fc.bias"][0] = 70_000.0
    save_file(weights, source / "model.safetensors")
    with pytest.raises(StudioError, match=r"7e\+04.*float16.*65,504.*bfloat16"):
        make(source, into, Recipe("precision", "float16"), text)


@pytest.mark.parametrize("by_depth", [False, True])
def test_fewer_layers_are_the_model_with_those_switched_off(
    tmp_path: Path, into: Path, text: Path, by_depth: bool
) -> None:
    config = GPT2Config(4096, 64, 32, 5, 4, 128, scale_attn_by_inverse_layer_idx=by_depth)
    source = folder(tmp_path, config, scale_attn_by_inverse_layer_idx=by_depth)
    report = make(source, into, Recipe("layers", keep=3), text)
    assert report.made_by == "3 of 5 layers"
    assert len(report.left_out) == 2
    whole, cut = load(source), load(into)
    whole.model.switch_off((), report.left_out)
    ids = torch.tensor(whole.tokenizer.encode(TEXT).ids[:60])
    expected = whole.model.forward_all(ids)
    assert torch.allclose(cut.model.forward_all(ids), expected, atol=1e-4 * float(expected.abs().max()))
    assert guess(Recipe("layers", keep=3), source) == pytest.approx(report.after.n_bytes, rel=0.01)


def test_the_layers_that_go_are_those_without_which_the_text_stays_likeliest() -> None:
    loaded = load(STARTER)
    ids = [0, *loaded.tokenizer.encode(TEXT).ids]
    gone = finish(choose_layers(loaded.model, ids, 4, 2))
    without: dict[tuple[int, ...], float] = {}
    for layers in ((0,), (1,), (2,), (3,), *((gone[0], other) for other in range(4) if other != gone[0])):
        loaded.model.switch_off((), layers)
        without[layers] = loss(loaded.model, ids)
    assert without[gone[:1]] == min(value for layers, value in without.items() if len(layers) == 1)
    assert without[gone] == min(value for layers, value in without.items() if len(layers) == 2)


def starter_weights() -> tuple[GPT2Config, dict[str, torch.Tensor], torch.Tensor]:
    weights = {
        name.removeprefix("transformer."): tensor.float()
        for name, tensor in load_file(STARTER / "model.safetensors").items()
    }
    ids = torch.tensor(load_tokenizer(STARTER, 4096, 0).encode(TEXT).ids)
    return GPT2Config(4096, 512, 256, 4, 8, 1024), weights, ids


def test_turning_the_residual_stream_loses_nothing() -> None:
    config, weights, ids = starter_weights()
    found: Narrowed = finish(fewer_heads(config, weights, ids, config.n_head))
    with torch.inference_mode():
        before = float(GPT2Pass(config, weights).loss(ids))
        after = float(GPT2Pass(found.config, found.weights).loss(ids))
    assert abs(after - before) < 0.01  # the last norm has a place less than it wants
    assert found.config == config


def test_the_written_out_pass_is_the_engines() -> None:
    config, weights, ids = starter_weights()
    with torch.inference_mode():
        ours = float(GPT2Pass(config, weights).loss(ids))
    assert ours == pytest.approx(loss(load(STARTER).model, ids.tolist()), abs=1e-4)


def test_without_the_quietest_neurons_hardly_anything_changes() -> None:
    config, weights, ids = starter_weights()
    found: Narrowed = finish(fewer_neurons(config, weights, ids, 896))
    assert {len(kept) for kept in found.kept} == {896}
    with torch.inference_mode():
        before = float(GPT2Pass(config, weights).loss(ids))
        after = float(GPT2Pass(found.config, found.weights).loss(ids))
        loud = finish(
            fewer_neurons(
                config, {**weights, "h.0.mlp.c_fc.bias": weights["h.0.mlp.c_fc.bias"] - 9}, ids, 896
            )
        )
    assert after - before < 0.1
    assert loud.kept[0] != found.kept[0]


def test_a_narrower_model_is_a_valid_gpt2_for_transformers_too(into: Path, text: Path) -> None:
    import transformers

    report = make(STARTER, into, Recipe("heads", keep=6), text)
    assert report.after.n_parameters < report.before.n_parameters
    assert report.after.perplexity < 40 * report.before.perplexity  # random weights: 1,000 times
    loader: Any = transformers.GPT2LMHeadModel
    theirs, said = loader.from_pretrained(into, dtype=torch.float32, output_loading_info=True)
    assert not said["missing_keys"]
    assert not said["unexpected_keys"]
    ours = load(into)
    ids = torch.tensor(ours.tokenizer.encode(TEXT).ids[:50])
    with torch.inference_mode():
        expected = theirs(ids[None]).logits[0]
    assert torch.allclose(ours.model.forward_all(ids), expected, atol=5e-3)
    guessed = guess(Recipe("heads", keep=6), STARTER)
    assert guessed == pytest.approx(report.after.n_bytes, rel=0.05)


def test_llama_loses_layers_and_tokens_too(tmp_path: Path, into: Path, text: Path) -> None:
    import transformers

    torch.manual_seed(1)
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "vocab_size": 4096,
    }
    heads: dict[str, Any] = {
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
    }
    config = transformers.LlamaConfig(**sizes, **heads, tie_word_embeddings=True, eos_token_id=0)
    source = tmp_path / "llama"
    transformers.LlamaForCausalLM(config).save_pretrained(source)
    for name in (*TOKENIZER_FILES, "tokenizer.json"):
        shutil.copy(STARTER / name, source)
    report = make(source, into, Recipe("layers", keep=2), text)
    whole, cut = load(source), load(into)
    whole.model.switch_off((), report.left_out)
    ids = torch.tensor(whole.tokenizer.encode(TEXT).ids[:60])
    assert torch.allclose(cut.model.forward_all(ids), whole.model.forward_all(ids), atol=1e-4)
    smaller = tmp_path / "smaller"
    smaller.mkdir()
    report = make(source, smaller, Recipe("vocabulary"), text)
    assert report.agreement is not None
    assert report.after.n_parameters < 0.4 * report.before.n_parameters


def test_a_smaller_vocabulary_cuts_its_text_into_the_same_tokens(into: Path, text: Path) -> None:
    report = make(STARTER, into, Recipe("vocabulary"), text)
    old, new = load(STARTER), load(into)
    assert new.model.vocab_size < 500
    assert report.made_by == f"{new.model.vocab_size} of 4,096 tokens"
    assert report.agreement is not None
    assert report.mean_kl is None
    before, after = old.tokenizer.encode(2 * TEXT).ids, new.tokenizer.encode(2 * TEXT).ids
    assert [old.tokenizer.token_bytes(one) for one in before] == [
        new.tokenizer.token_bytes(one) for one in after
    ]
    other = "Zwölf Boxkämpfer 跨越大坝 🦊 <|endoftext|>\n\x00"
    ids = new.tokenizer.encode(other).ids
    assert b"".join(map(new.tokenizer.token_bytes, ids)).decode() == other
    end = new.tokenizer.end_of_text_id
    assert end is not None
    assert new.tokenizer.token_bytes(end) == b"<|endoftext|>"
    logits, kept = old.model.forward_all(torch.tensor(before[:40])), dict(zip(after, before, strict=True))
    mine = new.model.forward_all(torch.tensor(after[:40]))
    for ours, theirs in kept.items():
        assert torch.allclose(mine[:, ours], logits[:, theirs], atol=1e-4)
    import tokenizers

    full = tokenizers.Tokenizer.from_file(str(into / "tokenizer.json"))
    assert full.encode(2 * TEXT).ids == after


def test_the_vocabulary_may_be_for_another_text_than_the_one_measured_on(
    tmp_path: Path, into: Path, text: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Zebras drink yellow quince juice.", "utf-8")
    report = make(STARTER, into, Recipe("vocabulary"), text, other)
    assert report.after.n_tokens > 0
    assert (report.agreement, report.mean_kl) == (None, None)  # the text's tokens are others now


def test_what_decides_is_not_what_is_measured_on_if_there_is_enough() -> None:
    tokenizer = load_tokenizer(STARTER, 4096, 0)
    long = halve(tokenizer, 4 * TEXT, 512)
    assert long.apart
    assert (4 * TEXT).startswith(long.weighed + long.measured)
    assert long.measured.startswith("“Oh no!” said Lily") or long.measured[0] in " L“T"
    short = halve(tokenizer, "Lily had a ball.", 512)
    assert not short.apart


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "too short"), (b"a", "too short"), (b"\xff\xfe\x00", "not UTF-8"), (None, "no such file")],
)
def test_a_text_that_cannot_be_measured_on_is_refused(
    tmp_path: Path, into: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "t.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudioError, match=said):
        make(STARTER, into, Recipe("precision", "float16"), path)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe("layers", keep=0), "0 cannot be kept of 4"),
        (Recipe("layers", keep=4), "4 cannot be kept of 4"),
        (Recipe("heads", keep=-1), "-1 cannot be kept of 8"),
        (Recipe("neurons", keep=5000), "cannot be kept of 1024"),
    ],
)
def test_something_must_go_and_something_stay(into: Path, text: Path, recipe: Recipe, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        make(STARTER, into, recipe, text)


def test_a_model_that_is_gone_or_stored_in_few_bits_is_refused(
    tmp_path: Path, into: Path, text: Path
) -> None:
    with pytest.raises(StudioError, match="is gone"):
        make(tmp_path / "nowhere", into, Recipe("layers", keep=1), text)
    said = {"quant_method": "gpt2-studio", "bits": 8, "group_size": 32}
    with pytest.raises(StudioError, match="few bits already"):
        make(folder(tmp_path, quantization_config=said), into, Recipe("layers", keep=1), text)


def test_other_architectures_are_told_what_they_can_have(tmp_path: Path, into: Path, text: Path) -> None:
    source = folder(tmp_path, model_type="llama", num_hidden_layers=2)
    for recipe in (Recipe("precision", "int8"), Recipe("heads", keep=1), Recipe("neurons", keep=1)):
        with pytest.raises(StudioError, match="Only GPT-2"):
            make(source, into, recipe, text)


@pytest.mark.parametrize("recipe", [Recipe("neurons", keep=900), Recipe("vocabulary")])
def test_a_disk_that_is_full_is_said_in_a_sentence(into: Path, text: Path, recipe: Recipe) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        with pytest.raises(StudioError, match="could not be written"):
            make(STARTER, into, recipe, text)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_damaged_report_is_none(tmp_path: Path, into: Path, text: Path) -> None:
    report = make(folder(tmp_path), into, Recipe("neurons", keep=100), text)
    good = report.to_json()
    changes: list[dict[str, Any]] = [
        {"before": 3}, {"samples": [{}]}, {"mean_kl": "x"}, {"left_out": [None]}, {"apart": 2},
    ]  # fmt: skip
    for change in changes:
        assert reports.from_json(good | change) is None
    (into / reports.REPORT).write_text("[" * 100_000, "utf-8")
    assert reports.read(into) is None
