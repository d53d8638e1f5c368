"""One session with all that belongs to it, and the pieces of its text that can be exported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.history import ROOT, Run
from studio.core.manuscript import Manuscript
from studio.core.messages import Token
from studio.store.records import GenerationRecord, SessionRecord


@dataclass(frozen=True)
class Archive:
    """Everything of one session. `tokens` is by generation id; a generation may have none."""

    session: SessionRecord  # with all its nodes, and head
    created_utc: str = ""
    updated_utc: str = ""
    tags: tuple[str, ...] = ()
    generations: tuple[GenerationRecord, ...] = ()
    tokens: Mapping[int, tuple[Token, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title, or the first words."""
        return self.session.title or " ".join(self.session.text.lstrip()[:400].split())[:60]


class Scope(StrEnum):
    """How much is exported."""

    SESSION = "session"  # the text as it stands
    SELECTION = "selection"  # characters start..end of it
    BRANCH = "branch"  # the text at one node
    TREE = "tree"  # the text at every leaf
    LIBRARY = "library"  # the text of every session


@dataclass(frozen=True, slots=True)
class Piece:
    """A text with the runs that cover it, and the archive that its generations are in."""

    text: str
    runs: tuple[Run, ...]
    title: str
    archive: Archive


def whole(archive: Archive) -> Piece:
    """The text as it stands."""
    session = archive.session
    return Piece(session.text, session.runs or (Run(len(session.text)),), archive.title, archive)


def selection(archive: Archive, start: int, end: int) -> Piece:
    """Characters start..end (code points; what lies outside the text is left away)."""
    piece = whole(archive)
    start = min(max(start, 0), len(piece.text))
    end = min(max(end, start), len(piece.text))
    return Piece(piece.text[start:end], cut(piece.runs, start, end), piece.title, archive)


def branch(archive: Archive, node_id: int) -> Piece:
    """The text at a node. Raises StudioError if the session has no such node, or its steps are damaged."""
    manuscript = _manuscript(archive)
    _walk(manuscript, node_id)
    return Piece(manuscript.text, manuscript.runs, archive.title, archive)


def tree(archive: Archive) -> Iterator[Piece]:
    """The text at every leaf that is not pruned, oldest first, one at a time; without nodes, the text."""
    manuscript = _manuscript(archive)
    history = manuscript.history
    hidden = history.hidden()
    leaves = [n for n in sorted(history.nodes) if n not in hidden and history.next_child(n) is None] or [ROOT]
    for number, leaf in enumerate(leaves, 1):
        _walk(manuscript, leaf)
        name = history.nodes[leaf].name if leaf != ROOT else ""
        suffix = name or (str(number) if len(leaves) > 1 else "")
        title = f"{archive.title} – {suffix}" if suffix else archive.title
        yield Piece(manuscript.text, manuscript.runs, title, archive)


def pieces(
    archives: Iterable[Archive], scope: Scope, *, start: int = 0, end: int = 0, node_id: int = ROOT
) -> Iterator[Piece]:
    """The pieces of each archive that `scope` asks for, one at a time."""
    for archive in archives:
        match scope:
            case Scope.SELECTION:
                yield selection(archive, start, end)
            case Scope.BRANCH:
                yield branch(archive, node_id)
            case Scope.TREE:
                yield from tree(archive)
            case Scope.SESSION | Scope.LIBRARY:
                yield whole(archive)


def cut(runs: Iterable[Run], start: int, end: int) -> tuple[Run, ...]:
    """The parts of `runs` that cover characters start..end."""
    parts, at = [], 0
    for run in runs:
        first, last = max(start - at, 0), min(end - at, run.length)
        if last > first:
            parts.append(Run(last - first, run.source, run.offset + first if run.source > 0 else 0))
        at += run.length
    return tuple(parts)


def _manuscript(archive: Archive) -> Manuscript:
    session = archive.session
    return Manuscript(session.text, session.runs, session.nodes, session.head)


def _walk(manuscript: Manuscript, node_id: int) -> None:
    try:
        manuscript.go_to(node_id)
    except (KeyError, ValueError) as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This branch of the session cannot be read."),
            QT_TRANSLATE_NOOP("StudioError", "Export the session as it stands; nothing has been changed."),
        ) from error
