"""Finding in the library: an index of words over titles, texts and generations, also those since cut out.

A save does not index: it puts what it changed on the list `stale`, in its own transaction. What is on the
list is indexed before the next search, at closing, and when there is nothing else to do; or looked through
word by word, where nothing may be written. So a search sees all that is committed. The index holds only what
can be made again: if it is damaged, it is made anew.

Documents are numbered: generations by their id, texts and titles by that of the session and a high bit. A
long text is many documents, its pieces, so that none takes long to index: a save can be in between. While
some of them are on the list, so is the text.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from studio.store import words
from studio.store.records import Found, Hit
from studio.store.schema import SEARCH_SQL

TEXT = 1 << 60
TITLE = 1 << 61
PIECE = 1 << 62
PIECE_CHARACTERS = 15_000
_ID = TEXT - 1
_PIECE_BITS = 16
_LOOKED_AT = 2000
"""So many generations are compared with their session's text before a search is content with what it has."""

_CANDIDATES = {
    TITLE: "SELECT id, title FROM sessions WHERE id IN ({ids}) AND deleted_utc IS NULL"
    " ORDER BY saved_order DESC LIMIT ?",
    TEXT: "SELECT session_id, text FROM sessions JOIN manuscripts ON session_id = id WHERE id IN ({ids})"
    " AND deleted_utc IS NULL ORDER BY saved_order DESC LIMIT ?",
}


def mark_session(connection: sqlite3.Connection, session_id: int) -> None:
    """Title and text are to be indexed, from the beginning."""
    connection.execute("INSERT OR IGNORE INTO stale VALUES (?), (?)", (TEXT | session_id, TITLE | session_id))
    connection.execute("DELETE FROM stale WHERE id BETWEEN ? AND ?", _pieces(session_id))


def mark_generation(connection: sqlite3.Connection, generation_id: int) -> None:
    """The text of a generation is to be indexed."""
    connection.execute("INSERT OR IGNORE INTO stale VALUES (?)", (generation_id,))


def forget_session(connection: sqlite3.Connection, session_id: int) -> None:
    """Title and text are not to be found any more."""
    for table, column in (("search", "rowid"), ("stale", "id")):
        for first, last in (
            (TEXT | session_id, TEXT | session_id),
            (TITLE | session_id, TITLE | session_id),
            _pieces(session_id),
        ):
            connection.execute(
                f"DELETE FROM {table} WHERE {column} BETWEEN ? AND ?",
                (first, last),
            )


def index_stale(connection: sqlite3.Connection, limit_s: float, *, pieces: bool = True) -> bool:
    """Index what is on the list, at least one document, for about `limit_s`; whether all of it is done.

    Without `pieces`, what is long is left on the list. To be called in a transaction.
    """
    until = time.monotonic() + limit_s
    for (document,) in connection.execute("SELECT id FROM stale ORDER BY id DESC").fetchall():
        if document >= PIECE and pieces:
            _index_piece(connection, document)
        elif document < PIECE and not (document & TEXT and _is_long(connection, document & _ID)):
            _index(connection, document, words.words(_text_of(connection, document)))
            connection.execute("DELETE FROM stale WHERE id = ?", (document,))
        if time.monotonic() > until:
            break
    (all_done,) = connection.execute("SELECT NOT EXISTS (SELECT * FROM stale)").fetchone()
    return bool(all_done)


def _index(connection: sqlite3.Connection, document: int, found: list[str]) -> None:
    body = " ".join(found)
    if connection.execute("SELECT body FROM search WHERE rowid = ?", (document,)).fetchone() == (body,):
        return
    connection.execute("DELETE FROM search WHERE rowid = ?", (document,))
    if body:
        connection.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (document, body))


def _pieces(session_id: int) -> tuple[int, int]:
    """The first and the last number that a piece of the text can have."""
    first = PIECE | session_id << _PIECE_BITS
    return first, first | (1 << _PIECE_BITS) - 1


def _is_long(connection: sqlite3.Connection, session_id: int) -> bool:
    """Whether a text is indexed in pieces, or was. If so they are on the list now, instead of the whole."""
    numbers = _pieces(session_id)
    if numbers[1] >> 63:
        return False  # no such id was ever given out by us
    if connection.execute("SELECT 1 FROM stale WHERE id BETWEEN ? AND ?", numbers).fetchone():
        return True
    text = _text_of(connection, TEXT | session_id)
    (last,) = connection.execute(
        "SELECT max(rowid) FROM search WHERE rowid BETWEEN ? AND ?", numbers
    ).fetchone()
    n_before = 0 if last is None else last - numbers[0] + 1
    n_now = len(words.cuts(text, PIECE_CHARACTERS)) - 1 if len(text) > PIECE_CHARACTERS else 0
    if not n_before and not n_now:
        return False
    _index(connection, TEXT | session_id, [] if n_now else words.words(text))
    new = ((numbers[0] + k,) for k in range(max(n_now, n_before)))
    connection.executemany("INSERT INTO stale VALUES (?)", new)
    return True


def _index_piece(connection: sqlite3.Connection, document: int) -> None:
    session_id, k = (document - PIECE) >> _PIECE_BITS, document & (1 << _PIECE_BITS) - 1
    text = _text_of(connection, TEXT | session_id)
    places = words.cuts(text, PIECE_CHARACTERS) if len(text) > PIECE_CHARACTERS else [0]
    _index(connection, document, words.words_from(text, *places[k : k + 2]) if k + 1 < len(places) else [])
    connection.execute("DELETE FROM stale WHERE id = ?", (document,))
    if not connection.execute("SELECT 1 FROM stale WHERE id BETWEEN ? AND ?", _pieces(session_id)).fetchone():
        connection.execute("DELETE FROM stale WHERE id = ?", (TEXT | session_id,))


