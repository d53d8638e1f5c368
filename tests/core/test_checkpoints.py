"""Loading folders: what works, what is refused, and that a refusal is two plain sentences in no time."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor

from studio.core import checkpoints, hardware
from studio.core import model_files as files
from studio.core.checkpoints import load_checkpoint
from studio.core.errors import StudioError
from studio.kernels.library import kernels
from tests.core.loading import MakeFolder, load, refusal
from tests.core.tiny import STARTER, TINY, as_loaded, random_weights

MODEL, OURS = ("GPT2", "studio") if kernels() is None else ("CompiledGPT2", "compiled")
IDS = torch.tensor([5, 6, 7, 8, 1000])


def tiny_logits() -> Tensor:
    return as_loaded(TINY, random_weights(TINY)).forward(IDS)


def test_the_starter_loads_and_is_described() -> None:
    info = load(STARTER).info
    digest = hashlib.sha256((STARTER / "model.safetensors").read_bytes()).hexdigest()
    assert (info.name, info.sha256, info.architecture, info.backend) == ("starter", digest, "gpt2", OURS)
    assert (info.n_layer, info.n_embd, info.n_positions, info.vocab_size) == (4, 256, 512, 4096)
    assert (info.end_of_text_id, info.device, info.dtype, info.n_parameters) == (
        0,
        "cpu",
        "float32",
        4_339_200,
    )
    assert info.load_s > 0


def test_the_progress_of_loading_only_rises() -> None:
    fractions = list(load_checkpoint(str(STARTER)))
    assert len(fractions) > 10
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_starter_gives_transformers_logits() -> None:
    theirs: Any = transformers.GPT2LMHeadModel.from_pretrained(STARTER, dtype=torch.float32)
    theirs.eval()
    ids = torch.randint(4096, (200,), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = theirs(ids[None]).logits[0]
    assert (load(STARTER).model.forward_all(ids) - expected).abs().max() < 1e-4


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_names_may_have_the_prefix_and_old_buffers_are_ignored(make_folder: MakeFolder, prefix: str) -> None:
    weights = {prefix + name: tensor for name, tensor in random_weights(TINY).items()}
    weights["lm_head.weight"] = weights[prefix + "wte.weight"].clone()
    for i in range(2):
        weights[f"{prefix}h.{i}.attn.bias"] = torch.ones(1, 1, 64, 64)
        weights[f"{prefix}h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    assert torch.equal(load(make_folder(weights)).model.forward(IDS), tiny_logits())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_float_formats_are_computed_in_float32(make_folder: MakeFolder, dtype: torch.dtype) -> None:
    weights = {name: tensor.to(dtype) for name, tensor in random_weights(TINY).items()}
    rounded = {name: tensor.float() for name, tensor in weights.items()}
    expected = as_loaded(TINY, rounded).forward(IDS)
    assert torch.equal(load(make_folder(weights)).model.forward(IDS), expected)


def test_an_untied_head_is_used(make_folder: MakeFolder) -> None:
    weights = random_weights(TINY)
    weights["lm_head.weight"] = weights["wte.weight"] * 2
    folder = make_folder(weights, tie_word_embeddings=False)
    torch.testing.assert_close(load(folder).model.forward(IDS), tiny_logits() * 2)


def test_the_file_may_vanish_after_loading(make_folder: MakeFolder) -> None:
    folder = make_folder()
    model = load(folder).model
    os.truncate(folder / "model.safetensors", 0)  # a mapped file would kill the process here
    assert torch.equal(model.forward(IDS), tiny_logits())


def write_shards(folder: Path, names: tuple[str, str] = ("a.safetensors", "b.safetensors")) -> None:
    weights = random_weights(TINY)
    (folder / "model.safetensors").unlink()
    half = len(weights) // 2
    parts = [dict(list(weights.items())[:half]), dict(list(weights.items())[half:])]
    for name, part in zip(names, parts, strict=True):
        save_file(part, folder / Path(name).name)
    weight_map = {key: name for name, part in zip(names, parts, strict=True) for key in part}
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": weight_map}), encoding="utf-8"
    )


def test_shards_are_put_together(make_folder: MakeFolder) -> None:
    folder = make_folder()
    write_shards(folder)
    checkpoint = load(folder)
    assert torch.equal(checkpoint.model.forward(IDS), tiny_logits())
    both = (folder / "a.safetensors").read_bytes() + (folder / "b.safetensors").read_bytes()
    assert checkpoint.info.sha256 == hashlib.sha256(both).hexdigest()


@pytest.mark.parametrize(
    "name", ["../b.safetensors", "/etc/passwd", "..", "x/b.safetensors", "b\\b.safetensors", "b.bin"]
)
def test_shards_elsewhere_are_refused(make_folder: MakeFolder, name: str) -> None:
    folder = make_folder()
    write_shards(folder, ("a.safetensors", name if name != ".." else "b.safetensors"))
    if name == "..":
        index = folder / "model.safetensors.index.json"
        index.write_text(index.read_text(encoding="utf-8").replace("b.safetensors", ".."), encoding="utf-8")
    assert "not a file of this folder" in refusal(folder).what_happened


def test_a_missing_shard_is_named(make_folder: MakeFolder) -> None:
    folder = make_folder()
    write_shards(folder)
    (folder / "b.safetensors").unlink()
    assert "b.safetensors" in refusal(folder).what_happened


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_links_out_of_the_folder_are_refused_but_hugging_faces_cache_is_read(
    make_folder: MakeFolder, tmp_path: Path
) -> None:
    folder = make_folder()
    (folder / "model.safetensors").rename(tmp_path / "elsewhere")
    (folder / "model.safetensors").symlink_to(tmp_path / "elsewhere")
    assert "link" in refusal(folder).what_happened
    hub = tmp_path / "models--some--name"
    (hub / "blobs").mkdir(parents=True)
    shutil.copytree(folder, hub / "snapshots" / "abc", symlinks=True)
    (tmp_path / "elsewhere").rename(hub / "blobs" / "123")
    (hub / "snapshots" / "abc" / "model.safetensors").unlink()
    (hub / "snapshots" / "abc" / "model.safetensors").symlink_to("../../blobs/123")
    assert load(hub / "snapshots" / "abc").info.name == "some/name"


def test_a_missing_folder_and_a_folder_that_is_no_model_are_told_apart(tmp_path: Path) -> None:
    assert "no folder" in refusal(tmp_path / "nothing").what_happened
    assert "no config.json" in refusal(tmp_path).what_happened
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert "what kind of model" in refusal(tmp_path).what_happened


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"\xff\xff", b"[" * 100_000, b" " * 2_000_000, b'{"n_layer": 1' + b"0" * 5000 + b"}"],
    ids=["empty", "cut", "list", "bytes", "deep", "spaces", "huge number"],
)
def test_a_broken_config_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "config.json").write_bytes(text)
    assert "config.json" in refusal(tmp_path).what_happened


@pytest.mark.parametrize(
    "changes",
    [
        {"n_layer": 10**9},
        {"n_layer": 0},
        {"n_layer": "2"},
        {"n_layer": True},
        {"n_head": 0},
        {"n_head": 5},
        {"n_embd": -32},
        {"vocab_size": 2**31},
        {"vocab_size": 4097},
        {"n_positions": 2**40},
        {"n_positions": 65},
        {"n_inner": 10**12},
        {"n_inner": 127},
        {"n_layer": 3},
        {"n_layer": 1},
        {"layer_norm_epsilon": 0},
        {"layer_norm_epsilon": float("nan")},
        {"tie_word_embeddings": False},
        {"tie_word_embeddings": "yes"},
        {"add_cross_attention": True},
        {"quantization_config": {"quant_method": "gptq"}},
    ],
    ids=str,
)
def test_a_lying_config_is_refused_before_anything_is_allocated(
    make_folder: MakeFolder, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, MODEL, None)  # never reached
    refusal(make_folder(**changes))


def test_a_failed_load_leaves_the_threads_as_they_were(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        assert torch.get_num_threads() == 3
        raise MemoryError

    monkeypatch.setattr(hardware, "choose_threads", lambda _: 3)
    monkeypatch.setattr(checkpoints, MODEL, fail)
    torch.set_num_threads(1)
    refusal(make_folder())
    assert torch.get_num_threads() == 1


def test_unknown_config_keys_change_nothing(make_folder: MakeFolder) -> None:
    evil = {"auto_map": {"AutoModel": "evil.py"}, "_attn_implementation_internal": "evil", "n_head_": 3}
    assert torch.equal(load(make_folder(**evil)).model.forward(IDS), tiny_logits())


def mutants(good: bytes) -> dict[str, bytes]:
    """Damaged safetensors files: cut, prolonged, with lying headers, and random ones."""
    n = struct.unpack("<Q", good[:8])[0]
    header, data = json.loads(good[8 : 8 + n]), good[8 + n :]

    def with_header(change: Callable[[dict[str, Any]], object]) -> bytes:
        changed = json.loads(json.dumps(header))
        change(changed)
        text = json.dumps(changed).encode("utf-8")
        return struct.pack("<Q", len(text)) + text + data

    first, second = sorted(key for key in header if key != "__metadata__")[:2]
    cases = {f"cut at {at}": good[:at] for at in (0, 4, 8, 40, 8 + n, len(good) // 2, len(good) - 1)}
    cases |= {
        "prolonged": good + b"\x00",
        "header 2**63": struct.pack("<Q", 2**63) + good[8:],
        "header 10**8": struct.pack("<Q", 10**8) + good[8:],
        "not json": good[:8] + b"x" * n + data,
        "overlap": with_header(lambda h: h[first].update(data_offsets=h[second]["data_offsets"])),
        "beyond": with_header(lambda h: h[first].update(data_offsets=[0, 10**12])),
        "backwards": with_header(lambda h: h[first].update(data_offsets=h[first]["data_offsets"][::-1])),
        "negative": with_header(lambda h: h[first].update(shape=[-1, -32])),
        "huge shape": with_header(lambda h: h[first].update(shape=[2**40, 2**40])),
        "no shape": with_header(lambda h: h[first].pop("shape")),
        "other type": with_header(lambda h: h[first].update(dtype="F99")),
        "integers": with_header(lambda h: h[first].update(dtype="I32")),
        "number": with_header(lambda h: h.update({first: 5})),
        "lost": with_header(lambda h: h.pop(first)),
        "deep": struct.pack("<Q", 100_000) + b"[" * 100_000,
    }
    rng = random.Random(0)
    for i in range(30):
        at = rng.randrange(8 + n)
        cases[f"flip {i}"] = good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1 :]
    return cases


def test_damaged_weights_files_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    path = folder / "model.safetensors"
    good = path.read_bytes()
    for name, bad in mutants(good).items():
        path.write_bytes(bad)
        try:
            model = load(folder).model
        except StudioError:
            continue
        # a flipped bit may hit the metadata or swap two equal types: then nothing is wrong with the weights
        assert name.startswith("flip"), name
        assert model.forward(IDS).isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_numbers_are_refused_by_name(make_folder: MakeFolder, value: float) -> None:
    weights = random_weights(TINY)
    weights["h.1.mlp.c_fc.weight"][3, 5] = value
    assert "h.1.mlp.c_fc.weight" in refusal(make_folder(weights)).what_happened


def test_large_but_finite_weights_are_no_reason_to_refuse(make_folder: MakeFolder) -> None:
    weights = random_weights(TINY)
    weights["wpe.weight"][:] = 3e38  # their sum overflows
    load(make_folder(weights))


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "x.ckpt", "pytorch_model-00001-of-00002.bin"]
)
def test_pickles_are_refused_with_advice_and_never_opened(make_folder: MakeFolder, name: str) -> None:
    folder = make_folder()
    (folder / "model.safetensors").rename(folder / name)
    (folder / name).chmod(0)
    error = refusal(folder)
    assert "pickle" in error.what_happened
    assert "safetensors" in error.what_to_do


def test_a_folder_without_weights_or_without_tokenizer_is_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / "vocab.json").unlink()
    assert "tokenizer" in refusal(folder).what_happened
    (folder / "model.safetensors").unlink()
    assert "no weights" in refusal(folder).what_happened


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_named_like_the_weights_does_not_hang(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    assert "no weights" in refusal(folder).what_happened


def test_a_model_too_large_for_the_memory_is_refused(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "available_memory_bytes", lambda: 1_000_000)
    error = refusal(make_folder())
    assert "0.0 GB are free" in error.what_happened
    assert "smaller model" in error.what_to_do


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("x"), RuntimeError("DefaultCPUAllocator: can't allocate memory"), MemoryError()],
)
def test_running_out_of_memory_is_no_bug(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(checkpoints, MODEL, fail)
    assert "not enough memory" in refusal(make_folder()).what_happened


def test_other_runtime_errors_stay_bugs(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(checkpoints, MODEL, fail)
    with pytest.raises(RuntimeError, match="mat1"):
        load(make_folder())


@pytest.mark.parametrize("wish", ["auto", "cuda", "mps", "cpu"])
def test_without_a_gpu_or_with_a_broken_one_the_cpu_computes(
    wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("this machine has a GPU that works")
    assert hardware.pick_device(wish).type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # announced, but broken
    assert hardware.pick_device(wish).type == "cpu"


def test_a_gpu_that_fails_while_loading_is_replaced_by_the_cpu(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "pick_device", lambda _: torch.device("cuda"))
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU that works")
    assert load(make_folder(), "auto").info.device == "cpu"


def test_one_core_stays_free_for_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, threads in ((1, 1), (2, 1), (4, 3), (64, 8)):
        monkeypatch.setattr(hardware, "physical_cores", lambda cores=cores: cores)
        assert hardware.choose_threads(124_000_000) == threads
        assert hardware.choose_threads(4_000_000) == 1


def test_the_hash_is_made_beside_and_stops_when_it_is_not_wanted_any_more(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"x" * (20 << 20))
    with files.Hashing([file, file]) as hashing:
        fractions = list(hashing.finish())
    assert fractions == sorted(fractions)
    assert hashing.digest == hashlib.sha256(b"x" * (40 << 20)).hexdigest()
    with files.Hashing([file] * 200) as unwanted:
        pass
    assert not any(thread.name == "hashing" for thread in threading.enumerate())
    assert unwanted.digest == ""
    with pytest.raises(StudioError), files.Hashing([tmp_path]) as broken:
        list(broken.finish())
