"""`gpt2-studio bench`: the table, the JSON, stopping it, and a machine without Qt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.cli import bench, bench_table
from studio.core import performance, seeded_model
from tests.cli.calling import ROOT, STARTER, Run


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "READ_BYTES", 1 << 20)
    for name, small in (("n_layer", 1), ("n_embd", 96)):
        monkeypatch.setitem(seeded_model.CONFIG, name, small)


def test_bench_prints_a_row_for_each_quantity_and_a_column_for_each_precision(run: Run) -> None:
    code, out, err = run("bench", "--quick", "--no-window", "--precisions", "float32,int8")
    assert (code, err) == (0, "")
    head, *rows = out.split("\n\n")[1].splitlines()
    assert head.split()[0] == "float32"
    names = [row[: bench_table.NAME_WIDTH].strip() for row in rows]
    assert names[:4] == [
        "memory read by all threads", "writing after 64 tokens", "writing after 504 tokens",
        "reading a prompt of 128 tokens",
    ]  # fmt: skip
    for row in rows:
        assert any(unit in row for unit in ("GB/s", "tokens/s", " ms", " s", " MB", "not known")), row
    assert "%" in rows[1]


def test_bench_says_the_same_in_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "window_gaps", lambda *_: bench_table.Window({"p99_ms": 9.0}))
    code, out, err = run("bench", "--quick", "--json", "--precisions", "float32")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    assert found["model"]["name"] == "starter"
    (precision,) = found["precisions"]
    assert precision["precision"] == "float32"
    assert precision["weight_bytes"] > 10_000_000
    by_quantity = {figure["quantity"]: figure for figure in precision["figures"]}
    assert by_quantity["decode"]["unit"] == "tokens/s"
    assert by_quantity["decode"]["share_of_bandwidth"] > 0
    assert by_quantity["sampling"]["unit"] == "s"
    assert found["window"] == {"p99_ms": 9.0}


def test_an_unknown_precision_is_one_sentence(run: Run) -> None:
    code, out, err = run("bench", "--precisions", "int3")
    assert (code, out) == (2, "")
    assert err.startswith("There is no precision 'int3', only float32, ")


def test_bench_takes_several_precisions_and_no_other_spelling(run: Run) -> None:
    assert run("bench", "--precision", "int8")[0] == 2
    assert run("score", "-", "--precision", "int3")[0] == 2


def test_the_random_model_is_gone_afterwards(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    flags = ("--quick", "--no-window", "--json", "--random-124m", "--precisions", "float32")
    code, out, _ = run("bench", *flags)
    assert code == 0
    assert json.loads(out)["model"]["name"] == "random-124m"
    assert list(tmp_path.iterdir()) == []


def test_the_window_is_measured_in_a_process_of_its_own() -> None:
    window = bench.window_gaps(STARTER, lambda: False)
    assert window.why_not == ""
    assert set(window.figures) == {"n_gaps", "median_ms", "p99_ms", "max_ms", "tokens_per_second"}
    assert 0 < window.figures["median_ms"] <= window.figures["p99_ms"] <= window.figures["max_ms"]


def test_without_qt_bench_says_why_the_window_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "PySide6"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('libEGL.so.1: no such file')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    window = bench.window_gaps(STARTER, lambda: False)
    assert window.why_not == "ImportError: libEGL.so.1: no such file"
    assert bench_table.window_lines(window)[-1].endswith(window.why_not)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_bench_without_leftovers(tmp_path: Path) -> None:
    script = (
        "import sys; from studio.core import performance, seeded_model;"
        "seeded_model.CONFIG.update(n_layer=1, n_embd=96);"
        "measure = performance._Bench._memory;"
        "performance._Bench._memory = lambda s: (sys.stderr.write('.'), sys.stderr.flush(), measure(s))[2];"
        "from studio.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, "bench", "--random-124m"], cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        assert started.stderr is not None
        assert started.stderr.read(1) == b"."
        assert list(tmp_path.iterdir())
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=30)
    assert (started.returncode, out, err.strip(b".")) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []
