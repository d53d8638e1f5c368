"""The import jobs: what comes out is a model like the one that went in, and nothing else comes along."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.conversion import allowed_config, from_folder, gpt2_sizes, state
from studio.core.errors import StudioError
from studio.core.model_files import Weights
from studio.models import bringing, job_runner
from studio.models.shelf import Shelf
from tests.conversion.checkpoints import (
    SMALL,
    as_nanogpt,
    write_folder,
    write_nanogpt,
    write_old_folder,
)
from tests.core.loading import load
from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, as_loaded, random_weights

IDS = torch.tensor([5, 6, 7, 8, 1000])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def run(job: Callable[..., Any], file: Path, target: Path) -> dict[str, Any]:
    *progress, last = job({"file": str(file), "staging": str(target)}, lambda: None)
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions)
    assert last["event"] == "done"
    return dict(last)


def refusal(job: Callable[..., Any], file: Path, target: Path) -> str:
    with pytest.raises(StudioError) as caught:
        run(job, file, target)
    return caught.value.what_happened


def test_a_folder_is_copied_without_what_is_no_part_of_a_model(tmp_path: Path, target: Path) -> None:
    folder = write_folder(
        tmp_path / "fox", auto_map={"AutoModel": "evil.py"}, _attn_implementation_internal="evil"
    )
    (folder / "evil.py").write_text("1/0", encoding="utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nA fox.", encoding="utf-8")
    tokenizer = {"eos_token": {"content": "<|endoftext|>"}, "chat_template": "{{ evil }}"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    done = run(from_folder.import_folder, folder, target)
    assert {path.name for path in target.iterdir()} == {
        *("config.json", "model.safetensors", "README.md", "tokenizer_config.json", "vocab.json"),
        "merges.txt",
    }
    kept = json.loads((target / "tokenizer_config.json").read_text("utf-8"))
    assert kept == {"eos_token": "<|endoftext|>"}
    assert "auto_map" not in json.loads((target / "config.json").read_text("utf-8"))
    assert done["licence"] == "apache-2.0"
    assert done["notes"] == [
        "Not kept of config.json: _attn_implementation_internal, auto_map.",
        "Not kept of tokenizer_config.json: chat_template.",
    ]
    checkpoint = load(target)
    assert checkpoint.info.sha256 == done["sha256"]
    assert torch.equal(checkpoint.model.forward(IDS), load(folder).model.forward(IDS))


def test_shards_are_copied_and_their_index_written_anew(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox")
    weights = list(random_weights(TINY).items())
    (folder / "model.safetensors").unlink()
    save_file(dict(weights[:9]), folder / "a.safetensors")
    save_file(dict(weights[9:]), folder / "b.safetensors")
    shards = {name: "a.safetensors" if k < 9 else "b.safetensors" for k, (name, _) in enumerate(weights)}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards, "evil": 1}), encoding="utf-8")
    done = run(from_folder.import_folder, folder, target)
    assert json.loads((target / index.name).read_text("utf-8")) == {"weight_map": shards}
    assert load(target).info.sha256 == done["sha256"]


def test_a_folder_that_does_not_load_is_not_copied(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox", n_layer=3)
    assert "h.2" in refusal(from_folder.import_folder, folder, target)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("/etc/hostname")
    assert "link" in refusal(from_folder.import_folder, folder, target)
    assert list(target.iterdir()) == []


def test_a_config_without_a_kind_is_a_gpt2_if_the_weights_are(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox", model_type=None, task_specific_params={"conversational": {}})
    notes = run(from_folder.import_folder, folder, target)["notes"]
    assert "did not say" in notes[0]
    assert "A chat model" in notes[-1]
    assert load(target).info.architecture == "gpt2"


def test_other_kinds_keep_their_numbers_and_words_but_nothing_that_could_be_an_address() -> None:
    raw = {"model_type": "llama", "rope_scaling": {"factor": 2.0, "type": "x"}, "head": "a/b",
           "layers": [{"kind": "full"}], "deep": [[[[[[1]]]]]], "dtype": None, "_internal": 1}  # fmt: skip
    kept, notes = allowed_config.model_config(raw, Weights((), {}, {}, {}))
    assert kept == {key: raw[key] for key in ("model_type", "rope_scaling", "layers", "dtype")}
    assert notes == ["Not kept of config.json: _internal, deep, head."]


def test_a_config_that_describes_more_than_the_file_holds_is_refused(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox", model_type="llama", num_hidden_layers=2, hidden_size=96,
                          intermediate_size=5000, vocab_size=99)  # fmt: skip
    assert "million numbers" in refusal(from_folder.import_folder, folder, target)
    (folder / "config.json").write_text(
        json.dumps({"model_type": "gpt_neo", "attention_types": [[["global"], 10**9]]}), encoding="utf-8"
    )
    assert "attention_types = 1000000000" in refusal(from_folder.import_folder, folder, target)


def test_weights_that_are_no_numbers_are_not_taken(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox")
    weights = random_weights(TINY)
    weights["h.1.mlp.c_fc.weight"][3, 5] = float("inf")
    save_file(
        {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}, folder / "model.safetensors"
    )
    assert "h.1.mlp.c_fc.weight" in refusal(from_folder.import_folder, folder, target)


def test_a_single_file_tells_its_sizes(tmp_path: Path, target: Path) -> None:
    weights = random_weights(SMALL)
    file = tmp_path / "poems.safetensors"
    save_file(weights, file, metadata={"n_head": "2"})
    done = run(from_folder.import_safetensors, file, target)
    assert done["notes"] == ["No tokenizer lay beside the file; it got GPT-2's own."]
    checkpoint = load(target)
    expected = as_loaded(SMALL, weights).forward(IDS)
    assert torch.equal(checkpoint.model.forward(IDS), expected)
    assert checkpoint.tokenizer.encode("Hello world").ids == [15496, 995]
    assert (checkpoint.info.n_positions, checkpoint.info.vocab_size) == (48, 50257)


def test_what_a_single_file_does_not_say_is_assumed_and_told_or_refused(tmp_path: Path, target: Path) -> None:
    file = tmp_path / "poems.safetensors"
    save_file({f"transformer.{name}": tensor for name, tensor in random_weights(SMALL).items()}, file)
    done = run(from_folder.import_safetensors, file, target)
    assert "1 were assumed" in done["notes"][0]
    save_file(random_weights(TINY), file)
    assert "attention heads" in refusal(from_folder.import_safetensors, file, target)
    save_file(random_weights(TINY), file, metadata={"n_head": "4"})
    assert "4,096 tokens" in refusal(from_folder.import_safetensors, file, target)
    save_file({"x": torch.zeros(2)}, file)
    assert "not those of a GPT-2" in refusal(from_folder.import_safetensors, file, target)


def test_an_untied_head_in_a_single_file_is_seen(tmp_path: Path, target: Path) -> None:
    weights = random_weights(SMALL)
    file = tmp_path / "poems.safetensors"
    save_file(weights | {"lm_head.weight": weights["wte.weight"] * 2}, file, metadata={"n_head": "2"})
    run(from_folder.import_safetensors, file, target)
    assert json.loads((target / "config.json").read_text("utf-8"))["tie_word_embeddings"] is False
    expected = as_loaded(SMALL, weights).forward(IDS) * 2
    torch.testing.assert_close(load(target).model.forward(IDS), expected)


def test_nanogpts_matrices_are_turned_its_padding_cut_and_its_biases_made(tmp_path: Path) -> None:
    weights = write_nanogpt(tmp_path / "ckpt.pt")
    found = bringing.recognise(tmp_path / "ckpt.pt")
    shelf = Shelf(tmp_path / "models")
    with shelf.staged() as staged:
        *_, done = job_runner.run(bringing.spec(found, staged), 100)
        model = bringing.adopt(shelf, staged, found, done, "nano")
    assert any("padded" in note for note in model.about.notes)
    assert any("without biases" in note for note in model.about.notes)
    saved = load_file(model.folder / "model.safetensors")
    assert saved.keys() == weights.keys()
    assert all(torch.equal(saved[name], weights[name]) for name in weights)
    checkpoint = load(model.folder)
    assert (checkpoint.info.sha256, checkpoint.info.n_head) == (model.sha256, 2)


def test_an_old_pickle_in_a_folder_of_the_hubs_cache_becomes_safetensors(tmp_path: Path) -> None:
    folder = tmp_path / "models--some--old" / "snapshots" / "0a1b"
    folder.parent.mkdir(parents=True)
    write_old_folder(folder).rename(folder.parents[1] / "blobs")
    folder.mkdir()
    for file in (folder.parents[1] / "blobs").iterdir():
        (folder / file.name).symlink_to(file)
    found = bringing.recognise(folder)
    shelf = Shelf(tmp_path / "models")
    with shelf.staged() as staged:
        *_, done = job_runner.run(bringing.spec(found, staged), 100)
        model = bringing.adopt(shelf, staged, found, done)
    saved = load_file(model.folder / "model.safetensors")
    assert saved.keys() == {f"transformer.{name}" for name in random_weights(TINY)}
    assert torch.equal(
        load(model.folder).model.forward(IDS), as_loaded(TINY, random_weights(TINY)).forward(IDS)
    )
    assert model.name == "some/old"


def test_a_tokenizer_beside_a_checkpoint_is_its_own(tmp_path: Path) -> None:
    for name in TOKENIZER_FILES:
        shutil.copy(STARTER / name, tmp_path)
    state_dict = as_nanogpt(random_weights(TINY))
    torch.save({"model": state_dict, "model_args": {"n_head": 4}}, tmp_path / "tales.pt")
    found = bringing.recognise(tmp_path / "tales.pt")
    shelf = Shelf(tmp_path / "models")
    with shelf.staged() as staged:
        *_, done = job_runner.run(bringing.spec(found, staged), 100)
        model = bringing.adopt(shelf, staged, found, done)
    assert (model.name, model.vocab_size, model.tokenizer) == ("tales", 4096, "byte-level BPE")
    assert load(model.folder).info.n_head == 4


def test_a_compiled_models_names_in_a_single_safetensors_file_are_understood(
    tmp_path: Path, target: Path
) -> None:
    weights = random_weights(SMALL)
    save_file({k: v.clone() for k, v in as_nanogpt(weights).items()}, tmp_path / "nano.safetensors")
    run(from_folder.import_safetensors, tmp_path / "nano.safetensors", target)
    assert torch.equal(load_file(target / "model.safetensors")["wpe.weight"], weights["wpe.weight"])


def test_a_few_numbers_that_claim_to_be_many_are_no_weights(tmp_path: Path) -> None:
    torch.save({"wte.weight": torch.zeros(1).expand(1 << 40)}, tmp_path / "a.pt")
    whole = state.read(tmp_path / "a.pt", mapped=True)
    with pytest.raises(StudioError):
        state.tensors_of(whole, tmp_path / "a.pt", 10)


def test_the_starters_shapes_tell_its_config() -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in load_file(STARTER / "model.safetensors").items()}
    plain = {gpt2_sizes.plain_name(name): shape for name, shape in shapes.items()}
    config, notes = gpt2_sizes.sizes(plain, {}, "starter")
    truth = json.loads((STARTER / "config.json").read_text("utf-8"))
    for key in ("n_layer", "n_embd", "vocab_size", "n_positions", "model_type"):
        assert config[key] == truth[key]
    assert notes


def test_differences_from_gpt2s_own_tokenizer_are_told(tmp_path: Path, target: Path) -> None:
    folder = write_folder(tmp_path / "fox", eos_token_id=None)
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    (folder / "vocab.txt").write_text("[UNK]\na\n你\n", encoding="utf-8")
    assert run(from_folder.import_folder, folder, target)["notes"] == [
        "Its tokenizer is BERT's: it knows no line breaks, and guesses where spaces were.",
        "It knows no end-of-text token: it writes on until it is stopped.",
    ]
