"""`gpt2-studio generate`."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import cli, paths
from studio.cli import running
from studio.core import messages as m
from studio.core.chain import all_parameters, with_values
from studio.core.engine import Engine
from studio.core.parameters import Parameter
from studio.core.presets import DEFAULT_MAX_NEW_TOKENS, Preset, default_preset, save_preset
from studio.core.processors import Temperature, TopK, Xtc
from tests.cli.calling import STARTER, Run, as_json


def test_the_same_seed_writes_the_same_text_and_another_seed_another(run: Run) -> None:
    texts = [run("generate", "--prompt", "Once upon a time", "--seed", seed)[1] for seed in ("5", "5", "6")]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) > 50


def test_json_has_the_promised_fields_and_the_streamed_text(run: Run) -> None:
    flags = ("--prompt", "The dog", "--seed", "9", "--max-new-tokens", "20")
    result = as_json(run, "generate", *flags)
    assert list(result) == [
        *("text", "tokens", "finish_reason", "seed", "model", "seconds", "tokens_per_second"),
        *("model_sha256", "device", "environment"),
    ]
    assert result["text"] == run("generate", *flags)[1]
    assert result["text"] == "".join(token["text"] for token in result["tokens"])
    assert (result["seed"], result["model"]) == (9, "starter")
    assert result["finish_reason"] in {"length", "end_of_text"}
    assert (len(result["model_sha256"]), result["device"]) == (64, "cpu")
    assert "torch" in result["environment"]["libraries"]
    assert result["seconds"] > 0
    assert result["tokens_per_second"] > 0
    for token in result["tokens"]:
        assert list(token) == ["id", "text", "logprob", "rank", "entropy"]
        assert token["logprob"] <= 0
        assert token["rank"] >= 1
        assert token["entropy"] >= 0


def test_the_window_with_the_same_settings_would_write_the_same_tokens(run: Run) -> None:
    result = as_json(run, "generate", "--prompt", "One day", "--seed", "11")
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(STARTER))))
    chain = default_preset(paths.resource("presets")).processors
    request = m.Generate(2, "One day", (), chain, DEFAULT_MAX_NEW_TOKENS, seed=11)
    ids = [t.token_id for x in engine.run(request) if isinstance(x, m.TokensGenerated) for t in x.tokens]
    assert ids == [token["id"] for token in result["tokens"]]


def test_a_seed_is_made_up_said_and_works_again(run: Run) -> None:
    _, out, err = run("generate", "--prompt", "A cat", "--max-new-tokens", "10")
    seed = err.removeprefix("Seed: ").strip()
    assert run("generate", "--prompt", "A cat", "--max-new-tokens", "10", "--seed", seed)[1:] == (out, "")
    result = as_json(run, "generate", "--prompt", "A cat", "--max-new-tokens", "3")
    assert 0 <= result["seed"] < 2**32


def test_every_sampling_parameter_has_a_flag_that_changes_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[m.Generate | m.GenerateAlternatives] = []

    def remember(_: Engine, request: m.Request, cancelled: object = None) -> Iterator[m.Message]:
        if isinstance(request, m.Generate | m.GenerateAlternatives):
            seen.append(request)
        return iter(())

    running.load(STARTER, "auto", lambda: False)
    monkeypatch.setattr(Engine, "run", remember)
    base = default_preset(paths.resource("presets")).processors
    texts = {"json_schema": '{"type": "object"}'}
    for p in all_parameters():
        given = (
            (p.type(p.hi), f"{p.hi:g}") if isinstance(p, Parameter) else (texts.get(p.name, "dragon: 2"),) * 2
        )
        cli.main(["generate", "--prompt", "", f"--{p.name.replace('_', '-')}={given[1]}"])
        assert seen.pop().processors == with_values(base, {p.name: given[0]})


def test_a_chain_has_the_stages_that_are_named_in_that_order(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[m.Generate] = []

    def remember(_: Engine, request: m.Request, cancelled: object = None) -> Iterator[m.Message]:
        if isinstance(request, m.Generate):
            seen.append(request)
        return iter(())

    monkeypatch.setattr(Engine, "run", remember)
    asked = ["generate", "--prompt", "", "--chain", "xtc,temperature,top-k", "--xtc-probability", "0.3"]
    cli.main(asked)
    assert seen.pop().processors == (Xtc(0.3), Temperature(0.8), TopK(50))
    for wrong, reason in (
        (["--chain", "heat"], "'heat'"),
        (["--chain", "top-k", "--min-p", "0.1"], "MinP has a value"),
    ):
        code, _, err = run("generate", "--prompt", "", *wrong)
        assert code != 0
        assert reason in err


def test_presets_are_the_windows_own_ones_included(run: Run, tmp_path: Path) -> None:
    greedy = as_json(run, "generate", "--prompt", "The", "--preset", "greedy", "--max-new-tokens", "5")
    assert [token["rank"] for token in greedy["tokens"]] == [1] * 5
    mine = Preset("Mein Stil", (Temperature(0.0),), max_new_tokens=3)
    save_preset(mine, paths.resource("presets"), tmp_path / "elsewhere" / "presets")
    code, _, err = run("generate", "--prompt", "The", "--preset", "Mein Stil")
    assert code == 2
    assert "only Precise, Balanced, Creative, Storyteller, Greedy." in err
    library = ("--library", str(tmp_path / "elsewhere"))
    for argv in ((*library, "generate"), ("generate", *library)):
        assert cli.main([*argv, "--prompt", "The", "--preset", "Mein Stil", "--seed", "1"]) == 0


def test_stop_strings_end_the_text_and_are_not_printed(run: Run) -> None:
    free = as_json(run, "generate", "--prompt", "Once upon a time", "--seed", "5")["text"]
    stop = free[40:44]
    code, out, _ = run(
        "generate", "--prompt", "Once upon a time", "--seed", "5", "--stop", "@@", "--stop", stop
    )
    assert (code, out) == (0, free[: free.index(stop)])


def test_a_model_is_found_in_the_library_by_its_name(run: Run, tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "library" / "models" / "my own")
    result = as_json(
        run, "generate", "--prompt", "The", "--model", "my own", "--seed", "1", "--max-new-tokens", "4"
    )
    assert result["model"] == "my own"
    starter = as_json(run, "generate", "--prompt", "The", "--seed", "1", "--max-new-tokens", "4")
    assert starter["tokens"] == result["tokens"]
    by_path = as_json(
        run, "generate", "--prompt", "The", "--model", str(STARTER), "--seed", "1", "--max-new-tokens", "4"
    )
    assert by_path["tokens"] == result["tokens"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfThe dog\r\nran\n", b"The dog\nran", b"The dog\rran\r\n"])
@pytest.mark.parametrize("by_stdin", [False, True])
def test_a_prompt_file_is_the_text_in_it(
    content: bytes, by_stdin: bool, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes(content)
    if by_stdin:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    flags = ("--seed", "2", "--max-new-tokens", "8")
    wanted = run("generate", "--prompt", "The dog\nran", *flags)
    assert run("generate", "--prompt-file", "-" if by_stdin else str(file), *flags) == wanted


@pytest.mark.parametrize(
    "flags",
    [
        ("--prompt", ""),
        ("--prompt", "🙂🎉👩‍👩‍👧"),
        ("--prompt", "从前有一个国王"),
        ("--prompt", "كان يا ما كان"),
        ("--prompt", "\udcff lone \ud800 surrogates"),
        ("--prompt", "<|endoftext|>"),
        ("--prompt", "The", "--temperature", "0"),
        ("--prompt", "The", "--top-k", "1"),
        ("--prompt", "The", "--top-p", "0"),
        ("--prompt", "The", "--typical-p", "0", "--min-p", "1"),
        ("--prompt", "The", "--no-repeat-ngram-size", "1", "--max-new-tokens", "300"),
        ("--prompt", "The", "--stop", "The"),
        ("--prompt", "The", "--stop", "\udcff"),
        ("--prompt", "The", "--max-new-tokens", "100000"),
        ("--prompt", "The", "--ignore-end-of-text", "--max-new-tokens", "300", "--frequency-penalty", "-2"),
        ("--prompt", "The", "--device", "cuda"),
    ],
)
def test_odd_but_allowed_input_just_works(flags: tuple[str, ...], run: Run) -> None:
    limit = () if "--max-new-tokens" in flags else ("--max-new-tokens", "12")
    result = as_json(run, "generate", *flags, *limit, "--seed", "4")
    assert result["tokens"] or result["finish_reason"] in {"stop", "end_of_text"}
    result["text"].encode("utf-8")
    for flag, rank in (("--temperature", 1), ("--top-k", 1), ("--top-p", 1)):
        if flag in flags:  # the repetition penalty of the preset may dethrone the favourite
            repeated = as_json(run, "generate", *flags, *limit, "--seed", "77", "--repetition-penalty", "1")
            assert {token["rank"] for token in repeated["tokens"]} == {rank}


def test_a_prompt_of_a_hundred_thousand_tokens_is_cut_and_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("The dog ran. " * 25_000, encoding="utf-8")
    code, out, err = run("generate", "--prompt-file", str(file), "--seed", "1", "--max-new-tokens", "12")
    assert code == 0
    assert out
    assert err.startswith("The model sees the last 500 of the prompt's 100,0")


def test_the_best_of_several_is_the_likeliest_and_its_seed_writes_it_again(run: Run) -> None:
    flags = ("--prompt", "The dog", "--max-new-tokens", "15")
    best = as_json(run, "generate", *flags, "--seed", "9", "--best-of", "3")
    each = [as_json(run, "generate", *flags, "--seed", seed) for seed in ("9", "10", "11")]
    means = [sum(t["logprob"] for t in one["tokens"]) / len(one["tokens"]) for one in each]
    likeliest = each[means.index(max(means))]
    assert (best["text"], best["seed"]) == (likeliest["text"], likeliest["seed"])
    assert best["finish_reason"] == likeliest["finish_reason"]
    assert run("generate", *flags, "--seed", "9", "--best-of", "3")[1] == best["text"]


def test_a_beam_search_prints_the_best_text_whatever_the_seed(run: Run) -> None:
    flags = ("--prompt", "The dog", "--max-new-tokens", "15", "--beams", "4")
    first = as_json(run, "generate", *flags, "--seed", "9")
    assert len(first["tokens"]) == 15
    assert run("generate", *flags, "--seed", "10")[1] == first["text"]
    drawn = as_json(run, "generate", *flags[:-2], "--top-k", "1", "--seed", "9")
    assert sum(t["logprob"] for t in first["tokens"]) > sum(t["logprob"] for t in drawn["tokens"])


def test_a_pattern_is_kept_and_a_mistake_in_it_is_one_sentence(run: Run) -> None:
    flags = ("--prompt", "The dog", "--seed", "1", "--max-new-tokens", "40")
    result = as_json(run, "generate", *flags, "--pattern", r" (ran|sat) \d\d times\.")
    assert result["text"][5:].endswith(" times.")
    assert result["finish_reason"] == "complete"
    code, out, err = run("generate", *flags, "--pattern", "(")
    assert (code != 0, out) == (True, "")
    assert "The pattern cannot be used: unclosed group." in err


def test_drafting_ahead_changes_no_text_and_a_smaller_model_must_have_the_same_tokens(
    run: Run, tmp_path: Path
) -> None:
    flags = ("--prompt", "one two three one two three one", "--seed", "3", "--max-new-tokens", "40")
    plain = as_json(run, "generate", *flags, "--no-drafting")
    drafted = as_json(run, "generate", *flags)
    assert drafted["tokens"] == plain["tokens"]
    assert plain["environment"]["n_guessed"] == 0
    code, out, err = run("generate", *flags, "--draft-model", "starter")
    assert (code, out) == (1, "")
    assert "is not smaller" in err
    code, _, err = run("generate", *flags, "--draft-model", str(tmp_path))
    assert code == 1
    assert "config.json" in err
    code, _, _ = run("generate", *flags, "--draft-model", "starter", "--no-drafting")
    assert code == 2
