"""`gpt2-studio models download`: a model from a Hub onto the shelf, resumed after Ctrl+C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.models.shelf import Shelf
from studio.paths import models_dir
from tests.models.fake_hub import COMMIT, REPO, FakeHub, Fault, tiny_model

COMMAND = [sys.executable, "-m", "studio", "models", "download"]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(tiny_model(400_000)) as hub:
        yield hub


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is another thing there")
def test_a_download_stopped_by_ctrl_c_goes_on_where_it_was(hub: FakeHub, own_library: Path) -> None:
    hub.bytes_per_s = 400_000
    command = [*COMMAND, REPO, "--endpoint", hub.endpoint, "--json", "--name", "Mine"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 30
    while hub.sent_bytes < 120_000 and time.monotonic() < until:
        time.sleep(0.01)
    os_killpg(first.pid)
    _, said = first.communicate(timeout=30)
    assert first.returncode == 130
    assert said.splitlines()[-1] == "Stopped; the same command goes on from here."
    assert "licence: mit" in said
    hub.bytes_per_s = 0
    hub.asked.clear()
    second = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    row = json.loads(second.stdout)
    assert row["name"] == "Mine"
    assert row["about"]["source"] == f"hf:{REPO}@{COMMIT}"
    (model,) = Shelf(models_dir(own_library)).models()
    assert (model.folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert not [asked for asked in hub.asked if "/api/" in asked.path]
    assert [asked for asked in hub.asked if "range" in asked.headers]


def os_killpg(pid: int) -> None:
    """Ctrl+C reaches the command and its job alike."""
    if sys.platform != "win32":
        import os

        os.killpg(pid, signal.SIGINT)


def test_what_the_hub_does_not_have_is_one_sentence(hub: FakeHub, tmp_path: Path) -> None:
    hub.refusals.append(Fault("status", 404))
    token = tmp_path / "token"
    token.write_text("hf_secret\n", encoding="utf-8")
    command = [*COMMAND, REPO, "--endpoint", hub.endpoint, "--token-file", str(token)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert hub.asked[0].headers["authorization"] == "Bearer hf_secret"
    assert "hf_secret" not in run.stderr + run.stdout
    assert run.returncode == 1
    assert "has no model “owner/tiny-gpt2”" in run.stderr
    assert "Traceback" not in run.stderr
