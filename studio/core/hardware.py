"""Which device computes, with how many threads, how much memory there is, and what to call all that."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import torch

from studio.core.free_memory import available_memory_bytes as available_memory_bytes

THREADS_VARIABLE = "GPT2_STUDIO_THREADS"
"""The environment variable that says how many threads compute on the CPU, whatever the model."""

_SMALL_MODEL = 20_000_000
_MAX_THREADS = 8

_LIBRARIES = {
    "compiled": ("tiktoken", "torch"),
    "studio": ("tiktoken", "torch"),
    "transformers": ("tokenizers", "torch", "transformers"),
}
"""What a backend's numbers and tokens depend on."""


def pick_device(wish: str) -> torch.device:
    """The device to use; "auto" takes CUDA, then MPS. One that does not work becomes the CPU."""
    candidates = ("cuda", "mps") if wish == "auto" else (wish,)
    for name in candidates:
        if name in {"cuda", "mps"} and _works(name):
            return torch.device(name)
    return torch.device("cpu")


def _works(name: str) -> bool:
    """A GPU can be announced and still be broken, by an old driver for instance: compute something on it."""
    try:
        available = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
        return available and float((torch.ones(2, device=name) * 2).sum()) == 4.0
    except (RuntimeError, AssertionError, NotImplementedError, OSError):
        return False


def choose_threads(n_parameters: int) -> int:
    """CPU threads for a model of that size: one core always stays free for the window (DECISIONS 36).

    Measured on two cores: writing a token reads every weight once and is bound by memory, so the second
    thread brings little (best times with one and two threads: 33 and 36 ms with 124M parameters, 1.37 and
    1.37 with 4M). But two busy threads wait for each other whenever anything else runs: then the medians were
    33 and 168 ms, and 1.8 and 7.1. Reading a prompt would gain up to 1.7 times on an idle machine. Small
    models get one thread everywhere: their products are shorter than the threads' rendezvous.
    """
    wish = os.environ.get(THREADS_VARIABLE, "")
    if wish.isdecimal() and 1 <= int(wish) <= 64:
        return int(wish)
    if n_parameters < _SMALL_MODEL:
        return 1
    return max(1, min(_MAX_THREADS, physical_cores() - 1))


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute alone what is over in a millisecond: work on one row of logits.

    Two threads gain nothing there, and on a busy machine each operation waits until both of them run: with
    50,257 logits choosing a token took 130 ms instead of 8, and keeping them 180 instead of 0.6. The change
    itself takes 0.2 microseconds.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def physical_cores() -> int:
    """Cores this process may use; two hyper-threads are one."""
    usable = getattr(os, "sched_getaffinity", None)  # only Linux has it
    if usable is not None:
        siblings = set()
        for cpu in usable(0):
            path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            try:
                siblings.add(path.read_text("ascii"))
            except OSError:
                siblings.add(str(cpu))
        return len(siblings)
    logical = os.cpu_count() or 1
    # Apple's cores are not hyper-threaded; elsewhere most are
    return logical if sys.platform == "darwin" else max(1, logical // 2)


def give_back_memory() -> None:
    """Return to the system what was freed but kept for later; only glibc keeps so much that it matters."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def is_out_of_memory(error: BaseException) -> bool:
    """Torch's class is only for GPUs; on the CPU its text is all there is, differing between systems."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and (
        "not enough memory" in str(error) or "allocate memory" in str(error)
    )


def libraries(backend: str) -> tuple[tuple[str, str], ...]:
    """Name and version of the libraries a backend computes with; those that cannot be told are left out."""
    found = []
    for name in _LIBRARIES[backend]:
        version = getattr(sys.modules.get(name), "__version__", None)  # torch adds what it was built for
        try:
            found.append((name, str(version or metadata.version(name))))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def system() -> str:
    """The operating system, its version and the kind of processor, as "Linux 6.8.0 x86_64"."""
    return " ".join(part for part in (platform.system(), platform.release(), platform.machine()) if part)


def cpu() -> str:
    """The processor's name and the instructions torch uses of it; these decide how numbers are rounded."""
    name = platform.machine()
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
        name = found[1].strip() if found else name
    except OSError:  # not Linux; these two know without asking another program
        name = os.environ.get("PROCESSOR_IDENTIFIER", name)
    return f"{name} ({torch.backends.cpu.get_cpu_capability()})"


def chunk_tokens(n_parameters: int) -> int:
    """How many tokens may pass `n_parameters` weights between two looks at `cancelled`: 8 to 256.

    At 40 to 80 GFLOP/s, one CPU core's worth, 4 GFLOP take 50 to 100 ms. It depends on nothing that changes
    from run to run, because another split of the same text gives logits that differ in their last bits. With
    124M parameters Stop took 1 to 40 ms while a prompt was read, measured beside other busy programs.
    """
    tokens = 4e9 / (2 * n_parameters)
    return next((size for size in (256, 128, 64, 32, 16) if size <= tokens), 8)
