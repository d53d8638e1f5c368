"""Compile the kernels: `python -m studio.kernels.build`. Needs a C compiler, and seconds.

`--check` only looks whether they are there; `--into FOLDER` puts them into a packaged app's
resources/kernels.

The library lies in a folder named after its sources, so that another version of the app finds its own. Its
SHA-256 lies beside it: a file cut short by a full disk must never be loaded. The folder appears whole or not
at all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "c"
DIGEST = "sha256"

_FLAGS = (
    "-std=gnu11",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
)
"""Without contraction every processor rounds alike: a product and a sum are one step only where we say so."""

_X86 = {
    "plain": ("-O1", "-mavx2", "-mfma"),  # there only to be compared with
    "avx2": ("-mavx2", "-mfma", "-mf16c"),
    "avx512": ("-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"),
}
_X86["avx512vnni"] = (*_X86["avx512"], "-mavx512vnni")
_LOOPS = (*_X86["avx2"], "-fno-trapping-math")
"""For plain loops on x86, which every processor has that has any kernels."""

_PLAIN_PARTS = ("chains", "choosing", "cutting", "remembering", "rows", "sampling", "weighing")

_TIMEOUT_S = 300


class BuildError(Exception):
    """There is no compiler, or it failed; says which in a sentence."""


def is_x86() -> bool:
    """Whether this Python runs on a 64-bit x86 processor."""
    return platform.machine().lower() in {"x86_64", "amd64"} and sys.maxsize > 2**32


def is_supported() -> bool:
    """Whether there are kernels for this kind of processor at all."""
    return is_x86() or platform.machine().lower() in {"arm64", "aarch64"}


def library_name() -> str:
    """The library's file name on this system."""
    return {"win32": "studio_kernels.dll", "darwin": "libstudio_kernels.dylib"}.get(
        sys.platform, "libstudio_kernels.so"
    )


def key() -> str:
    """Changes with the sources, the flags and the kind of system."""
    digest = hashlib.sha256(repr((_FLAGS, _X86, _LOOPS, sys.platform, platform.machine())).encode())
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folders() -> list[Path]:
    """Where compiled kernels are looked for, the best place first: this environment's, then the user's."""
    import platformdirs

    return [
        Path(sys.prefix) / "studio-kernels",
        Path(platformdirs.user_cache_dir("gpt2-studio", appauthor=False)) / "kernels",
    ]


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds a library and the SHA-256 it was built with."""
    try:
        wanted = (folder / DIGEST).read_text("ascii")
        return hashlib.sha256((folder / library_name()).read_bytes()).hexdigest() == wanted
    except (OSError, UnicodeDecodeError):
        return False


def compilers() -> list[list[str]]:
    """The commands that may compile C here: $CC, the system's, and the one of the ziglang package."""
    names = [shlex.split(os.environ["CC"])] if os.environ.get("CC") else []
    names += [["cc"], ["gcc"], ["clang"]]
    found = [command for command in names if shutil.which(command[0])]
    if importlib.util.find_spec("ziglang") is not None:
        found.append([sys.executable, "-m", "ziglang", "cc"])
    return found


def build(cache: Path, commands: Sequence[Sequence[str]] | None = None) -> Path:
    """Compile into a folder of `cache` unless it is there already; the folder. Raises BuildError, OSError."""
    ready = cache / key()
    if is_whole(ready):
        return ready
    if not is_supported():
        raise BuildError(f"There are no compiled kernels for {platform.machine()} processors.")
    cache.mkdir(parents=True, exist_ok=True)
    failures = []
    for command in compilers() if commands is None else commands:
        with tempfile.TemporaryDirectory(dir=cache, prefix="building-", ignore_cleanup_errors=True) as name:
            try:
                made = _compile(list(command), Path(name))
            except (OSError, subprocess.SubprocessError) as error:
                said = getattr(error, "stderr", "") or str(error)
                failures.append(f"{shlex.join(command)}: {said.strip()[-2000:]}")
                continue
            return _put(made, ready)
    raise BuildError("\n".join(["No C compiler could build the kernels.", *failures]))


def _compile(command: list[str], folder: Path) -> Path:
    """The new folder with the library in it."""
    made = folder / "made"
    made.mkdir()
    flags = [*_FLAGS, *(() if sys.platform == "win32" else ("-fPIC",))]
    processors: dict[str, tuple[str, ...]] = _X86 if is_x86() else {"plain": ()}
    jobs: list[tuple[Path, str, tuple[str, ...]]] = [
        (SOURCES / f"{part}.c", part, ()) for part in ("pool", "step", "packing", "library")
    ]
    jobs += [
        (SOURCES / "processor.c", kind, (*more, f'-DLANES_FILE="lanes_{kind.removesuffix("vnni")}.h"'))
        for kind, more in processors.items()
    ]
    jobs += [(SOURCES / f"{part}.c", part, _LOOPS if is_x86() else _LOOPS[-1:]) for part in _PLAIN_PARTS]

    def compile_one(job: tuple[Path, str, tuple[str, ...]]) -> str:
        source, name, more = job
        target = str(folder / f"{name}.o")
        _run([*command, *flags, *more, "-c", str(source), "-o", target])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, jobs))
    system = [] if sys.platform in {"win32", "darwin"} else ["-lm", "-lpthread"]
    _run([*command, "-shared", "-s", "-o", str(made / library_name()), *objects, *system])
    digest = hashlib.sha256((made / library_name()).read_bytes()).hexdigest()
    (made / DIGEST).write_text(digest, "ascii")
    return made


def _run(command: list[str]) -> None:
    subprocess.run(  # noqa: S603 (a compiler of this computer, and our own sources)
        command, check=True, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S
    )


def _put(made: Path, ready: Path) -> Path:
    """Rename into place. If another run was quicker, its folder stays; a damaged one goes aside first."""
    for _ in range(2):
        try:
            made.rename(ready)
        except OSError:
            if is_whole(ready):
                return ready
            ready.rename(made.parent / f"damaged-{os.getpid()}")
        else:
            return ready
    raise BuildError(f"The kernels could not be put into {ready}.")


def main(arguments: list[str]) -> int:
    """Build into the first place that can be written to; for the arguments see above."""
    if arguments == ["--check"]:
        return 0 if any(is_whole(cache / key()) for cache in cache_folders()) else 1
    problem = "There is no place to build in."
    for cache in cache_folders():
        try:
            folder = build(cache)
            if arguments[:1] == ["--into"]:
                folder = Path(shutil.copytree(folder, arguments[1], dirs_exist_ok=True))
        except OSError as error:
            problem = str(error)
        except BuildError as error:
            problem = str(error)
            break
        else:
            sys.stdout.write(f"{folder / library_name()}\n")
            return 0
    sys.stderr.write(f"The kernels were not compiled; GPT-2 will compute with torch. {problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
