"""Values on their way into and out of the library: clean text, checksums, packed alternatives.

`tokens.alternatives`, little-endian, in columns:

    offset  type            what
    0       u8              layout, 1
    1       u8              flags: 1 = token ids are u32 (else u16), 2 = texts are here (else in `pieces`)
    2       u16             n, the number of candidates
    4       u16 or u32 [n]  token ids
            f32 [n]         logprobs (nats)
            f32 [n]         sampling probabilities
            u32 [n]         lengths of the texts in bytes        (with flag 2 only)
            bytes           the texts one after the other, UTF-8 (with flag 2 only)
    -4      u32             CRC-32 of the row's other columns and of the above, always with the texts

A text would be a third of this, and is always the same for a token of a model, so it is stored once, in the
table `pieces`; and here only if the model's tokenizer has changed under its name since then.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.history import Run
from studio.core.messages import Candidate, Token
from studio.store.trouble import LibraryError, damaged_record

_UNTRUSTED = QT_TRANSLATE_NOOP(
    "StudioError",
    "The library file has changed on the disk by itself: "
    "the probabilities of this passage cannot be trusted.",
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LAYOUT = 1
_WIDE_IDS = 1
_TEXTS_HERE = 2
_HEAD = struct.Struct("<BBH")
_ROW = struct.Struct("<qqddd")
_CRC = struct.Struct("<I")

TokenRow = tuple[int, bytes, str, float | None, int, float | None, float | None, bytes]
"""token_id, raw, text, logprob, rank, entropy, sampling_prob, alternatives"""


def untrusted() -> LibraryError:
    """The tokens of a passage are not as they were written."""
    return damaged_record(_UNTRUSTED)


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


def real(value: float) -> float | None:
    """What a REAL column gives back of `value`: NULL for what is not a number, and no negative zero.

    Checksums are taken of this, or a sound row would seem damaged.
    """
    return None if math.isnan(value) else float(value) + 0.0


def not_null(value: float | None) -> float:
    """The opposite of `real`."""
    return math.nan if value is None else value


def pack_runs(runs: Sequence[Run]) -> str:
    """JSON [[length, source, offset], ...]."""
    return json.dumps([[run.length, run.source, run.offset] for run in runs], separators=(",", ":"))


def unpack_runs(packed: str) -> tuple[Run, ...]:
    """The opposite of `pack_runs`."""
    return tuple(Run(length, source, offset) for length, source, offset in json.loads(packed))


def new_pieces(tokens: Sequence[Token], pieces: Mapping[int, str]) -> dict[int, str]:
    """The candidates' texts that `pieces` (token id -> text) does not hold yet."""
    return {
        candidate.token_id: clean(candidate.text)
        for token in tokens
        for candidate in token.candidates
        if candidate.token_id not in pieces
    }


def pack_token(token: Token, pieces: Mapping[int, str]) -> TokenRow:
    """A token as the row of its table, without generation and position."""
    text = clean(token.text)
    texts = [clean(candidate.text) for candidate in token.candidates]
    texts_here = any(
        pieces.get(candidate.token_id) != text
        for candidate, text in zip(token.candidates, texts, strict=True)
    )
    body = _pack_numbers(token.candidates, texts_here)
    block = _pack_texts(texts)
    logprob, entropy, prob = map(real, (token.logprob, token.entropy, token.sampling_prob))
    values = (token.token_id, token.rank, not_null(logprob), not_null(entropy), not_null(prob))
    crc = _crc(values, token.raw, text, body + block)
    if texts_here:
        body += block
    return token.token_id, token.raw, text, logprob, token.rank, entropy, prob, body + crc


def unpack_token(row: TokenRow, pieces: Mapping[int, str], *, verify: bool = True) -> Token:
    """The opposite of `pack_token`. Raises LibraryError if the row is not as it was written."""
    token_id, raw, text, logprob, rank, entropy, sampling_prob, packed = row
    floats = (not_null(logprob), not_null(entropy), not_null(sampling_prob))
    try:
        numbers, candidates = _unpack_candidates(packed[: -_CRC.size], pieces)
        sound = not verify or packed[-_CRC.size :] == _crc(
            (token_id, rank, *floats), raw, text, numbers + _pack_texts([c.text for c in candidates])
        )
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise untrusted() from error
    if not sound:
        raise untrusted()
    return Token(token_id, raw, text, floats[0], floats[2], rank, floats[1], candidates)


def _crc(values: tuple[int, int, float, float, float], raw: bytes, text: str, candidates: bytes) -> bytes:
    return _CRC.pack(zlib.crc32(b"\0".join((_ROW.pack(*values), raw, text.encode(), candidates))))


def _pack_numbers(candidates: Sequence[Candidate], texts_here: bool) -> bytes:
    n = len(candidates)
    ids = [candidate.token_id for candidate in candidates]
    flags = (_WIDE_IDS if max(ids, default=0) > 0xFFFF else 0) | (_TEXTS_HERE if texts_here else 0)
    floats = [candidate.logprob for candidate in candidates]
    floats += [candidate.sampling_prob for candidate in candidates]
    packed_ids = struct.pack(f"<{n}{'I' if flags & _WIDE_IDS else 'H'}", *ids)
    return _HEAD.pack(_LAYOUT, flags, n) + packed_ids + _pack_floats(floats)


def _pack_texts(texts: Sequence[str]) -> bytes:
    encoded = [text.encode() for text in texts]
    return struct.pack(f"<{len(encoded)}I", *map(len, encoded)) + b"".join(encoded)


def _unpack_candidates(body: bytes, pieces: Mapping[int, str]) -> tuple[bytes, tuple[Candidate, ...]]:
    """The packed numbers alone, and the candidates."""
    _, flags, n = _HEAD.unpack_from(body)
    columns = struct.Struct(f"<{n}{'I' if flags & _WIDE_IDS else 'H'}{2 * n}f")
    values = columns.unpack_from(body, _HEAD.size)
    ids, end = values[:n], _HEAD.size + columns.size
    if flags & _TEXTS_HERE:
        at, texts = end + 4 * n, []
        for length in struct.unpack_from(f"<{n}I", body, end):
            texts.append(body[at : at + length].decode())
            at += length
        if at != len(body):
            raise struct.error("the texts are not as long as they should be")
    else:
        texts = [pieces[token_id] for token_id in ids]
    return body[:end], tuple(map(Candidate, ids, texts, values[n : 2 * n], values[2 * n :]))


def _pack_floats(values: Sequence[float]) -> bytes:
    layout = f"<{len(values)}f"
    try:
        return struct.pack(layout, *values)
    except OverflowError:  # beyond float32: struct raises where torch and numpy give infinity
        return struct.pack(layout, *(math.copysign(math.inf, v) if abs(v) > 3.4e38 else v for v in values))
