"""A GGUF's header: read as it was written, and refused at once where it lies."""

from __future__ import annotations

import array
import os
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import StudioError
from studio.models.gguf_header import MAX_STRINGS, read_gguf_header

MAGIC = b"GGUF"
U32, I32, F32, BOOL, STRING, ARRAY, U64 = 4, 5, 6, 7, 8, 9, 10


def text(words: str | bytes) -> bytes:
    raw = words.encode() if isinstance(words, str) else words
    return struct.pack("<Q", len(raw)) + raw


def key(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def listed(kind: int, n: int, values: bytes) -> bytes:
    return struct.pack("<IQ", kind, n) + values


def tensor(name: str, dims: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)


def gguf(keys: list[bytes], tensors: list[bytes], data: bytes = b"", version: int = 3) -> bytes:
    head = MAGIC + struct.pack("<IQQ", version, len(tensors), len(keys)) + b"".join(keys + tensors)
    return head + b"\0" * (-len(head) % 32) + data


GOOD = gguf(
    [
        key("general.architecture", STRING, text("gpt2")),
        key("gpt2.block_count", U32, struct.pack("<I", 3)),
        key("x.flag", BOOL, b"\1"),
        key("x.epsilon", F32, struct.pack("<f", 0.5)),
        key("x.words", ARRAY, listed(STRING, 3, text("a") + text("") + text("é😀"))),
        key("x.numbers", ARRAY, listed(I32, 3, struct.pack("<3i", -1, 0, 7))),
        key("x.flags", ARRAY, listed(BOOL, 2, b"\1\0")),
    ],
    [tensor("a.weight", (4, 3)), tensor("b.weight", (64,), 8, 64)],
    bytes(64 + 68),
)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_a_header_is_read_as_it_was_written(tmp_path: Path, version: int) -> None:
    header = read_gguf_header(put(tmp_path, GOOD[:4] + struct.pack("<I", version) + GOOD[8:]))
    assert header.version == version
    assert header.text("general.architecture") == "gpt2"
    assert header.text("gpt2.block_count") == ""
    assert {name: value for name, value in header.metadata.items() if not hasattr(value, "typecode")} == {
        "general.architecture": "gpt2",
        "gpt2.block_count": 3,
        "x.flag": True,
        "x.epsilon": 0.5,
        "x.words": ["a", "", "é😀"],
    }
    assert header.metadata["x.numbers"] == array.array("i", [-1, 0, 7])
    assert header.metadata["x.flags"] == array.array("B", [1, 0])
    first, second = header.tensors.values()
    assert (first.name, first.shape, first.kind, first.n_bytes) == ("a.weight", (3, 4), "F32", 48)
    assert (second.shape, second.kind, second.n_bytes) == ((64,), "Q8_0", 68)
    assert second.begin - first.begin == 64
    assert second.begin + second.n_bytes == len(GOOD)


HUGE = 1 << 63
LIES = {
    "nothing": b"",
    "three bytes": b"GGU",
    "another format": b"\x08\0\0\0\0\0\0\0{}" + bytes(50),
    "only a magic": MAGIC,
    "version 1": GOOD[:4] + struct.pack("<I", 1) + GOOD[8:],
    "big-endian": GOOD[:4] + struct.pack(">I", 3) + GOOD[8:],
    "2^63 keys": MAGIC + struct.pack("<IQQ", 3, 0, HUGE),
    "2^63 tensors": MAGIC + struct.pack("<IQQ", 3, HUGE, 0),
    "the bomb of 49 bytes": MAGIC + struct.pack("<IQQ", 3, 0, 1) + key("a", ARRAY, listed(0, HUGE, b""))[:25],
    "2^63 strings": gguf([key("a", ARRAY, listed(STRING, HUGE, b""))], []),
    "more strings than any model": gguf([key("a", ARRAY, listed(STRING, MAX_STRINGS + 1, b""))], [])
    + bytes(8 * MAX_STRINGS + 99),
    "a string of 2^63": gguf([key("a", STRING, struct.pack("<Q", HUGE))], []),
    "a string beyond the end": gguf([key("a", STRING, struct.pack("<Q", 99))], []),
    "a key of 2^32": MAGIC + struct.pack("<IQQQ", 3, 0, 1, 1 << 32) + bytes(99),
    "arrays in arrays": gguf([key("a", ARRAY, listed(ARRAY, 1, listed(0, 1, b"a")))], []),
    "an unknown kind of value": gguf([key("a", 13, bytes(8))], []),
    "the same key twice": gguf([key("a", BOOL, b"\0")] * 2, []),
    "a key without a name": gguf([key("", BOOL, b"\0")], []),
    "a key that is no text": gguf([text(b"\xff") + struct.pack("<I", BOOL) + b"\0"], []),
    "no dimensions": gguf([], [tensor("a", ())]),
    "five dimensions": gguf([], [tensor("a", (1,) * 5)], bytes(4)),
    "2^32 dimensions": gguf([], [text("a") + struct.pack("<I", (1 << 32) - 1) + bytes(99)]),
    "a dimension of nothing": gguf([], [tensor("a", (4, 0))]),
    "dimensions whose product overflows": gguf([], [tensor("a", (1 << 32, 1 << 32))]),
    "more numbers than the file": gguf([], [tensor("a", (9,))], bytes(32)),
    "an offset beyond the end": gguf([], [tensor("a", (8,), 0, HUGE)], bytes(32)),
    "an offset between the lines": gguf([], [tensor("a", (7,), 0, 4)], bytes(32)),
    "two tensors in one place": gguf([], [tensor("a", (8,)), tensor("b", (8,))], bytes(32)),
    "two tensors of one name": gguf([], [tensor("a", (8,)), tensor("a", (8,), 0, 32)], bytes(64)),
    "an unknown type of numbers": gguf([], [tensor("a", (8,), 99)], bytes(32)),
    "half a block": gguf([], [tensor("a", (48,), 8)], bytes(64)),
    "a name of 65 bytes": gguf([], [tensor("a" * 65, (8,))], bytes(32)),
    "alignment 0": gguf([key("general.alignment", U32, bytes(4))], []),
    "alignment 3": gguf([key("general.alignment", U32, struct.pack("<I", 3))], []),
    "alignment 2^31": gguf([key("general.alignment", U32, struct.pack("<I", 1 << 31))], []),
    "alignment in words": gguf([key("general.alignment", STRING, text("32"))], []),
    "alignment -32": gguf([key("general.alignment", I32, struct.pack("<i", -32))], []),
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies_is_refused_in_one_sentence_at_once(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, LIES[name])
    start = time.process_time()
    with pytest.raises(StudioError) as error:
        read_gguf_header(path)
    assert time.process_time() - start < 0.2
    assert "model.gguf" in error.value.what_happened
    assert "\n" not in str(error.value)


def test_what_is_no_file_is_refused_without_opening_it(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.gguf"):
        with pytest.raises(StudioError):
            read_gguf_header(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")
        with pytest.raises(StudioError):
            read_gguf_header(tmp_path / "pipe.gguf")


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    length=st.integers(0, len(GOOD)),
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, edits: list[tuple[int, int]], length: int) -> None:
    data = bytearray(GOOD)
    for place, byte in edits:
        data[place] = byte
    try:
        header = read_gguf_header(put(tmp_path, bytes(data[:length])))
    except StudioError:
        pass
    else:
        assert all(tensor.begin + tensor.n_bytes <= length for tensor in header.tensors.values())
