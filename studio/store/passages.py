"""Generations and their tokens, read from the library."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from studio.core.messages import Token
from studio.store import packing, rows
from studio.store.records import GenerationRecord


class Pieces:
    """How the tokens of each model read: at most a vocabulary, kept until the library is closed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pieces: dict[int, dict[int, str]] = {}

    def of(self, model_id: int) -> dict[int, str]:
        """Token id -> text."""
        if model_id not in self._pieces:
            found = self._connection.execute(
                "SELECT token_id, text FROM pieces WHERE model_id = ?", (model_id,)
            )
            self._pieces[model_id] = dict(found)
        return self._pieces[model_id]


def ids_of(connection: sqlite3.Connection, session_id: int) -> list[int]:
    """The generations of a session, in order, and if it is a copy those it shares."""
    rows_of = "SELECT id FROM generations WHERE session_id = ?"
    own = {n for (n,) in connection.execute(rows_of, (session_id,))}
    copied = connection.execute("SELECT copied_from FROM sessions WHERE id = ?", (session_id,)).fetchone()
    shared = {n for n in rows.used(connection, session_id) if n > 0} if copied and copied[0] else set()
    return sorted(own | shared)


def read_generation(
    connection: sqlite3.Connection, generation_id: int, *, verify: bool
) -> GenerationRecord | None:
    """How a passage came about; None if it was never saved."""
    cursor = connection.execute(
        "SELECT generations.*, prompts.text AS prompt, models.name AS model_name,"
        " models.sha256 AS model_sha256, coalesce(environments.text, '') AS environment"
        " FROM generations JOIN prompts ON prompts.id = prompt_id JOIN models ON models.id = model_id"
        " LEFT JOIN environments ON environments.id = environment_id WHERE generations.id = ?",
        (generation_id,),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    values = dict(zip((column[0] for column in cursor.description), row, strict=True))
    return rows.unpack_generation(values, verify=verify)


def read_tokens(
    connection: sqlite3.Connection, generation_id: int, pieces: Pieces, *, verify: bool
) -> tuple[Token, ...]:
    """The tokens of a generation from the first on, up to a gap if there is one (see save_generation)."""
    cursor = connection.execute(
        "SELECT position, token_id, raw, text, logprob, rank, entropy, sampling_prob, alternatives"
        " FROM tokens WHERE generation_id = ? ORDER BY position",
        (generation_id,),
    )
    tokens: list[Token] = []
    known: dict[int, str] | None = None
    for row in cursor:
        if row[0] != len(tokens):
            break
        if known is None:
            (model_id,) = connection.execute(
                "SELECT model_id FROM generations WHERE id = ?", (generation_id,)
            ).fetchone()
            known = pieces.of(model_id)
        tokens.append(packing.unpack_token(row[1:], known, verify=verify))
    if verify:
        stored, wanted = _n_rows(connection, generation_id), _n_tokens(connection, generation_id)
        # Fewer than there should be are only what was noted when it was written: pages of the file that
        # have changed places look just like a gap.
        whole = wanted <= stored == len(tokens)
        if not whole and len(tokens) != _noted_gap(connection, generation_id):
            raise packing.untrusted()
    return tuple(tokens)


def write_tokens(
    connection: sqlite3.Connection,
    generation: GenerationRecord,
    first: int,
    tokens: Sequence[Token],
    pieces: Mapping[int, str],
) -> None:
    """Write the tokens from `first` on, and note if those before are not all there. In a transaction."""
    gap = _noted_gap(connection, generation.id)
    before = first if gap is None else min(first, gap)
    if gap is None and first and not _has_token(connection, generation.id, first - 1):
        before = _n_rows(connection, generation.id)
    connection.execute("DELETE FROM tokens WHERE generation_id = ? AND position >= ?", (generation.id, first))
    # One prepared statement rather than insert_all, which asks for the schema each time.
    connection.executemany(
        "INSERT INTO tokens (generation_id, position, token_id, raw, text, logprob, rank, entropy,"
        " sampling_prob, alternatives) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (generation.id, position, *packing.pack_token(token, pieces))
            for position, token in enumerate(tokens, first)
        ),
    )
    n_whole = first + len(tokens) if before == first else before
    if n_whole < generation.n_tokens:
        note = (gap_key(generation.id), str(n_whole))
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", note)
    elif gap is not None:
        connection.execute("DELETE FROM meta WHERE key = ?", (gap_key(generation.id),))


def gap_key(generation_id: int) -> str:
    """Under what `meta` has the number of tokens before the gap in a generation, if it has one."""
    return f"gap-{generation_id}"


def _noted_gap(connection: sqlite3.Connection, generation_id: int) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (gap_key(generation_id),)).fetchone()
    return int(row[0]) if row and row[0].isdecimal() else None


def _has_token(connection: sqlite3.Connection, generation_id: int, position: int) -> bool:
    sql = "SELECT 1 FROM tokens WHERE generation_id = ? AND position = ?"
    return connection.execute(sql, (generation_id, position)).fetchone() is not None


def _n_rows(connection: sqlite3.Connection, generation_id: int) -> int:
    sql = "SELECT count(*) FROM tokens WHERE generation_id = ?"
    return int(connection.execute(sql, (generation_id,)).fetchone()[0])


def _n_tokens(connection: sqlite3.Connection, generation_id: int) -> int:
    row = connection.execute("SELECT n_tokens FROM generations WHERE id = ?", (generation_id,)).fetchone()
    return int(row[0]) if row else 0
