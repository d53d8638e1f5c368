"""JSON from anywhere: parsed within limits of depth, values and memory, or refused with one sentence.

Every list and object of a hostile file costs some twenty times its bytes, so they are counted before parsing.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import NoReturn

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.export.reals import read as read_real

MAX_CONTAINERS = 1_000_000
MAX_VALUES = 5_000_000

_TO_DO = QT_TRANSLATE_NOOP("StudioError", "Nothing was imported; export or copy the file again and retry.")


class _RefusedValueError(ValueError):
    """Valid JSON for some, not for us."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedValueError
    return found


def _constant(_name: str) -> NoReturn:
    raise _RefusedValueError  # NaN, Infinity


def parse(data: bytes) -> object:
    """The document. Raises StudioError if it is not JSON, not UTF-8, or too large.

    Keys that come twice, NaN and numbers beyond float64 are refused. Floats are read as `reals` says.
    """
    if data.count(b"[") + data.count(b"{") > MAX_CONTAINERS or data.count(b",") > MAX_VALUES:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This JSON file has too many parts to be read at once."),
            QT_TRANSLATE_NOOP("StudioError", "Export fewer sessions at a time, or without probabilities."),
        )
    try:
        text = data.removeprefix(BOM_UTF8).decode()
        return json.loads(text, object_pairs_hook=_object, parse_float=read_real, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This JSON file is not in UTF-8."), _TO_DO
        ) from error
    except json.JSONDecodeError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "This is not valid JSON, or it has been cut off (line {line}, column {column}).",
            ),
            _TO_DO,
            line=error.lineno,
            column=error.colno,
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "This JSON file holds something that is not allowed: a number without bounds, "
                "a name that comes twice, or parts nested too deeply.",
            ),
            _TO_DO,
        ) from None
