"""What reads a pickle can do nothing else: tried one by one, in a process that is confined."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.conversion import pickle_scan
from studio.core.errors import StudioError
from tests.conversion.checkpoints import write_nanogpt, write_old_folder
from tests.faults.malformed_binaries import Call, in_legacy, in_zip

TRY = """
import ctypes, os, socket, subprocess, sys
from pathlib import Path
from studio.conversion.confined import Confinement
from studio.core.errors import StudioError
staging, outside = map(Path, sys.argv[1:])
(outside / "readable").write_text("x")
confinement = Confinement(staging, outside / "readable")
confinement.check()
(staging / "a").write_text("allowed")
(outside / "readable").read_text()
(staging / "a").rename(staging / "b")
attempts = {
    "system": lambda: os.system("touch canary"),
    "Popen": lambda: subprocess.Popen(["touch", "canary"]),
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/touch", ["touch", "canary"]),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "write": lambda: open(outside / "canary", "w"),
    "write by link": lambda: open(staging / "link", "w"),
    "read": lambda: open("/etc/hostname"),
    "remove": lambda: os.remove(outside / "readable"),
    "move out": lambda: os.rename(staging / "b", outside / "canary"),
    "eval": lambda: eval("1 + 1"),
    "import": lambda: __import__("wave"),
    "library": lambda: ctypes.CDLL("libc.so.6"),
    "low level": lambda: os.open(outside / "canary", os.O_CREAT | os.O_WRONLY),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except StudioError:
        continue
    sys.stdout.write(name + " ")
try:
    confinement.check()
except StudioError as error:
    sys.stdout.write(error.what_happened)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="other system calls")
def test_a_confined_process_writes_its_own_folder_and_nothing_more(tmp_path: Path) -> None:
    staging, outside = tmp_path / "staging", tmp_path / "outside"
    staging.mkdir()
    outside.mkdir()
    (staging / "link").symlink_to(outside / "canary")
    run = subprocess.run(
        [sys.executable, "-c", TRY, str(staging), str(outside)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.startswith("The file tried to do what no model needs to do (os.system"), run.stdout
    assert [path.name for path in outside.iterdir()] == ["readable"]


def test_what_torch_writes_passes_the_look_at_its_opcodes(tmp_path: Path) -> None:
    write_nanogpt(tmp_path / "ckpt.pt")
    assert pickle_scan.scan(tmp_path / "ckpt.pt") is True
    assert pickle_scan.scan(write_old_folder(tmp_path / "old") / "pytorch_model.bin") is False


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("wrap", [in_zip, in_legacy])
def test_a_pickle_that_would_call_something_is_refused_unread(
    tmp_path: Path, wrap: Callable[[bytes], bytes], protocol: int
) -> None:
    evil = {"model": [Call(eval, "1/0")]}
    (tmp_path / "a.pt").write_bytes(wrap(pickle.dumps(evil, protocol)))
    with pytest.raises(StudioError) as caught:
        pickle_scan.scan(tmp_path / "a.pt")
    assert "would run" in caught.value.what_happened
