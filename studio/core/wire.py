"""Messages as bytes, for the pipe between the window and the model process.

JSON rather than pickle: the model process has read a stranger's file, so nothing it sends may run code here.
A dataclass becomes ["Name", field, ...], a tuple ["", item, ...], bytes {"b": latin-1}, an enum {"e": value}.
Tuples of Candidates, twenty a token, of Alternatives, ReadTokens and others like them go by columns,
{"c": [...]} and so on, which is six times as fast. Only the classes of `core/messages.py` and the processors
are ever built. A frame is a 4-byte big-endian length and that many bytes.
"""

from __future__ import annotations

import json
import struct
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import BinaryIO, cast

from studio.core import messages, processors
from studio.core.messages import (
    Alternative,
    Candidate,
    ComparedStretch,
    Message,
    ReadToken,
    Request,
    ReshapedToken,
    StageReport,
)

HEADER = struct.Struct(">I")
MAX_FRAME_BYTES = 1 << 28

_ENUMS: dict[str, StrEnum] = {
    member.value: member for kind in (messages.FinishReason, messages.Quantity) for member in kind
}
"""By value; no two are the same."""

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (*vars(messages).values(), *processors.PROCESSORS)
    if isinstance(cls, type) and is_dataclass(cls)
}


_COLUMNS: dict[str, type] = {
    "c": Candidate,
    "r": ReadToken,
    "s": ReshapedToken,
    "d": ComparedStretch,
    "a": Alternative,
    "x": StageReport,
}
"""Their fields are numbers, words, bytes and tuples of numbers, nothing else."""

_BY_COLUMNS = {cls: key for key, cls in _COLUMNS.items()}


@cache
def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


@cache
def _fields_of(cls: type, kind: str) -> tuple[int, ...]:
    """Which fields are declared as this, or as a tuple of something."""
    return tuple(i for i, field in enumerate(fields(cls)) if str(field.type).partition("[")[0] == kind)


def _pack(value: object) -> object:
    if isinstance(value, tuple):
        if value and (key := _BY_COLUMNS.get(type(value[0]))):
            columns = [[getattr(row, name) for row in value] for name in _field_names(_COLUMNS[key])]
            for at in _fields_of(_COLUMNS[key], "bytes"):
                columns[at] = [raw.decode("latin-1") for raw in columns[at]]
            return {key: columns}
        return ["", *map(_pack, value)]
    if isinstance(value, bytes):
        return {"b": value.decode("latin-1")}
    if isinstance(value, StrEnum):
        return {"e": value.value}
    if is_dataclass(value):
        cls: type = type(value)
        return [cls.__name__, *(_pack(getattr(value, name)) for name in _field_names(cls))]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be sent to the other process")


def _unpack(value: object) -> object:
    if isinstance(value, list):
        name, *items = value
        unpacked = map(_unpack, items)
        return _CLASSES[name](*unpacked) if name else tuple(unpacked)
    if isinstance(value, dict):
        ((key, content),) = value.items()
        if key in _COLUMNS:
            cls = _COLUMNS[key]
            for at in _fields_of(cls, "bytes"):
                content[at] = [raw.encode("latin-1") for raw in content[at]]
            for at in _fields_of(cls, "tuple"):
                content[at] = map(tuple, content[at])
            return tuple(map(cls, *content))
        return content.encode("latin-1") if key == "b" else _ENUMS[content]
    return value


def encode(message: Request | Message) -> bytes:
    """One frame. Raises TypeError for a field that is not of the kinds messages may have."""
    payload = json.dumps(_pack(message), separators=(",", ":")).encode("ascii")
    return HEADER.pack(len(payload)) + payload


def decode(payload: bytes) -> Request | Message:
    """The message of a frame's payload. Raises ValueError, KeyError or TypeError if it is none."""
    message = _unpack(json.loads(payload))
    if not is_dataclass(message):
        raise ValueError("a frame that is not a message")
    return cast("Request | Message", message)


def read_frame(stream: BinaryIO) -> bytes | None:
    """The payload of the next frame, or None at the end of the stream (also in mid-frame)."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {length} bytes")
    payload = stream.read(length)
    return payload if len(payload) == length else None


class FrameBuffer:
    """Cuts a stream that arrives in arbitrary pieces into payloads."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads completed by `data`. Raises ValueError if a frame is absurdly long."""
        self._buffer += data
        payloads = []
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {length} bytes")
            if len(self._buffer) < HEADER.size + length:
                break
            payloads.append(bytes(self._buffer[HEADER.size : HEADER.size + length]))
            del self._buffer[: HEADER.size + length]
        return payloads
