from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.paths import resource
from tests.benchmarks import decode
from tests.benchmarks.peers.lines import FAR, NEAR, Measured, Verdict, verdicts
from tests.benchmarks.peers.quiet import undisturbed
from tests.benchmarks.peers.running import Contender, our_contenders

LINES = 13
"""Of the issue's ten, with one for each precision where there are several."""


def test_without_peers_every_line_is_there_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "figures.json"
    options = f"--quick --rounds 1 --patience 0 --threads 1 --data {tmp_path} --json {figures}"
    command = [*options.split(), "--precisions", "float32", "--peers"]
    decode.main([*command, "--model", str(resource("models", "starter"))])
    printed = capsys.readouterr().out
    for name in decode.NAMES:
        assert f"not there: {name}: not asked for" in printed
    found = json.loads(figures.read_text("utf-8"))
    assert len(found["lines"]) == LINES
    by_line = {line["line"]: line for line in found["lines"]}
    assert by_line["int8 64 to 320 / best peer"]["met"] is None
    assert "no peer" in by_line["float32 64 to 320 / best peer"]["against"]
    assert by_line["sampled with all numbers / bare greedy, float32"]["value"] > 0
    assert found["rates"][FAR.name]["GPT-2 Studio float32"][0] > 0
    assert found["divergence"] == {"GPT-2 Studio float32": 0.0}


def test_a_line_is_judged_by_the_best_peer_and_the_median_of_the_rounds() -> None:
    ours = our_contenders(["int8"])
    peers = [Contender("OpenVINO", "int8", "slow"), Contender("CTranslate2", "int8", "fast")]
    rates = {ours[0].name: [100, 200, 300], "slow": [10, 10, 10], "fast": [50, 160, 400]}
    found = Measured(rates={NEAR.name: {name: list(values) for name, values in rates.items()}})
    line = verdicts(found, [*ours, *peers], [])[0]
    assert (line.value, line.met, line.against) == (1.25, True, "against fast")  # of 2, 1.25 and 0.75


def test_a_turn_that_gave_no_figure_counts_for_nobody() -> None:
    ours, peer = our_contenders(["int8"]), Contender("OpenVINO", "int8", "peer")
    found = Measured(rates={NEAR.name: {ours[0].name: [100, 300, 100], "peer": [100, None, 50]}})
    assert verdicts(found, [*ours, peer], [])[0].value == 1.5


def test_four_bits_must_be_as_close_to_float32_as_theirs() -> None:
    ours, peer = our_contenders(["int4"]), Contender("llama.cpp", "int4", "llama.cpp Q4_0")
    found = Measured(rates={NEAR.name: {ours[0].name: [200.0], peer.name: [100.0]}})

    def line(own: float) -> Verdict:
        found.divergence = {ours[0].name: own, peer.name: 0.02}
        return next(v for v in verdicts(found, [*ours, peer], []) if v.line.startswith("int4"))

    assert line(0.01).met is True
    assert line(0.03).met is False
    assert "not as close" in str(line(0.03))


def test_what_others_compute_meanwhile_is_noticed() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        _, share = undisturbed(lambda: time.sleep(0.5), os.getpid(), patience_s=0)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert share > 0.3 or sys.platform != "linux"
