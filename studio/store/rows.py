"""Records as rows of their tables and back: cleaned on the way in, verified on the way out."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.history import ROOT, Node, Run
from studio.core.messages import FinishReason
from studio.store import packing
from studio.store.packing import clean
from studio.store.records import GenerationRecord, SessionRecord
from studio.store.trouble import damaged_record

Row = dict[str, int | float | str | bytes | None]

GENERATION_COLUMNS = (
    "session_id",
    "retry_of",
    "position",
    "special_offsets",
    "processors",
    "max_new_tokens",
    "stop",
    "stop_at_end_of_text",
    "seed",
    "model_path",
    "device",
    "created_utc",
    "text",
    "finish_reason",
    "n_tokens",
    "prefill_s",
    "decode_s",
)
"""What the checksum of a generation covers, beside what other tables hold of it. Later columns stay out."""


def pack_session(session: SessionRecord) -> tuple[Row, Row]:
    """The row of `sessions`, without its order and times, and the row of `manuscripts`."""
    scroll = min(max(packing.real(session.scroll) or 0.0, 0.0), 1.0)
    session = replace(
        session,
        title=clean(session.title),
        text=clean(session.text),
        caret=max(session.caret, 0),
        scroll=scroll,
    )
    runs = packing.pack_runs(session.runs)
    line: Row = {
        "title": session.title,
        "preview": packing.preview(session.text),
        "n_characters": len(session.text),
        "revision": session.revision,
    }
    body: Row = {
        "caret": session.caret,
        "head": session.head,
        "scroll": session.scroll,
        "checksum": _session_digest(session, runs),
        "runs": runs,
        "text": session.text,
    }
    return line, body


def read_session(
    connection: sqlite3.Connection, session_id: int, *, verify: bool, with_nodes: bool = True
) -> SessionRecord | None:
    """A session, deleted or not; None if there is none. Raises LibraryError if it was changed by itself."""
    row = connection.execute(
        "SELECT title, text, runs, caret, scroll, revision, head, checksum"
        " FROM manuscripts JOIN sessions ON id = session_id WHERE id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        return None
    session = _unpack_session(session_id, row, verify)
    if with_nodes:
        session = replace(session, nodes=tuple(_read_nodes(connection, session_id, verify)))
    return session


def read_last_session(connection: sqlite3.Connection, *, verify: bool) -> SessionRecord | None:
    """The one that was open last; if it is not on the list any more, the one that was saved last."""
    row = connection.execute(
        "SELECT id FROM sessions WHERE deleted_utc IS NULL AND archived = 0"
        " ORDER BY id = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_viewed') DESC,"
        " saved_order DESC LIMIT 1"
    ).fetchone()
    return None if row is None else read_session(connection, row[0], verify=verify)


def write_last_viewed(connection: sqlite3.Connection, session_id: int) -> None:
    """Remember which session is open, for the next start."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('last_viewed', ?1)"
        " ON CONFLICT (key) DO UPDATE SET value = ?1 WHERE value <> ?1",
        (str(session_id),),
    )


def read_revision(connection: sqlite3.Connection, session_id: int) -> int | None:
    """Which revision of a session is stored, None if there is none of it."""
    row = connection.execute("SELECT revision FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return None if row is None else int(row[0])


def is_unchanged(connection: sqlite3.Connection, session_id: int, line: Row, body: Row) -> bool:
    """Whether a stored session differs from these rows at most in where the caret is."""
    row = connection.execute(
        "SELECT revision, title, head, runs, text FROM sessions JOIN manuscripts ON session_id = id"
        " WHERE id = ? AND revision = ?",
        (session_id, line["revision"]),
    ).fetchone()
    return bool(row == (line["revision"], line["title"], body["head"], body["runs"], body["text"]))


def _unpack_session(session_id: int, row: Sequence[Any], verify: bool) -> SessionRecord:
    *values, head, checksum = row
    if verify and packing.digest(_with_head(values, head)) != checksum:
        raise damaged_record(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The library file has changed on the disk by itself: "
                "the text of this session cannot be trusted.",
            )
        )
    title, text, runs, caret, scroll, revision = values
    return SessionRecord(session_id, title, text, _runs_of(text, runs), caret, scroll, revision, head=head)


def _session_digest(session: SessionRecord, runs: str) -> bytes:
    values = (session.title, session.text, runs, session.caret, session.scroll, session.revision)
    return packing.digest(_with_head(values, session.head))


def _with_head(values: Sequence[Any], head: int) -> Sequence[Any]:
    return values if head == ROOT else (*values, head)


def _pack_node(session_id: int, revision: int, node: Node) -> tuple[int | str, ...]:
    """The row of `nodes`, in the order of its columns."""
    name, packed, created_utc = clean(node.name), clean(node.packed), clean(node.created_utc)
    bookmarked, pruned = int(node.bookmarked), int(node.pruned)
    values = (session_id, node.id, node.parent, node.source, bookmarked, created_utc, name, packed)
    row = (session_id, node.id, node.parent, node.source, revision)
    return *row, created_utc, name, bookmarked, pruned, _node_crc(pruned, *values), packed


def write_nodes(
    connection: sqlite3.Connection, session_id: int, revision: int, nodes: Iterable[Node]
) -> None:
    """Insert nodes, or replace them, unless what is stored is of a later revision."""
    connection.executemany(
        "INSERT INTO nodes (session_id, id, parent, source, revision, created_utc, name, bookmarked, pruned,"
        " checksum, packed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " parent = excluded.parent, source = excluded.source, revision = excluded.revision,"
        " created_utc = excluded.created_utc, name = excluded.name, bookmarked = excluded.bookmarked,"
        " pruned = excluded.pruned, checksum = excluded.checksum, packed = excluded.packed"
        " WHERE excluded.revision >= revision",
        (_pack_node(session_id, revision, node) for node in nodes),
    )


