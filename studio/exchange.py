"""Sessions to files and files to sessions: what the window asks the library's thread, and its answers. No Qt.

The work is done in exchanging.py, which the first window does not wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from studio.core.errors import Sentence, StudioError
from studio.export.exporter import Options


@dataclass(frozen=True, slots=True)
class ExportSessions:
    """Write sessions to a file; all that are not in the trash, if none is named. Save first.

    Answered by ExchangeProgress several times a second, then Exported, ExchangeCancelled or ExchangeFailed.
    """

    session_ids: tuple[int, ...]
    exporter: str
    path: str
    options: Options
    cancelled: Event = field(default_factory=Event, compare=False)


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """Make sessions of files. Ids count on from these two. Answered by ExchangeProgress, then FilesImported.

    When it is cancelled, the sessions that are whole stay.
    """

    paths: tuple[str, ...]
    next_session_id: int
    next_generation_id: int
    cancelled: Event = field(default_factory=Event, compare=False)


@dataclass(frozen=True, slots=True)
class ExchangeProgress:
    """So many sessions are written, or files read."""

    n_done: int
    n_all: int


@dataclass(frozen=True, slots=True)
class Exported:
    """The file is written. `left_out` says what could not be read in the library."""

    path: str
    n_sessions: int = 1
    left_out: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeCancelled:
    """Nothing was written; a file that was there before is untouched."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file: sessions, and what could not be taken over; or an error."""

    path: str
    titles: tuple[str, ...] = ()
    left_out: tuple[Sentence, ...] = ()
    error: StudioError | None = None


@dataclass(frozen=True, slots=True)
class FilesImported:
    """The sessions are in the library."""

    session_ids: tuple[int, ...]
    next_session_id: int
    next_generation_id: int
    files: tuple[ImportedFile, ...]


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """The file could not be written. Nothing else is affected."""

    error: StudioError


ExchangeRequest = ExportSessions | ImportFiles
ExchangeMessage = ExchangeProgress | Exported | ExchangeCancelled | FilesImported | ExchangeFailed
