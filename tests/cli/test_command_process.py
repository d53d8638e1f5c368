"""What only a real process of the command line shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import studio
from studio import cli
from studio.core.chain import all_parameters
from tests.cli.calling import ROOT, STARTER, Run, process


def test_help_and_version_answer_at_once_without_torch_or_qt(run: Run) -> None:
    assert run("--version") == (0, f"GPT-2 Studio {studio.__version__}\n", "")
    code, out, err = run("generate", "--help")
    assert (code, err) == (0, "")
    for p in all_parameters():
        assert f"--{p.name.replace('_', '-')} " in out
    heavy = {"torch", "PySide6", "numpy", "sqlite3", "studio.core.engine"}
    assert not heavy & imported_by("['generate', '--help']")
    durations = []
    for _ in range(3):
        start = time.perf_counter()
        assert process("--version").returncode == 0
        durations.append(time.perf_counter() - start)
    assert min(durations) < 1.0  # 0.02 s on an idle machine


def imported_by(arguments: str) -> set[str]:
    """What `gpt2-studio` has imported when it has done what the arguments, a Python list, ask for."""
    script = (
        f"from studio.__main__ import main; main({arguments}); import sys; print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines())


def test_the_version_is_told_before_anything_is_imported() -> None:
    ours = {name for name in imported_by("['--version']") if name.partition(".")[0] == "studio"}
    assert ours == {"studio", "studio.__main__"}
    assert process("--version").stdout.decode().split() == ["GPT-2", "Studio", studio.__version__]


def test_the_programs_own_help_imports_no_command() -> None:
    found = imported_by("['--help']")
    assert {name for name in found if name.startswith("studio.")} == {
        "studio.__main__", "studio.cli", "studio.cli.arguments", "studio.cli.trouble"
    }  # fmt: skip
    assert not found & {"dataclasses", "json", "typing_extensions", "subprocess", "tomllib"}
    help_text = process("--help").stdout.decode()
    for command in cli.COMMANDS:
        assert f"\n    {command} " in help_text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full device")
def test_a_version_that_nobody_takes_is_no_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        done = process("--version", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_output_is_utf8_also_in_the_c_locale(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("“The dog” – 🙂", encoding="utf-8")
    environment = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("score", str(file), "--json", env=environment)
    assert done.returncode == 0
    tokens = json.loads(done.stdout.decode("utf-8"))["tokens"]
    assert "".join(token["text"] for token in tokens) == "“The dog” – 🙂"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")
def test_ctrl_c_keeps_what_was_written() -> None:
    script = (
        "import sys, time; from studio.core import model; from studio.cli import main;"
        "forward = model.GPT2.forward;"
        "model.GPT2.forward = lambda *a: (time.sleep(0.02), forward(*a), sys.stderr.write('.'))[1];"
        "sys.exit(main(sys.argv[1:]))"
    )
    flags = ("--prompt", "Once upon a time", "--seed=1", "--max-new-tokens=400", "--ignore-end-of-text")
    whole = process("generate", *flags).stdout
    for json_flag in ((), ("--json",)):
        with subprocess.Popen(
            [sys.executable, "-c", script, "generate", *flags, *json_flag],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as started:  # fmt: skip
            assert started.stderr is not None
            assert started.stderr.read(10) == b"." * 10
            started.send_signal(signal.SIGINT)
            out, err = started.communicate(timeout=30)
        assert started.returncode == 130
        assert err.strip(b".") == b""
        text = out
        if json_flag:
            assert json.loads(out)["finish_reason"] == "cancelled"
            text = json.loads(out)["text"].encode()
        assert len(text) > 20
        assert whole.startswith(text)
        assert len(text) < len(whole)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")
def test_a_reader_that_leaves_is_no_reason_to_complain() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "studio", "generate", "--prompt", "A", "--max-new-tokens=500", "--seed=1"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.read(1)
        started.stdout.close()
        assert started.stderr.read() == b""
        assert started.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full device")
def test_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = process(
            "score", str(STARTER / "config.json"), stdout=full, stderr=subprocess.PIPE, capture_output=False
        )
    assert done.returncode == 1
    assert done.stderr == b"The output could not be written (No space left on device).\n"
