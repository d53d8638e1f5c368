"""Values on their way into and out of the library: clean text, checksums, packed alternatives.

`tokens.alternatives`, little-endian, columns rather than rows so that it stays below 400 bytes per token:

    offset  type            what
    0       u8              layout, 1
    1       u8              flags: 1 = token ids are u32 (else u16), 2 = text lengths are u32 (else u8)
    2       u16             n, the number of candidates
    4       u16 or u32 [n]  token ids
            f32 [n]         logprobs (nats)
            f32 [n]         sampling probabilities
            u8 or u32 [n]   lengths of the texts in bytes
            bytes           the texts one after the other, UTF-8
    -4      u32             CRC-32 of all before it and of the row's other columns (`_row_bytes`)
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import zlib
from collections.abc import Iterable, Sequence

from studio.core.manuscript import Run
from studio.core.messages import Candidate, Token
from studio.store.trouble import damaged_record

_SURROGATES = re.compile("[\ud800-\udfff]")
_LAYOUT = 1
_WIDE_IDS = 1
_WIDE_LENGTHS = 2
_HEAD = struct.Struct("<BBH")
_ROW = struct.Struct("<qqddd")
_CRC = struct.Struct("<I")

TokenRow = tuple[int, bytes, str, float | None, int, float | None, float | None, bytes]
"""token_id, raw, text, logprob, rank, entropy, sampling_prob, alternatives"""


def clean(text: str) -> str:
    """`text` with each lone surrogate as U+FFFD: same length, and SQLite can store it.

    Callers clean what they let in; this is the last defence, so that a save never fails for it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def preview(text: str) -> str:
    """The first 80 characters, white space folded."""
    return " ".join(text.lstrip()[:400].split())[:80]


def digest(values: Iterable[str | int | float | bool | None]) -> bytes:
    """8 bytes that change with any of the values, their types or their order."""
    state = hashlib.blake2b(digest_size=8)
    for value in values:
        data = value.encode() if isinstance(value, str) else repr(value).encode()
        state.update(f"{type(value).__name__}{len(data)}:".encode())
        state.update(data)
    return state.digest()


def pack_runs(runs: Sequence[Run]) -> str:
    """JSON [[length, source, offset], ...]."""
    return json.dumps([[run.length, run.source, run.offset] for run in runs], separators=(",", ":"))


def unpack_runs(packed: str) -> tuple[Run, ...]:
    """The opposite of `pack_runs`."""
    return tuple(Run(length, source, offset) for length, source, offset in json.loads(packed))


def pack_token(token: Token) -> TokenRow:
    """A token as the row of its table, without generation and position."""
    text = clean(token.text)
    body = _pack_candidates(token.candidates)
    values = (token.token_id, token.rank, token.logprob, token.entropy, token.sampling_prob)
    crc = zlib.crc32(body, _row_crc(values, token.raw, text))
    return (
        token.token_id,
        token.raw,
        text,
        _or_null(token.logprob),
        token.rank,
        _or_null(token.entropy),
        _or_null(token.sampling_prob),
        body + _CRC.pack(crc),
    )


def unpack_token(row: TokenRow, *, verify: bool = True) -> Token:
    """The opposite of `pack_token`. Raises LibraryError if the row is not as it was written."""
    token_id, raw, text, logprob, rank, entropy, sampling_prob, packed = row
    floats = (_or_nan(logprob), _or_nan(entropy), _or_nan(sampling_prob))
    body = packed[: -_CRC.size]
    if verify:
        crc = zlib.crc32(body, _row_crc((token_id, rank, *floats), raw, text))
        if packed[-_CRC.size :] != _CRC.pack(crc):
            raise damaged_record("the probabilities of this passage")
    candidates = _unpack_candidates(body)
    return Token(token_id, raw, text, floats[0], floats[2], rank, floats[1], candidates)


def _row_crc(values: tuple[int, int, float, float, float], raw: bytes, text: str) -> int:
    return zlib.crc32(b"\0".join((_ROW.pack(*values), raw, text.encode())))


def _pack_candidates(candidates: Sequence[Candidate]) -> bytes:
    n = len(candidates)
    ids = [candidate.token_id for candidate in candidates]
    texts = [clean(candidate.text).encode() for candidate in candidates]
    lengths = [len(text) for text in texts]
    flags = (_WIDE_IDS if max(ids, default=0) > 0xFFFF else 0) | (
        _WIDE_LENGTHS if max(lengths, default=0) > 0xFF else 0
    )
    floats = [candidate.logprob for candidate in candidates]
    floats += [candidate.sampling_prob for candidate in candidates]
    return b"".join(
        (
            _HEAD.pack(_LAYOUT, flags, n),
            struct.pack(f"<{n}{'I' if flags & _WIDE_IDS else 'H'}", *ids),
            _pack_floats(floats),
            struct.pack(f"<{n}{'I' if flags & _WIDE_LENGTHS else 'B'}", *lengths),
            *texts,
        )
    )


def _unpack_candidates(body: bytes) -> tuple[Candidate, ...]:
    try:
        layout, flags, n = _HEAD.unpack_from(body)
        if layout != _LAYOUT:
            raise damaged_record("the probabilities of this passage")
        columns = struct.Struct(
            f"<{n}{'I' if flags & _WIDE_IDS else 'H'}{2 * n}f{n}{'I' if flags & _WIDE_LENGTHS else 'B'}"
        )
        values = columns.unpack_from(body, _HEAD.size)
        ids, logprobs, probs, lengths = (values[k * n : (k + 1) * n] for k in range(4))
        at = _HEAD.size + columns.size
        candidates = []
        for token_id, logprob, prob, length in zip(ids, logprobs, probs, lengths, strict=True):
            candidates.append(Candidate(token_id, body[at : at + length].decode(), logprob, prob))
            at += length
    except (struct.error, UnicodeDecodeError) as error:
        raise damaged_record("the probabilities of this passage") from error
    return tuple(candidates)


def _pack_floats(values: Sequence[float]) -> bytes:
    layout = f"<{len(values)}f"
    try:
        return struct.pack(layout, *values)
    except OverflowError:  # beyond float32: struct raises where torch and numpy give infinity
        return struct.pack(layout, *(math.copysign(math.inf, v) if abs(v) > 3.4e38 else v for v in values))


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
