"""How much memory there is to be had. Without torch: the window asks, too."""

from __future__ import annotations

import os
from pathlib import Path


def available_memory_bytes() -> int | None:
    """Memory a program may still take before the system swaps; None where we cannot ask."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:  # not Linux
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None
