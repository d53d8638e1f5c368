"""Floats as JSON numbers that come back exactly, float32 values with no more digits than they need.

One rule for reader and writer: a number of at most nine significant digits is the float32 nearest to it, a
longer one is a float64. So a float64 that is no float32 but has a short name (0.1) is padded with zeros to
ten digits. Any other JSON reader is off by less than half a float32. What is not finite is a string:
"nan", "inf", "-inf".
"""

from __future__ import annotations

import struct
from math import isfinite

_FLOAT32 = struct.Struct("<f")
_pack, _unpack = _FLOAT32.pack, _FLOAT32.unpack


def float32(value: float) -> float | None:
    """The nearest float32; None beyond the largest."""
    try:
        (result,) = _unpack(_pack(value))
    except OverflowError:
        return None
    return float(result)


def written(value: float) -> str:
    """The JSON text of `value`."""
    if not isfinite(value):
        return f'"{value}"'
    if float32(value) == value:
        for digits in (6, 7, 8, 9):
            text = f"{value:.{digits}g}"
            if float32(float(text)) == value:
                break
        return text if "." in text or "e" in text else f"{text}.0"
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return mantissa + "0" * (10 - _digits(mantissa)) + mark + exponent


def read(text: str) -> float:
    """The value of a JSON number with a fraction or an exponent. Raises ValueError if it is too large."""
    value = float(text)
    if len(text) > 9 and _digits(text.partition("e")[0].partition("E")[0]) > 9:
        nearest = value
    else:
        try:
            nearest = _unpack(_pack(value))[0]  # as in `float32`, without the call: there may be millions
        except OverflowError:
            nearest = value
    if not isfinite(nearest):
        raise ValueError("a number is too large")
    return nearest


def _digits(mantissa: str) -> int:
    return len(mantissa.replace(".", "").lstrip("-0"))
