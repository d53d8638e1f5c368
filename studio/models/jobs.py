"""Jobs: work in a child process, because it reads a stranger's file, takes long, or opens a socket.

The child is this program with `--job`. Its first line on stdin is a JSON object, {"job": name, ...}; on
stdout it writes one JSON object a line: {"event": "progress", ...}, then exactly one {"event": "done", ...}
or {"event": "failed", "happened", "to_do", "values"}: the two templates of a StudioError and their values. It
ends when stdin closes, so that no job outlives the window; before that, a line {"control": word} tells it
something. "memory_bytes" and "cpu_s" in the first line limit what the child may take, and "offline" takes the
network away from it, where the system can do that.

Whoever starts one treats what comes out as a stranger's words: it is data, checked, never run.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from studio.core.errors import StudioError
from studio.core.offline import refuse_network

if sys.platform != "win32":
    import resource

JOB_FLAG = "--job"
MAX_LINE_BYTES = 1 << 20

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)

Spec = Mapping[str, Any]
Controls = Callable[[], str | None]  # the next word that was told, None if there is none
Job = Callable[[Spec, Controls], Iterator[dict[str, Any]]]
"""Yields the fields of progress events; the last dict it yields has "event": "done"."""

JOBS: Mapping[str, str] = {
    "import_gguf": "studio.conversion.from_gguf:run",
    "import_folder": "studio.conversion.from_folder:import_folder",
    "import_safetensors": "studio.conversion.from_folder:import_safetensors",
    "import_pickle": "studio.conversion.from_pickle:import_pickle",
    "download": "studio.models.hub.download:download",
    "export_gguf": "studio.conversion.to_gguf:run",
    "export_folder": "studio.conversion.to_folder:run",
    "optimise": "studio.conversion.smaller.optimise:optimise",
}
"""Name -> "module:function" of a Job. Only the child that runs it imports it."""

ONLINE = frozenset({"download"})
"""The jobs that may open a socket, because somebody pressed Download. All others are refused one."""


def main() -> int:
    """Run the job that stdin describes, as the child process."""
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is not an event

    def tell(event: Mapping[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")
        out.flush()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever started this
    words: list[str] = []
    spec: Spec = json.loads(sys.stdin.readline(MAX_LINE_BYTES))
    if spec["job"] in ONLINE:
        # huggingface_hub reads this once, when it is imported: that is still to come in this process.
        os.environ["HF_HUB_OFFLINE"] = "0"
    else:
        refuse_network()
    _limit(spec)
    threading.Thread(target=_listen, args=(words,), daemon=True).start()
    module, function = JOBS[spec["job"]].split(":")
    try:
        job: Job = getattr(importlib.import_module(module), function)
        for event in job(spec, lambda: words.pop(0) if words else None):
            tell({"event": "progress", **event})
    except StudioError as error:
        happened, to_do = error.templates
        tell({"event": "failed", "happened": happened, "to_do": to_do, "values": dict(error.values)})
    return 0


def _limit(spec: Spec) -> None:
    if sys.platform != "win32":
        for what, key in ((resource.RLIMIT_AS, "memory_bytes"), (resource.RLIMIT_CPU, "cpu_s")):
            if (limit := spec.get(key)) is not None:
                resource.setrlimit(what, (int(limit), resource.getrlimit(what)[1]))
    if spec.get("offline"):
        leave_network()


def leave_network() -> bool:
    """Give this process a network of its own that leads nowhere; whether the system lets us.

    Linux only, and before the first thread is started.
    """
    if sys.platform != "linux":
        return False
    code: int = ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
    return code == 0


def _listen(words: list[str]) -> None:
    """Note what is told; end the process when whoever started it is gone."""
    for line in sys.stdin:
        try:
            words.append(str(json.loads(line)["control"]))
        except (ValueError, KeyError, TypeError):
            continue
    os._exit(1)  # the main thread may be deep in a library


def child_environment() -> dict[str, str]:
    """The environment a job runs in: it finds this very `studio`."""
    package_parent = str(Path(__file__).resolve().parents[2])
    search_path = [package_parent, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in search_path if part)}


def failure(event: Mapping[str, Any]) -> StudioError:
    """The error that a "failed" event tells of."""
    values = {str(name): str(value) for name, value in dict(event.get("values", {})).items()}
    return StudioError(str(event["happened"]), str(event["to_do"]), **values)
