"""Everything of one or more sessions as JSON, to be read again without loss.

    {"archives": [archive, ...], "format": "gpt2-studio", "version": 2}

    archive     created_utc, updated_utc, tags [text, ...], session, generations [generation, ...], tokens
    session     the fields of SessionRecord; runs [[length, source, offset], ...]; nodes [node, ...]
    node        the fields of Node, but instead of `packed` what it holds: `before`, the node id that Undo
                goes to, and `edits` [[position, removed, its runs, inserted, its runs], ...]
    generation  the fields of GenerationRecord; finish_reason is null or a text
    tokens      {generation id: [token, ...]}, in the order of the ids
    token       [token_id, raw bytes in base64, text, logprob, sampling_prob, rank, entropy,
                 [token_id of each candidate], [text ...], [logprob ...], [sampling_prob ...]]

Version 1 has neither `pruned` in a node nor `environment` in a generation.

UTF-8; positions, lengths and offsets count code points; times are UTC, ISO 8601; logprobs are in nats. Keys
are sorted and there is no white space but line ends between the parts: the same content is always the same
bytes. How floats are written is in `reals`. A lone surrogate, which the library does not store either, is
written as U+FFFD.

Of a session, a tree or the library each archive is whole. Of a branch the history is the way to its node, of
a selection there is none; the generations are then those that something of is left.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.history import Node, Run
from studio.core.messages import Token
from studio.export.archive import Archive
from studio.export.characters import utf8
from studio.export.exporter import Exporter, Options, Steps
from studio.export.narrowing import narrowed
from studio.export.reals import written
from studio.store.records import GenerationRecord, SessionRecord

FORMAT = "gpt2-studio"
VERSION = 2

ARCHIVE_KEYS = ("created_utc", "generations", "session", "tags", "tokens", "updated_utc")
SESSION_KEYS = tuple(sorted(field.name for field in fields(SessionRecord)))
NODE_KEYS = tuple(sorted({field.name for field in fields(Node)} - {"packed"} | {"before", "edits"}))
GENERATION_KEYS = tuple(sorted(field.name for field in fields(GenerationRecord)))
SINCE_VERSION_2 = ("environment", "pruned")


def _value(value: object) -> str:
    """JSON of what the records hold: texts, numbers, booleans, None, and tuples of these."""
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, float):
        return written(value)
    if isinstance(value, tuple | list):
        return f"[{','.join(map(_value, value))}]"
    return json.dumps(value)


def _object(values: Iterable[tuple[str, str]], between: str = ",") -> str:
    return "{" + between.join(f'"{name}":{text}' for name, text in values) + "}"


def _rows(rows: Iterable[str]) -> str:
    return "[" + ",".join(f"\n{row}" for row in rows) + "]"


def _runs(runs: Iterable[Run]) -> str:
    return f"[{','.join(f'[{run.length},{run.source},{run.offset}]' for run in runs)}]"


def _node(node: Node) -> str:
    try:
        fresh = replace(node)  # what it unpacks is not kept
        edits, before = fresh.edits, fresh.before
    except ValueError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "A step in the history of this session is damaged."),
            QT_TRANSLATE_NOOP("StudioError", "Export it in another format; the text itself is not touched."),
        ) from error
    packed = ",".join(
        f"[{e.position},{_value(e.removed)},{_runs(e.removed_runs)},"
        f"{_value(e.inserted)},{_runs(e.inserted_runs)}]"
        for e in edits
    )
    special = {"edits": f"[{packed}]", "before": _value(before)}
    return _object((name, special.get(name) or _value(getattr(node, name))) for name in NODE_KEYS)


def _session(session: SessionRecord) -> str:
    special = {"nodes": _rows(map(_node, session.nodes)), "runs": _runs(session.runs)}
    return _object((name, special.get(name) or _value(getattr(session, name))) for name in SESSION_KEYS)


def _generation(generation: GenerationRecord) -> str:
    return _object((name, _value(getattr(generation, name))) for name in GENERATION_KEYS)


def _token(token: Token) -> str:
    raw = b64encode(token.raw).decode()
    among = token.candidates
    numbers = ",".join(map(written, (token.logprob, token.sampling_prob)))
    return (
        f'[{token.token_id},"{raw}",{_value(token.text)},{numbers},{token.rank},{written(token.entropy)},'
        f"[{','.join(str(c.token_id) for c in among)}],[{','.join(_value(c.text) for c in among)}],"
        f"[{','.join(written(c.logprob) for c in among)}],"
        f"[{','.join(written(c.sampling_prob) for c in among)}]]"
    )


def _tokens(generation_id: int, tokens: Sequence[Token]) -> str:
    return f'\n"{generation_id}":{_rows(map(_token, tokens))}'


def _parts(archive: Archive, *, with_tokens: bool) -> Iterator[str]:
    """The archive in parts: with its tokens it may be large."""
    known = (
        ("created_utc", _value(archive.created_utc)),
        ("generations", _rows(map(_generation, archive.generations))),
        ("session", _session(archive.session)),
        ("tags", _value(archive.tags)),
    )
    yield _object(known, ",\n")[:-1] + ',\n"tokens":{'
    for number, generation_id in enumerate(sorted(archive.tokens) if with_tokens else ()):
        yield ("," if number else "") + _tokens(generation_id, archive.tokens[generation_id])
    yield f'}},\n"updated_utc":{_value(archive.updated_utc)}}}'


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    file.write(b'{"archives":[')
    for number, archive in enumerate(narrowed(archives, options)):
        file.write(b",\n" if number else b"\n")
        for part in _parts(archive, with_tokens=options.with_tokens):
            file.write(utf8(part))
            yield
    file.write(f'\n],"format":"{FORMAT}","version":{VERSION}}}\n'.encode())


FULL_JSON = Exporter(
    "json",
    QT_TRANSLATE_NOOP("export", "GPT-2 Studio session (JSON)"),
    QT_TRANSLATE_NOOP(
        "export", "Everything: text, history, settings and probabilities; can be imported again without loss."
    ),
    ".json",
    ("with_tokens",),
    _render,
)
