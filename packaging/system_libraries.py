"""The system libraries that Qt needs on Linux: which are missing, and how Debian-like systems install them.

The PySide6 wheels bring Qt itself, but not what lies below it. `tests/test_make.py` compares the table with
what the installed wheels ask for.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable

EXIT_SYSTEM = 4
"""The exit code when the system lacks something that only the user can install."""

# What Qt needs even without a display: file name -> Debian package.
OFFSCREEN = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}

# What a window needs besides.
WINDOW = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def loads(library: str) -> bool:
    """Whether the dynamic linker finds `library`: what Qt itself will go through. 7 ms for all of them."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing(libraries: Iterable[str], found: Callable[[str], bool] = loads) -> list[str]:
    """The libraries that are not there, in order."""
    return sorted(library for library in libraries if not found(library))


def packages_for(libraries: Iterable[str]) -> list[str]:
    """The Debian packages that hold `libraries`, each once, in order."""
    table = {**OFFSCREEN, **WINDOW}
    return sorted({table[library] for library in libraries})


def require_libraries(window: bool) -> None:
    """See to it that Qt can load, on Linux. Installs with apt-get as root; else says how and exits with 4."""
    if sys.platform != "linux":
        return
    absent = missing({**OFFSCREEN, **WINDOW} if window else OFFSCREEN)
    if not absent:
        return
    if shutil.which("apt-get") is None:
        print(f"Qt needs these system libraries, which were not found: {', '.join(absent)}.", file=sys.stderr)
        return  # they may lie where only this system's own Python looks: let Qt try
    require_packages(packages_for(absent), "Qt")


def require_packages(packages: list[str], whose: str) -> None:
    """Install Debian packages as root; else print the one command that does it and exit with 4."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if sys.platform == "win32" or os.geteuid() != 0:
        command = shlex.join(["sudo", *install])
        print(
            f"{whose} needs system packages that are missing. Install them and try again:\n\n  {command}",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_SYSTEM)
    print(f"Installing system packages for {whose}: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, check=False)  # an old list may still do
    if subprocess.run(install, env=environment, check=False).returncode != 0:
        print(f"They could not be installed. As root, try: {shlex.join(install)}", file=sys.stderr)
        raise SystemExit(EXIT_SYSTEM)
