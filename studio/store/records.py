"""What goes into the library and what comes out: frozen dataclasses, without SQLite.

Requests go to the `Librarian`, answers come back, as with the engine. Ids of sessions and generations are
given by the caller (the window), counting on from `LibraryOpened`: the library has exactly one writer, so it
never needs to ask back. Times are UTC, ISO 8601 with seconds; order is by id, never by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from studio.core.history import ROOT, Node, Run
from studio.core.messages import FinishReason, Token
from studio.store.keeping_records import ArchiveSession as ArchiveSession
from studio.store.keeping_records import BackupCopied as BackupCopied
from studio.store.keeping_records import BackupInfo as BackupInfo
from studio.store.keeping_records import BackupMade as BackupMade
from studio.store.keeping_records import BackupNow as BackupNow
from studio.store.keeping_records import BackupProgress as BackupProgress
from studio.store.keeping_records import Backups as Backups
from studio.store.keeping_records import CheckBackup as CheckBackup
from studio.store.keeping_records import CopyBackup as CopyBackup
from studio.store.keeping_records import CutOff as CutOff
from studio.store.keeping_records import DuplicateSession as DuplicateSession
from studio.store.keeping_records import EmptyTrash as EmptyTrash
from studio.store.keeping_records import Found as Found
from studio.store.keeping_records import Hit as Hit
from studio.store.keeping_records import KeepingProgress as KeepingProgress
from studio.store.keeping_records import LibraryRestored as LibraryRestored
from studio.store.keeping_records import LibrarySalvaged as LibrarySalvaged
from studio.store.keeping_records import ListBackups as ListBackups
from studio.store.keeping_records import ListSessions as ListSessions
from studio.store.keeping_records import Order as Order
from studio.store.keeping_records import PinSession as PinSession
from studio.store.keeping_records import Rescue as Rescue
from studio.store.keeping_records import Rescued as Rescued
from studio.store.keeping_records import RestoreBackup as RestoreBackup
from studio.store.keeping_records import Salvage as Salvage
from studio.store.keeping_records import SearchLibrary as SearchLibrary
from studio.store.keeping_records import TagSession as TagSession
from studio.store.keeping_records import TrashEmptied as TrashEmptied
from studio.store.keeping_records import View as View
from studio.store.model_records import ListModelUses as ListModelUses
from studio.store.model_records import ListSessionModels as ListSessionModels
from studio.store.model_records import ModelsUsed as ModelsUsed
from studio.store.model_records import ModelUse as ModelUse
from studio.store.model_records import SessionModels as SessionModels


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One line of the session list."""

    id: int
    title: str  # empty: the window shows the first words instead
    preview: str  # the first 80 characters of the text, white space folded
    created_utc: str
    updated_utc: str
    n_characters: int
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    deleted_utc: str = ""  # when it was put in the trash; empty: it is not there


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as the editor needs it."""

    id: int
    title: str
    text: str
    runs: tuple[Run, ...]
    caret: int  # code points
    scroll: float  # 0..1 of the scroll range
    revision: int
    nodes: tuple[Node, ...] = ()  # when opened: all; when saved: those that are new or have changed
    head: int = ROOT  # the node that `text` is at


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """Everything needed to say how a passage came about, and to do it again."""

    id: int
    session_id: int
    retry_of: int | None  # the generation this one replaced in the text; that one stays in the library
    position: int  # code point of the session's text where it was inserted
    prompt: str  # as sent to the model
    special_offsets: tuple[int, ...]
    processors: str  # JSON: [["Temperature", {"temperature": 0.8}], ...] in order
    max_new_tokens: int
    stop: tuple[str, ...]
    stop_at_end_of_text: bool
    seed: int
    model_name: str
    model_sha256: str
    model_path: str
    device: str
    created_utc: str
    text: str = ""
    finish_reason: FinishReason | None = None  # None: partial (still running, or the app was killed)
    n_tokens: int = 0
    prefill_s: float = 0.0
    decode_s: float = 0.0
    environment: str = ""  # JSON of core/environment.py; empty: not recorded


class Damage(StrEnum):
    """Why a library cannot simply be opened."""

    DAMAGED = "damaged"  # not SQLite, cut off, a page broken, empty
    LOG_MISSING = "log_missing"  # cut off, and the write-ahead log is gone: open it with accept_loss
    NEWER = "newer"  # written by a later version of this program
    READ_ONLY = "read_only"  # the file, its folder or its disk cannot be written
    LOCKED = "locked"  # another program has it open
    FULL = "full"  # no space left on the disk
    FAILED = "failed"  # the disk reports an error


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenLibrary:
    """Open (or create) the library in `folder`. Answered by LibraryOpened or LibraryFailed.

    `read_only` opens what can be read of a library that cannot be opened for writing, and changes nothing.
    `accept_loss` opens a library whose write-ahead log was taken away, without what only that log held.
    """

    folder: str
    read_only: bool = False
    accept_loss: bool = False


@dataclass(frozen=True, slots=True)
class StartFresh:
    """Set a damaged library aside (renamed, nothing deleted) and open a new one in `folder`.

    Answered by LibraryOpened, whose `set_aside` is the new path of the old one; or by LibraryFailed.
    """

    folder: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Answered by SessionOpened, or RequestFailed."""

    session_id: int