def copy_nodes(connection: sqlite3.Connection, session_id: int, new_id: int) -> None:
    """Give another session the history of this one."""
    (revision,) = connection.execute("SELECT revision FROM sessions WHERE id = ?", (new_id,)).fetchone()
    write_nodes(connection, new_id, revision, tuple(_read_nodes(connection, session_id, verify=True)))


def used(connection: sqlite3.Connection, session_id: int) -> set[int]:
    """The generations that a session's text and history come from."""
    found = set()
    (runs,) = connection.execute(
        "SELECT runs FROM manuscripts WHERE session_id = ?", (session_id,)
    ).fetchone()
    with contextlib.suppress(ValueError, TypeError):
        found |= {source for _, source, _ in json.loads(runs)}
    for source, packed in connection.execute(
        "SELECT source, packed FROM nodes WHERE session_id = ?", (session_id,)
    ):
        found.add(source)
        with contextlib.suppress(ValueError, TypeError):
            step = json.loads(packed)  # see `pack_step`; the first libraries had the list of edits alone
            for _, _, removed, _, inserted in step if isinstance(step, list) else step["edits"]:
                found |= {source for _, source, _ in (*removed, *inserted)}
    return found


def _node_crc(pruned: int, *values: int | str) -> int:
    if pruned:  # what was written before there was a column for it has none
        values = (*values, pruned)
    return zlib.crc32("\0".join(map(str, values)).encode())


def _read_nodes(connection: sqlite3.Connection, session_id: int, verify: bool) -> Iterator[Node]:
    """There may be 50,000: their edits are not looked into."""
    for (
        node_id,
        parent,
        source,
        bookmarked,
        pruned,
        created_utc,
        name,
        packed,
        checksum,
    ) in connection.execute(
        "SELECT id, parent, source, bookmarked, pruned, created_utc, name, packed, checksum FROM nodes"
        " WHERE session_id = ? ORDER BY id",
        (session_id,),
    ):
        if verify and checksum != _node_crc(
            pruned, session_id, node_id, parent, source, bookmarked, created_utc, name, packed
        ):
            raise damaged_record(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "The library file has changed on the disk by itself: "
                    "the history of this session cannot be trusted.",
                )
            )
        yield Node(node_id, parent, packed, source, created_utc, name, bool(bookmarked), bool(pruned))


def _runs_of(text: str, packed: str) -> tuple[Run, ...]:
    """The runs if they cover the text. If not, the text counts for more than where it came from."""
    try:
        runs = packing.unpack_runs(packed)
    except (ValueError, TypeError):
        runs = ()
    return runs if sum(run.length for run in runs) == len(text) else (Run(len(text)),)


def pack_generation(generation: GenerationRecord) -> Row:
    """The row of `generations`, without id, prompt, model, environment and `interrupted`."""
    row: Row = {
        "session_id": generation.session_id,
        "retry_of": generation.retry_of,
        "position": generation.position,
        "special_offsets": json.dumps(generation.special_offsets),
        "processors": clean(generation.processors),
        "max_new_tokens": generation.max_new_tokens,
        "stop": json.dumps([clean(text) for text in generation.stop], ensure_ascii=False),
        "stop_at_end_of_text": int(generation.stop_at_end_of_text),
        "seed": generation.seed,
        "model_path": clean(generation.model_path),
        "device": clean(generation.device),
        "created_utc": clean(generation.created_utc),
        "text": clean(generation.text),
        "finish_reason": None if generation.finish_reason is None else str(generation.finish_reason),
        "n_tokens": generation.n_tokens,
        "prefill_s": packing.real(generation.prefill_s),
        "decode_s": packing.real(generation.decode_s),
    }
    elsewhere = (
        generation.id,
        generation.prompt,
        generation.model_name,
        generation.model_sha256,
        generation.environment,
    )
    row["checksum"] = _digest(elsewhere, row)
    return row


def unpack_generation(row: Mapping[str, Any], *, verify: bool) -> GenerationRecord:
    """`row`: GENERATION_COLUMNS, what the others of `elsewhere` are called, checksum; more is not read."""
    elsewhere = (row["id"], row["prompt"], row["model_name"], row["model_sha256"], row["environment"])
    if verify and _digest(elsewhere, row) != row["checksum"]:
        raise damaged_record(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The library file has changed on the disk by itself: "
                "how this passage came about cannot be trusted.",
            )
        )
    stored = {name: row[name] for name in GENERATION_COLUMNS}
    stored |= {
        "special_offsets": tuple(json.loads(stored["special_offsets"])),
        "stop": tuple(json.loads(stored["stop"])),
        "stop_at_end_of_text": bool(stored["stop_at_end_of_text"]),
        "finish_reason": FinishReason(stored["finish_reason"]) if stored["finish_reason"] else None,
        "prefill_s": packing.not_null(stored["prefill_s"]),
        "decode_s": packing.not_null(stored["decode_s"]),
    }
    stored |= {name: row[name] for name in ("id", "prompt", "model_name", "model_sha256", "environment")}
    return GenerationRecord(**stored)


def _digest(elsewhere: tuple[int, str, str, str, str], row: Mapping[str, Any]) -> bytes:
    generation_id, *texts, environment = elsewhere
    values = (generation_id, *map(clean, texts), *(row[name] for name in GENERATION_COLUMNS))
    return packing.digest((*values, clean(environment)) if environment else values)
