"""What the command line refuses, and how."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.cli import running
from studio.core import messages as m
from studio.core.engine import Engine
from tests.cli.calling import STARTER, Run


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "The following arguments are required: COMMAND."),
        (("write",), "COMMAND: invalid choice: 'write'"),
        (("generate",), "One of the arguments --prompt --prompt-file is required."),
        (("generate", "--prompt", "x", "--prompt-file", "y"), "not allowed with argument --prompt."),
        (("generate", "--prompt", "x", "--heat", "1"), "Unrecognized arguments: --heat 1."),
        (("generate", "--prompt", "x", "--temp", "1"), "Unrecognized arguments: --temp 1."),
        (("generate", "--prompt", "x", "--temperature"), "--temperature: expected one argument."),
        (("generate", "--prompt", "x", "--temperature", "hot"), "Temperature must be a number, not 'hot'."),
        (("generate", "--prompt", "x", "--temperature", "nan"), "Temperature must be between 0 and 2."),
        (("generate", "--prompt", "x", "--temperature", "-0.1"), "Temperature must be between 0 and 2."),
        (("generate", "--prompt", "x", "--top-p", "1.1"), "Top-p must be between 0 and 1."),
        (("generate", "--prompt", "x", "--top-k", "1.5"), "Top-k must be a whole number, not '1.5'."),
        (("generate", "--prompt", "x", "--top-k", "9" * 5000), "Top-k must be a whole number"),
        (("generate", "--prompt", "x", "--top-k", "9" * 500), "Top-k must be between 0 and 1000."),
        (("generate", "--prompt", "x", "--max-new-tokens", "0"), "--max-new-tokens must be a whole number"),
        (("generate", "--prompt", "x", "--seed", "-1"), "--seed must be a whole number from 0 to 9223"),
        (("generate", "--prompt", "x", "--seed", str(2**63)), "--seed must be a whole number"),
        (("generate", "--prompt", "x", "--seed", "9" * 5000), "--seed must be a whole number"),
        (("generate", "--prompt", "x", "--stop", ""), "A stop text cannot be empty."),
        (("generate", "--prompt", "x", "--preset", "Wild"), "There is no preset named 'Wild'"),
        (("generate", "--prompt", "x", "--preset", "\udcff"), "There is no preset named"),
        (("generate", "--prompt", "x", "--device", "tpu"), "--device: invalid choice: 'tpu'"),
        (("generate", "--prompt", "x", "--model", ""), "--model needs a name or a folder."),
        (("generate", "--prompt", "x", "--model", "x" * 5000), "cannot be read (File name too long)."),
        (
            ("generate", "--prompt", "x", "--model", "~nobody-here/x"),
            "cannot be read (there is no such user).",
        ),
        (("--library", "~nobody-here/x", "doctor"), "The library folder begins with ~"),
        (("generate", "--prompt-file", "/nowhere/\udcff.txt"), "cannot be read (No such file or directory)."),
        (("generate", "--prompt-file", "a\0b"), "cannot be read (not a file name)."),
        (("generate", "--prompt-file", str(STARTER)), "cannot be read (Is a directory)."),
        (("generate", "--prompt-file", str(STARTER / "model.safetensors")), "is not UTF-8 text."),
        (("score",), "The following arguments are required: FILE."),
        (("score", str(STARTER / "model.safetensors")), "is not UTF-8 text."),
        (("score", "x", "--stride", "0"), "--stride must be a whole number of at least 1."),
        (("doctor", "now"), "Unrecognized arguments: now."),
    ],
)
def test_bad_arguments_get_one_sentence_and_exit_code_2(
    argv: tuple[str, ...], sentence: str, run: Run
) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert len(err) < 500


def test_models_that_cannot_be_loaded_say_what_to_do(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    shutil.copy(STARTER / "config.json", pickled)
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04}")
    cut = tmp_path / "cut"
    shutil.copytree(STARTER, cut)
    with (cut / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)
    for folder, words in (
        (tmp_path / "missing", "There is no folder"),
        (empty, "config.json"),
        (pickled, "pickle"),
        (cut, "damaged"),
    ):
        code, out, err = run("generate", "--prompt", "x", "--model", str(folder), "--seed", "1")
        assert (code, out) == (1, "")
        assert words in err
        assert err.count("\n") == 1
        assert err.count(". ") == 1


def test_a_failure_on_the_way_keeps_what_was_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    token = m.Token(1, b"Hello", "Hello", -1.0, 1.0, 1, 1.0, ())

    def break_down(_: Engine, __: m.Request, cancelled: object = None) -> Iterator[m.Message]:
        yield m.TokensGenerated(1, (token,))
        yield m.JobFailed(1, "The numbers {broke}.", "Choose another model.")
        yield m.GenerationFinished(1, m.FinishReason.FAILED, 1, 0.0, 0.0)

    running.load(STARTER, "auto", lambda: False)
    monkeypatch.setattr(Engine, "run", break_down)
    wanted = "The numbers {broke}. Choose another model.\n"
    assert run("generate", "--prompt", "", "--seed", "1") == (1, "Hello", wanted)
    code, out, err = run("generate", "--prompt", "", "--seed", "1", "--json")
    assert (code, err) == (1, wanted)
    assert (json.loads(out)["finish_reason"], json.loads(out)["text"]) == ("failed", "Hello")