@dataclass(frozen=True, slots=True)
class SaveSession:
    """Write a session's text as it is at `revision`; creates the session if there is none of that id.

    Answered by Saved, after COMMIT.
    """

    session: SessionRecord


@dataclass(frozen=True, slots=True)
class RenameSession:
    """Answered by SessionsListed."""

    session_id: int
    title: str


@dataclass(frozen=True, slots=True)
class DeleteSession:
    """Put the session aside (it stays in the library, marked deleted). Answered by SessionsListed."""

    session_id: int


@dataclass(frozen=True, slots=True)
class RestoreSession:
    """Take a deleted session back. Answered by SessionsListed."""

    session_id: int


@dataclass(frozen=True, slots=True)
class SaveGeneration:
    """Write what is new of a generation, and the session's text with it, in one transaction.

    `generation` is its state now (inserted the first time, updated later), `tokens` are those after the first
    `first_token` ones. Answered by Saved, after COMMIT.
    """

    generation: GenerationRecord
    first_token: int
    tokens: tuple[Token, ...]
    session: SessionRecord


@dataclass(frozen=True, slots=True)
class LoadTokens:
    """The tokens of a generation, to show their probabilities. Answered by TokensLoaded."""

    generation_id: int


@dataclass(frozen=True, slots=True)
class LoadGeneration:
    """How a passage came about. Answered by GenerationLoaded."""

    generation_id: int


@dataclass(frozen=True, slots=True)
class CloseLibrary:
    """Finish what is queued, fold the write-ahead log in, close. Answered by LibraryClosed."""


LibraryRequest = (
    OpenLibrary
    | StartFresh
    | OpenSession
    | SaveSession
    | RenameSession
    | DeleteSession
    | RestoreSession
    | PinSession
    | ArchiveSession
    | TagSession
    | DuplicateSession
    | ListSessions
    | EmptyTrash
    | SearchLibrary
    | BackupNow
    | ListBackups
    | CheckBackup
    | RestoreBackup
    | Salvage
    | Rescue
    | CopyBackup
    | SaveGeneration
    | LoadTokens
    | LoadGeneration
    | ListModelUses
    | ListSessionModels
    | CloseLibrary
)


# -- answers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LibraryOpened:
    """The library is open. `last_session` is the one that was open last, None in a new library."""

    folder: str
    read_only: bool
    sessions: tuple[SessionSummary, ...]  # latest first
    last_session: SessionRecord | None
    next_session_id: int
    next_generation_id: int
    interrupted: tuple[int, ...]  # sessions with a generation that a crash cut short; told only once
    set_aside: str | None = None  # where the damaged library is now, after StartFresh
    rescued: Rescued | None = None  # after Rescue
    cut_off: CutOff | None = None  # told only once


@dataclass(frozen=True, slots=True)
class LibraryFailed:
    """The library could not be opened. The file has not been touched."""

    folder: str
    damage: Damage
    what_happened: str
    what_to_do: str
    templates: tuple[str, str] = ("", "")  # of the two sentences, see StudioError
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session, to be shown; `summary` says whether it is in the archive or the trash."""

    session: SessionRecord
    summary: SessionSummary | None = None


@dataclass(frozen=True, slots=True)
class SessionsListed:
    """The list has changed, or was asked for. Pinned ones first."""

    sessions: tuple[SessionSummary, ...]
    view: View = "current"
    order: Order = "updated"


@dataclass(frozen=True, slots=True)
class Saved:
    """Committed: this revision of this session is on disk."""

    session_id: int
    revision: int
    summary: SessionSummary


@dataclass(frozen=True, slots=True)
class TokensLoaded:
    """The stored tokens of one generation, and how it came about (None if it was never saved)."""

    generation_id: int
    tokens: tuple[Token, ...]
    generation: GenerationRecord | None = None


@dataclass(frozen=True, slots=True)
class GenerationLoaded:
    """A generation without its tokens; None if there is none of that id."""

    generation_id: int
    generation: GenerationRecord | None


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """One request failed; the library stays open and unchanged. `damage` says of what kind the trouble is."""

    session_id: int | None
    damage: Damage
    what_happened: str
    what_to_do: str
    report: str = ""  # a traceback if it is a bug of ours
    unsaved: SaveSession | SaveGeneration | None = None  # the request, if it was a save: to be sent again
    templates: tuple[str, str] = ("", "")  # of the two sentences, see StudioError
    values: tuple[tuple[str, str], ...] = ()
    request: LibraryRequest | None = None


@dataclass(frozen=True, slots=True)
class LibraryClosed:
    """Nothing is open any more."""


LibraryMessage = (
    LibraryOpened
    | LibraryFailed
    | SessionOpened
    | SessionsListed
    | TrashEmptied
    | Found
    | BackupProgress
    | BackupMade
    | BackupCopied
    | KeepingProgress
    | Backups
    | LibraryRestored
    | LibrarySalvaged
    | Saved
    | TokensLoaded
    | GenerationLoaded
    | ModelsUsed
    | SessionModels
    | RequestFailed
    | LibraryClosed
)
