"""How fast this machine's memory is, as it was measured last: a small file beside the settings."""

from __future__ import annotations

import json
import math
from pathlib import Path

_MAX_FILE_BYTES = 10_000
_KEY = "bandwidth_bytes_per_s"


def read_bandwidth(file: Path) -> float:
    """Bytes a second; 0.0 if it is not known. Never raises: it can be measured again."""
    try:
        if file.stat().st_size <= _MAX_FILE_BYTES:
            value = json.loads(file.read_text("utf-8"))[_KEY]
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                return max(0.0, float(value))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return 0.0


def as_json(bandwidth: float) -> str:
    """For the file."""
    return json.dumps({_KEY: round(bandwidth)})