def check(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError if the index does not fit itself; a check of the pages does not see it."""
    connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def make_anew(connection: sqlite3.Connection) -> None:
    """Empty the index and put everything on the list. To be called in a transaction."""
    connection.execute("DROP TABLE search")
    connection.execute(SEARCH_SQL)
    connection.execute("INSERT OR IGNORE INTO stale SELECT id FROM generations")
    for kind in (TEXT, TITLE):
        connection.execute("INSERT OR IGNORE INTO stale SELECT id | ? FROM sessions", (kind,))


def _text_of(connection: sqlite3.Connection, document: int) -> str:
    table, column, key = (
        ("sessions", "title", "id")
        if document & TITLE
        else ("manuscripts", "text", "session_id")
        if document & TEXT
        else ("generations", "text", "id")
    )
    row = connection.execute(
        f"SELECT {column} FROM {table} WHERE {key} = ?",
        (document & _ID,),
    ).fetchone()
    return str(row[0]) if row else ""


def find(connection: sqlite3.Connection, text: str, limit: int) -> Found:
    """Titles first, then texts, both the last saved first; then generations that are no more in the text."""
    query = words.parse(text)
    if not query.phrases or limit < 1:
        return Found(text, ())
    documents = _documents(connection, query)
    hits: list[Hit] = []
    for kind in (TITLE, TEXT):
        found = [document & _ID for document in documents(kind, 2 * kind)]
        if kind == TEXT:
            found += _long_texts(connection, query)
        ids = ",".join(map(str, found))
        for session_id, body in connection.execute(_CANDIDATES[kind].format(ids=ids), (limit - len(hits),)):
            hits.append(_hit(session_id, query, body, "title" if kind == TITLE else "text", None))
    if len(hits) < limit:
        hits += _cut_out(connection, query, documents(0, TEXT), limit - len(hits))
    titles = _titles(connection, {hit.session_id for hit in hits})
    return Found(text, tuple(replace(hit, title=titles[hit.session_id]) for hit in hits))


def _hit(
    session_id: int,
    query: words.Query,
    body: str,
    where: Literal["title", "text", "generation"],
    generation_id: int | None,
) -> Hit:
    """What is told of one document; the title of its session comes later."""
    start, end = words.first(query, body)
    shown, ranges = words.snippet(query, body, start)
    return Hit(session_id, "", shown, ranges, where, generation_id, start, end - start)


def _documents(connection: sqlite3.Connection, query: words.Query) -> Callable[[int, int], Iterable[int]]:
    """What gives the documents of a range of numbers that match, the last first."""
    stale = {document for (document,) in connection.execute("SELECT id FROM stale")}
    waiting = (d for d in stale if d < PIECE)
    unindexed = sorted((d for d in waiting if words.matches(query, _text_of(connection, d))), reverse=True)

    def documents(first: int, end: int) -> Iterator[int]:
        yield from (document for document in unindexed if first <= document < end)
        for (document,) in connection.execute(
            "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC",
            (query.fts5(), first, end),
        ):
            if document not in stale:
                yield document

    return documents


def _long_texts(connection: sqlite3.Connection, query: words.Query) -> Iterable[int]:
    """The sessions whose long text has every phrase in one of its pieces."""
    if not connection.execute("SELECT 1 FROM search WHERE rowid >= ?", (PIECE,)).fetchone():
        return ()
    found: set[int] | None = None
    for phrase in query.fts5_each():
        rowids = connection.execute(
            "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? ORDER BY rowid DESC",
            (phrase, PIECE),
        )
        here = {(rowid - PIECE) >> _PIECE_BITS for (rowid,) in rowids}
        found = here if found is None else found & here
    stale = {document for (document,) in connection.execute("SELECT id FROM stale WHERE id < ?", (TITLE,))}
    return [session_id for session_id in found or () if TEXT | session_id not in stale]


def _cut_out(
    connection: sqlite3.Connection, query: words.Query, documents: Iterable[int], limit: int
) -> Iterator[Hit]:
    """Those of the generations that are not in the text of their session as they are."""
    texts: dict[int, str | None] = {}
    for n, document in enumerate(documents):
        if n >= _LOOKED_AT or not limit:
            return
        row = connection.execute(
            "SELECT session_id, text FROM generations WHERE id = ?", (document,)
        ).fetchone()
        if row is None:
            continue
        session_id, text = row
        if session_id not in texts:
            whole = connection.execute(
                "SELECT text FROM manuscripts JOIN sessions ON id = session_id"
                " WHERE session_id = ? AND deleted_utc IS NULL",
                (session_id,),
            ).fetchone()
            texts[session_id] = whole[0] if whole else None
        within = texts[session_id]
        if within is None or text in within:
            continue
        yield _hit(session_id, query, text, "generation", document)
        limit -= 1


def _titles(connection: sqlite3.Connection, session_ids: Iterable[int]) -> dict[int, str]:
    ids = ",".join(map(str, session_ids))
    rows = connection.execute(f"SELECT id, title, preview, n_characters FROM sessions WHERE id IN ({ids})")
    return {
        session_id: title or (f"{preview}…" if len(preview) == 80 < n_characters else preview)
        for session_id, title, preview, n_characters in rows
    }
