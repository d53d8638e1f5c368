"""Requests and answers about the list of sessions, searching and backups. All are part of records.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

View = Literal["current", "archived", "trash"]
Order = Literal["updated", "created", "title"]


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PinSession:
    """Keep the session at the top of every list, or no more. Answered by SessionsListed."""

    session_id: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class ArchiveSession:
    """Take the session off the list into the archive, or back. Answered by SessionsListed."""

    session_id: int
    archived: bool


@dataclass(frozen=True, slots=True)
class TagSession:
    """Give the session these tags and no others. Answered by SessionsListed."""

    session_id: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateSession:
    """Make session `new_id` with the same text and history, title and tags. Answered by SessionsListed."""

    session_id: int
    new_id: int


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Answered by SessionsListed with this view and order. All other requests list the current ones."""

    view: View = "current"
    order: Order = "updated"


@dataclass(frozen=True, slots=True)
class EmptyTrash:
    """Delete the deleted sessions for good: their bytes leave the files. Answered by TrashEmptied."""


@dataclass(frozen=True, slots=True)
class SearchLibrary:
    """Find words (the last may be begun only) and "phrases" in all sessions but those in the trash.

    Answered by Found.
    """

    query: str
    limit: int = 50


@dataclass(frozen=True, slots=True)
class BackupNow:
    """Make a backup. Answered by BackupProgress, several times a second, and BackupMade.

    Between two of these answers the librarian can be given other requests. `only_if_due`: as the daily one,
    which is made when the newest backup is a day old, and thins out the older ones.
    """

    only_if_due: bool = False


@dataclass(frozen=True, slots=True)
class ListBackups:
    """Answered by Backups: those of the library in `folder`, the newest first. It need not be open."""

    folder: str


@dataclass(frozen=True, slots=True)
class CheckBackup:
    """Look at every page and every session of a backup.

    Answered by KeepingProgress and Backups, with this one.
    """

    path: str


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Make a backup the library of another folder, which has none yet.

    Answered by KeepingProgress and LibraryRestored.
    """

    path: str
    into_folder: str


@dataclass(frozen=True, slots=True)
class Salvage:
    """Copy all that can be read of a damaged library into a new one elsewhere.

    Answered by KeepingProgress and LibrarySalvaged.
    """

    folder: str
    into_folder: str


@dataclass(frozen=True, slots=True)
class CopyBackup:
    """Copy a backup's file to `target`, which is replaced when the copy is whole.

    Answered by KeepingProgress and BackupCopied.
    """

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Rescue:
    """Set the damaged library in `folder` aside; a copy of a backup takes its place, or what can be salvaged.

    `backup` is the backup's path, or empty. Answered by KeepingProgress and LibraryOpened, whose `rescued`
    says what came of it; or by RequestFailed, and nothing was changed.
    """

    folder: str
    backup: str = ""


# -- answers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrashEmptied:
    """So many sessions are gone for good; so many backups still hold one of them, from `oldest_utc` on."""

    n_sessions: int
    n_backups: int
    oldest_utc: str  # empty: no backup holds any
    newest_utc: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One find. `ranges` are (from, to) of what was found within `snippet`, in code points.

    `offset` and `length` are of the first place found in the whole of it: the session's title or text, or the
    generation; 0 and 0 where the place is not known.
    """

    session_id: int
    title: str  # of the session, or its first words
    snippet: str
    ranges: tuple[tuple[int, int], ...]
    where: Literal["title", "text", "generation"]
    generation_id: int | None  # of a generation that is not in the text any more as it was
    offset: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for `query`: titles, then texts, then generations; each the latest first."""

    query: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """A backup is being made."""

    fraction: float


@dataclass(frozen=True, slots=True)
class KeepingProgress:
    """A check, a restore or a rescue is under way; other requests can be made meanwhile."""

    fraction: float


@dataclass(frozen=True, slots=True)
class BackupMade:
    """The backup is checked and on the disk. `path` is empty if there was no need for one."""

    path: str
    n_removed: int  # older daily ones
    n_damaged: int = 0  # sessions in it that are not as they were written; looked at once a week


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """One backup. `checked`: it is sound, as far as was looked (CheckBackup looks at everything)."""

    path: str
    created_utc: str
    n_sessions: int
    n_bytes: int
    checked: bool
    foreign: bool = False  # of another library


@dataclass(frozen=True, slots=True)
class Backups:
    """Some backups. `whole`: the answer to CheckBackup."""

    backups: tuple[BackupInfo, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class BackupCopied:
    """There is a copy of a backup at `path`."""

    path: str


@dataclass(frozen=True, slots=True)
class LibraryRestored:
    """There is a library in `folder` now."""

    folder: str
    n_sessions: int


@dataclass(frozen=True, slots=True)
class Rescued:
    """A damaged library has been replaced: from a backup if `backup_utc`, else by what could be salvaged."""

    set_aside: str  # where the damaged one is now
    n_sessions: int  # that are as they were written
    n_doubtful: int = 0
    n_lost: int = 0
    backup_utc: str = ""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The program did not close the library the last time: what was being written when it was cut off."""

    title: str  # of the session, or its first words
    saved_utc: str  # when the session was last saved; what was typed later is not there
    passage: str  # what had appeared of an unfinished generation; empty if there was none


@dataclass(frozen=True, slots=True)
class LibrarySalvaged:
    """There is a new library in `folder`, with the sessions that were sound, and those that are in doubt."""

    folder: str
    n_saved: int
    n_doubtful: int  # their text can be read, but is not as it was written, or has lost its history
    n_lost: int
