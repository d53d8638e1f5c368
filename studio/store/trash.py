"""Emptying the trash: what was in it is not in the files of the library any more, not even as free space.

`PRAGMA secure_delete` (set at opening) fills with zeros what is freed, the index is merged, because deleting
from it only adds to it, and the log is folded in and cut to nothing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from studio.store import passages, rows, search


def in_trash(connection: sqlite3.Connection) -> tuple[int, ...]:
    """The ids of the deleted sessions."""
    found = connection.execute("SELECT id FROM sessions WHERE deleted_utc IS NOT NULL ORDER BY id")
    return tuple(session_id for (session_id,) in found)


def purge(connection: sqlite3.Connection, session_id: int) -> None:
    """Delete a session and all that belongs to it alone. To be called in a transaction."""
    run = connection.execute
    _hand_on(connection, session_id)
    generations = [g for (g,) in run("SELECT id FROM generations WHERE session_id = ?", (session_id,))]
    for table, column in (("tokens", "generation_id"), ("search", "rowid"), ("stale", "id")):
        connection.executemany(
            f"DELETE FROM {table} WHERE {column} = ?",
            ((g,) for g in generations),
        )
    connection.executemany("DELETE FROM meta WHERE key = ?", ((passages.gap_key(g),) for g in generations))
    search.forget_session(connection, session_id)
    prompts = run("SELECT DISTINCT prompt_id FROM generations WHERE session_id = ?", (session_id,)).fetchall()
    run("DELETE FROM generations WHERE session_id = ?", (session_id,))
    connection.executemany(
        "DELETE FROM prompts WHERE id = ?1 AND NOT EXISTS (SELECT * FROM generations WHERE prompt_id = ?1)",
        prompts,
    )
    run("DELETE FROM nodes WHERE session_id = ?", (session_id,))
    run("DELETE FROM manuscripts WHERE session_id = ?", (session_id,))
    run(
        "UPDATE sessions SET copied_from = (SELECT copied_from FROM sessions WHERE id = ?1)"
        " WHERE copied_from = ?1",
        (session_id,),
    )
    run("DELETE FROM sessions WHERE id = ?", (session_id,))


def _hand_on(connection: sqlite3.Connection, session_id: int) -> None:
    """What copies of the session still use of its generations becomes theirs."""
    copies = connection.execute(
        "WITH RECURSIVE copies (id) AS (SELECT id FROM sessions WHERE copied_from = ? UNION"
        " SELECT sessions.id FROM sessions JOIN copies ON copied_from = copies.id) SELECT id FROM copies",
        (session_id,),
    ).fetchall()
    mine = {
        g for (g,) in connection.execute("SELECT id FROM generations WHERE session_id = ?", (session_id,))
    }
    for (copy,) in copies:
        for generation_id in sorted(mine & rows.used(connection, copy)):
            mine.discard(generation_id)
            generation = passages.read_generation(connection, generation_id, verify=False)
            assert generation is not None
            changed = rows.pack_generation(replace(generation, session_id=copy))
            connection.execute(
                "UPDATE generations SET session_id = ?, checksum = ? WHERE id = ?",
                (copy, changed["checksum"], generation_id),
            )


def wipe(connection: sqlite3.Connection) -> None:
    """After `purge`, outside a transaction: nothing of what was deleted is left in the files."""
    run = connection.execute
    run("INSERT INTO search (search) VALUES ('optimize')")
    if run("SELECT value FROM meta WHERE key = 'vacuum_due'").fetchone() == ("1",):
        # An earlier version of the program did not fill what it freed with zeros.
        run("VACUUM")
        run("UPDATE meta SET value = '0' WHERE key = 'vacuum_due'")
    run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def still_in(backups: Iterable[Path], library_id: str, session_ids: Iterable[int]) -> tuple[Path, ...]:
    """The backups of this library that hold any of these sessions."""
    ids = ",".join(map(str, session_ids))
    holding = []
    for path in backups:
        try:
            with contextlib.closing(
                sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            ) as backup:
                same = backup.execute("SELECT value FROM meta WHERE key = 'library_id'").fetchone()
                sql = f"SELECT count(*) FROM sessions WHERE id IN ({ids})"
                if same == (library_id,) and backup.execute(sql).fetchone()[0]:
                    holding.append(path)
        except sqlite3.Error:
            continue  # not a backup that could be read
    return tuple(holding)
