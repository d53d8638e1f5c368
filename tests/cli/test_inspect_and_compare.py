"""`gpt2-studio inspect` and `gpt2-studio compare`: the window's figures without a window."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

from studio.kernels import library
from studio.kernels.library import kernels
from tests.cli.calling import STARTER, Run, as_json

TEXT = "Once upon a time there was a little fox 🙂 in a tree."


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_a_place_has_the_numbers_that_compare_tells(run: Run, file: str) -> None:
    told = as_json(run, "compare", file, "--other-preset", "Greedy")["stretches"][9]
    seen = as_json(run, "inspect", file, "--token", "9", "--preset", "Greedy", "--top", "5")
    assert seen["here"]["logprob"] == pytest.approx(told["logprob_a"], abs=1e-3)
    assert seen["here"]["rank"] == told["rank_a"]
    assert [row["rank"] for row in seen["top"]] == [1, 2, 3, 4, 5]
    assert seen["top"][0]["sampling_probability"] == 1
    assert {row["removed_by"] for row in seen["top"][1:]} == {"Temperature"}
    assert (seen["n_left"], seen["model"]) == (1, "starter")
    assert seen["stages"][-1]["n_left"] == 1
    assert sum(row["probability"] for row in seen["top"]) + seen["rest"] == pytest.approx(1, abs=1e-5)


def test_a_place_is_named_by_its_character_or_is_the_end(run: Run, file: str) -> None:
    at = TEXT.index("fox")
    seen = as_json(run, "inspect", file, "--at", str(at))
    assert seen["at"] <= at
    assert "fox".startswith(seen["here"]["text"].strip()[:1])
    end = as_json(run, "inspect", file)
    assert (end["here"], end["at"]) == (None, len(TEXT))


def test_words_lens_and_attention_are_told(run: Run, file: str) -> None:
    seen = as_json(run, "inspect", file, "--word", " dragon", "--lens", "--attention", "2")
    assert seen["word"][0]["text"] == " dragon"
    assert seen["word"][0]["logprob"] < 0
    assert seen["lens"][-1]["kl"] == pytest.approx(0, abs=1e-4)
    assert all(math.isclose(sum(head), 1, abs_tol=0.02) for head in seen["attention"])
    code, out, err = run("inspect", file, "--word", " dragon", "--lens", "--attention", "2")
    assert (code, err) == (0, "")
    for heading in ("Likeliest", "Stages", "Lens", "Attention of layer 2"):
        assert heading in out


def test_two_settings_and_two_models_are_compared(run: Run, file: str, tmp_path: Path) -> None:
    settings = as_json(run, "compare", file, "--other-preset", "Greedy")
    assert "".join(s["text"] for s in settings["stretches"]) == TEXT
    assert settings["perplexity_b"] is None  # infinite: JSON has no word for it
    assert settings["impossible_b"] > 0
    assert settings["agreement"] == 1
    other = tmp_path / "other"
    shutil.copytree(STARTER, other)
    config = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps(config | {"layer_norm_epsilon": 0.5}), "utf-8")
    models = as_json(run, "compare", file, "--other", str(other))
    assert (models["model_a"], models["model_b"], models["same_vocabulary"]) == ("starter", "other", True)
    assert models["mean_kl"] > 0
    assert models["perplexity_a"] == pytest.approx(settings["perplexity_a"], rel=1e-3)
    code, out, err = run("compare", file, "--other", str(other), "--top", "3")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 5
    assert out.splitlines()[-1].startswith("A starter: perplexity ")


@pytest.mark.parametrize(
    ("argv", "code", "sentence"),
    [
        (("inspect", "FILE", "--at", "9999"), 2, "--at must be at most 52"),
        (("inspect", "FILE", "--token", "9999"), 2, "--token must be at most "),
        (("inspect", "FILE", "--at", "1", "--token", "1"), 2, "not allowed with argument --at."),
        (("inspect", "FILE", "--attention", "99"), 2, "--attention must be a layer from 1 to "),
        (("inspect", "FILE", "--preset", "Wild"), 2, "There is no preset named 'Wild'"),
        (("inspect", "/nowhere.txt"), 2, "cannot be read (No such file or directory)."),
        (("compare", "FILE"), 1, "Both sides are the same model with the same settings. "),
        (("compare", "FILE", "--other", "/nowhere"), 1, "There is no folder"),
        (("compare", "EMPTY", "--other-preset", "Greedy"), 1, "There is no text to compare. "),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Run, file: str, tmp_path: Path, argv: tuple[str, ...], code: int, sentence: str
) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    names = {"FILE": file, "EMPTY": str(empty)}
    got, out, err = run(*(names.get(word, word) for word in argv))
    assert (got, out) == (code, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_empty_text_has_a_place_at_its_end(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    seen = as_json(run, "inspect", str(empty))
    assert (seen["token"], seen["at"], seen["here"]) == (0, 0, None)
    assert seen["top"]


def test_score_keeps_the_end_of_text_in_front_where_inspect_does_not(run: Run, file: str) -> None:
    scored = as_json(run, "score", file)["tokens"]
    first, later = (as_json(run, "inspect", file, "--token", n)["here"]["logprob"] for n in ("0", "1"))
    assert first == pytest.approx(scored[0]["logprob"], abs=1e-3)
    assert abs(later - scored[1]["logprob"]) > 1e-2
    for command in ("score", "inspect", "compare"):
        assert "end-of-text" in run(command, "--help")[1]


@pytest.mark.skipif(kernels() is None, reason="there are no compiled kernels")
def test_a_precision_can_be_asked_for_and_compared(run: Run, file: str) -> None:
    both = as_json(run, "compare", file, "--precision", "int8", "--other-precision", "int4")
    assert (both["precision_a"], both["precision_b"], both["same_weights"]) == ("int8", "int4", True)
    assert both["mean_kl"] > 0
    code, out, _ = run("compare", file, "--other-precision", "float16", "--top", "1")
    assert code == 0
    assert "A starter (float32)" in out
    assert "B starter (float16)" in out
    assert as_json(run, "inspect", file, "--precision", "int4")["precision"] == "int4"
    assert as_json(run, "score", file, "--precision", "auto")["precision"] == "float16"
    assert as_json(run, "score", file)["precision"] == "float32"
    written = as_json(run, "generate", "--prompt", "Once", "--max-new-tokens", "2", "--precision", "bfloat16")
    assert written["environment"]["dtype"] == "bfloat16"


def test_a_precision_that_cannot_be_had_is_said(run: Run, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "kernels", lambda: None)
    code, out, err = run("score", file, "--precision", "int8", "--json")
    assert code == 0
    assert json.loads(out)["precision"] == "float32"
    assert err == "starter is computed in float32: it cannot be had in int8 here.\n"
