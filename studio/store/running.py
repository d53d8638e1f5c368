"""The mark that a library is in use, so that an exit without closing it is noticed; and closing it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from studio.store.opening import Opened
from studio.store.records import CutOff


def begin(opened: Opened) -> None:
    """The first write: from here on an exit without `close` is noticed, even if the log is taken away."""
    run = opened.connection.execute
    opened.running = True
    run("BEGIN IMMEDIATE")
    try:
        run("UPDATE generations SET interrupted = 1 WHERE finish_reason IS NULL AND interrupted = 0")
        run("UPDATE meta SET value = '1' WHERE key = 'running'")
        if opened.checked:
            run("UPDATE meta SET value = ? WHERE key = 'last_check'", (str(int(time.time())),))
        run("COMMIT")
    except BaseException:
        opened.connection.rollback()
        raise
    # Into the file itself: a mark that only the log held would vanish with the log.
    run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def cut_off(connection: sqlite3.Connection) -> CutOff | None:
    """What was being written, to be asked before `begin`: an unfinished generation, else the last save."""
    found = connection.execute(
        "SELECT s.title, s.preview, s.updated_utc, coalesce(g.text, '') FROM sessions AS s"
        " LEFT JOIN generations AS g ON g.session_id = s.id AND g.finish_reason IS NULL AND g.interrupted = 0"
        " WHERE s.deleted_utc IS NULL ORDER BY g.id IS NULL, g.id DESC, s.saved_order DESC LIMIT 1"
    ).fetchone()
    return CutOff(found[0] or found[1], found[2], found[3]) if found else None


def identity(path: Path) -> tuple[int, int] | None:
    """Which file this is, whatever its name; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def finish(opened: Opened, file: tuple[int, int] | None) -> None:
    """Close. Take the mark of `begin` back, if the file is still the one that carries it."""
    try:
        if opened.running and identity(opened.path) == file:
            opened.connection.rollback()
            opened.connection.execute("UPDATE meta SET value = '0' WHERE key = 'running'")
    except sqlite3.Error:
        pass  # say, a full disk: nothing is lost, the next start looks more closely
    finally:
        opened.connection.close()
        if opened.copy is not None:
            opened.copy.cleanup()
