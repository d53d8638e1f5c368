"""The processes that read a stranger's files have no network; only the job that downloads has."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.models import jobs

PLANTED_JOB = """
import socket

def run(spec, controls):
    with socket.create_connection(("127.0.0.1", spec["port"]), 5):
        import huggingface_hub.constants as constants
        yield {"event": "done", "hub_offline": constants.HF_HUB_OFFLINE}
"""

PLANTED_THREAD = """
import os, socket, sys, threading, time

def call_home():
    while not hasattr(sys.modules.get("studio.core.serve"), "main"):
        time.sleep(0.01)
    time.sleep(0.3)
    try:
        socket.create_connection(("127.0.0.1", {port}), 5)
    except Exception as error:
        sys.stderr.write(type(error).__name__)
    else:
        sys.stderr.write("connected")
    sys.stderr.flush()
    os._exit(0)

threading.Thread(target=call_home, daemon=True).start()
"""

START_JOB = """
import sys
from studio import __main__
from studio.models import jobs
jobs.JOBS = {"planted": "planted:run"}
if sys.argv[1] == "online":
    jobs.ONLINE = frozenset({"planted"})
__main__.main(["--job"])
"""

TRY_ALL = """
import socket, sys
from studio.core.offline import OfflineError, refuse_network
refuse_network()
port = int(sys.argv[1])
tried = (
    lambda s: s.connect(("127.0.0.1", port)),
    lambda s: s.connect_ex(("127.0.0.1", port)),
    lambda s: s.bind(("127.0.0.1", 0)),
    lambda s: socket.getaddrinfo("localhost", port),
    lambda s: socket.gethostbyname("localhost"),
    lambda s: socket.create_connection(("localhost", port)),
    lambda s: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    lambda s: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", port)),
    lambda s: socket.socket(socket.AF_INET6).connect(("::1", port)),
)
for attempt in tried:
    try:
        attempt(socket.socket())
    except OfflineError:
        print("refused")
if hasattr(socket, "AF_UNIX"):
    one, other = socket.socketpair()
    one.send(b"the system's own sockets stay")
"""

SOURCES = str(Path(jobs.__file__).parents[2])


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def nobody_came(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def start(*arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
    search = os.pathsep.join([SOURCES, *([str(path)] if path else [])])
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    )


def test_every_way_out_is_refused_but_not_the_systems_own_sockets(listening: socket.socket) -> None:
    out, errors = start("-c", TRY_ALL, str(listening.getsockname()[1])).communicate(timeout=60)
    assert errors == ""
    assert out.split() == ["refused"] * 9
    assert nobody_came(listening)


def test_a_library_that_calls_home_from_the_model_process_does_not_get_there(
    listening: socket.socket, tmp_path: Path
) -> None:
    planted = PLANTED_THREAD.format(port=listening.getsockname()[1])
    (tmp_path / "sitecustomize.py").write_text(planted, encoding="utf-8")
    with start("-m", "studio", "--model-process", path=tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.read() == "OfflineError"
    assert nobody_came(listening)


@pytest.mark.parametrize("kind", ["offline", "online"])
def test_only_a_job_that_may_download_reaches_the_network(
    listening: socket.socket, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "planted.py").write_text(PLANTED_JOB, encoding="utf-8")
    with start("-c", START_JOB, kind, path=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps({"job": "planted", "port": listening.getsockname()[1]}) + "\n")
        process.stdin.flush()  # and not closed, which would end the job
        out, errors = process.stdout.read(), process.stderr.read()
    if kind == "offline":
        assert "OfflineError" in errors
        assert nobody_came(listening)
    else:
        assert json.loads(out)["hub_offline"] is False
        assert not nobody_came(listening)


def test_the_only_job_that_may_is_the_download() -> None:
    assert tuple(jobs.ONLINE) == ("download",)
    assert set(jobs.JOBS) >= jobs.ONLINE
