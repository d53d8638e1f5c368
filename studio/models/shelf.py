"""The shelf: the folder `models/` of the library, one folder a model, and what is known of each.

Each model has a folder named by its id. It holds the model's files, or, for a model that is used in place,
nothing but `studio-model.json`, which says where they are. New models are made in `.staging/` and moved to
their place in one rename once they are complete and on the disk; removed ones lie in `.trash/` until it is
emptied. What a killed program left in `.staging/` is swept up by `sweep`, except unfinished downloads, which
are resumed.

Plain files rather than the library's database: the command line can use the shelf while the window holds it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import SHELF_RECORD
from studio.models.hashing import stamp
from studio.models.outside import look_at
from studio.models.records import About, ShelfModel

RECORD = SHELF_RECORD
_STAGING = ".staging"
_TRASH = ".trash"
_MAX_RECORD_BYTES = 100_000
_NAME_CHARS = 80
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


class Shelf:
    """The models of one library folder. Cheap to make; reads the disk at every call."""

    def __init__(self, folder: Path) -> None:
        """`folder` as `paths.models_dir` gives it; made when the first model comes."""
        self.folder = folder

    # -- looking -------------------------------------------------------------------------------------------

    def models(self) -> list[ShelfModel]:
        """All models, by name."""
        return sorted(self._in(self.folder), key=lambda model: (model.name.casefold(), model.id))

    def trashed(self) -> list[ShelfModel]:
        """The removed ones, by name."""
        return sorted(self._in(self.folder / _TRASH), key=lambda model: (model.name.casefold(), model.id))

    def find(self, name_or_id: str) -> ShelfModel | None:
        """The model of that id, else the one of that name; None if there is none."""
        models = self.models()
        for model in models:
            if model.id == name_or_id:
                return model
        wanted = name_or_id.casefold()
        return next((model for model in models if model.name.casefold() == wanted), None)

    def place(self, model_id: str) -> Path:
        """Where the files of a model are, or would be if it were there."""
        place = self.folder / model_id
        return _elsewhere(place, _read_record(place))

    # -- putting up ----------------------------------------------------------------------------------------

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """An empty folder to make a model in; what is in it at the end and was not adopted is deleted."""
        folder = self.staging / f"new-{os.getpid()}-{secrets.token_hex(6)}"
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def staging(self) -> Path:
        """Where models are made, on the same disk as the shelf."""
        return self.folder / _STAGING

    def adopt(self, staged: Path, name: str, about: About = About(), sha256: str = "") -> ShelfModel:  # noqa: B008 (frozen)
        """Put a complete folder from `staging` on the shelf, under a name that is still free.

        The files are on the disk before the folder appears. Raises StudioError if they cannot be written.
        """
        name = self.free_name(name)
        try:
            _write_record(staged, _record(name, about, sha256) | {"stamp": stamp(staged)})
            for path in [*staged.rglob("*"), staged]:
                _sync(path)
            place = self._free_place(name)
            staged.rename(place)
            _sync(self.folder)
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        return self._look(place)

    def use_in_place(self, folder: Path, name: str = "", about: About = About()) -> ShelfModel:  # noqa: B008 (frozen)
        """Put a folder of the user's on the shelf without copying it; nothing in it is ever changed."""
        folder = folder.absolute()
        for model in self.models():
            if model.in_place and model.folder == folder:
                return model
        with self.staged() as staged:
            name = self.free_name(name or folder.name)
            try:
                _write_record(staged, _record(name, about, "") | {"folder": str(folder)})
                place = self._free_place(name)
                staged.rename(place)
                _sync(self.folder)
            except OSError as error:
                raise _cannot_write(self.folder, error) from error
        return self._look(place)

    def free_name(self, name: str, model_id: str = "") -> str:
        """`name`, one line of printable characters, with a number behind it if another model has it."""
        name = clean_name(name)
        others = [model for model in [*self.models(), *self.trashed()] if model.id != model_id]
        taken = {model.name.casefold() for model in others} | {"starter"}
        if name.casefold() not in taken:
            return name
        number = 2
        while f"{name} {number}".casefold() in taken:
            number += 1
        return f"{name} {number}"

    # -- changing ------------------------------------------------------------------------------------------

    def rename(self, model_id: str, name: str) -> ShelfModel:
        """Call a model something else. Raises StudioError if it is gone."""
        return self.note(model_id, name=self.free_name(name, model_id))

    def note(self, model_id: str, **fields: Any) -> ShelfModel:
        """Change entries of a model's record: name, sha256, or those of About."""
        model = self._existing(model_id)
        place = self.folder / model_id
        if "sha256" in fields:
            fields["stamp"] = stamp(model.folder)
        try:
            _write_record(place, _read_record(place) | fields)
        except OSError as error:
            raise _cannot_write(place, error) from error
        return self._look(place)

    def know(self, model_id: str, sha256: str) -> ShelfModel:
        """Note what its weights were found to be. If they were others when it came, that is not forgotten."""
        record = _read_record(self.folder / model_id)
        first = _text(record, "was_sha256") or _text(record, "sha256")
        return self.note(model_id, sha256=sha256, was_sha256=first if first != sha256 else "")

    def remove(self, model_id: str) -> None:
        """Move a model to the trash; of one used in place, only that it is known."""
        self._existing(model_id)
        self._move(self.folder / model_id, self.folder / _TRASH / model_id)

    def restore(self, model_id: str) -> ShelfModel:
        """Take a model out of the trash."""
        self._move(self.folder / _TRASH / model_id, self.folder / model_id)
        return self._look(self.folder / model_id)

    def empty_trash(self) -> int:
        """Delete what is in the trash for good; how many bytes came free."""
        freed = sum(0 if model.in_place else model.n_bytes for model in self.trashed())
        shutil.rmtree(self.folder / _TRASH, ignore_errors=True)
        return freed

    def sweep(self) -> None:
        """Delete what killed programs left while making a model; not what a running one is making."""
        for path in self.staging.glob("new-*"):
            maker = path.name.split("-")[1]
            if not (maker.isdecimal() and _lives(int(maker))):
                shutil.rmtree(path, ignore_errors=True)

    # -- inside --------------------------------------------------------------------------------------------

    def _in(self, folder: Path) -> Iterator[ShelfModel]:
        try:
            places = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except OSError:
            return
        for place in places:
            if place.is_symlink():
                continue
            if (place / RECORD).is_file() or (place / "config.json").is_file():  # put there by hand
                yield self._look(place)

    def _look(self, place: Path) -> ShelfModel:
        record = _read_record(place)
        folder = _elsewhere(place, record)
        known = {
            name: record[name] for name in ("source", "licence", "base", "made_by") if _text(record, name)
        }
        notes = tuple(str(note) for note in record.get("notes", ()) if isinstance(note, str))
        return replace(
            look_at(folder),
            id=place.name,
            name=_text(record, "name") or place.name,
            in_place=folder is not place,
            sha256=_text(record, "sha256") if _text(record, "stamp") in ("", stamp(folder)) else "",
            was_sha256=_text(record, "was_sha256"),
            added_utc=_text(record, "added_utc"),
            about=About(**known, notes=notes),
        )

    def _existing(self, model_id: str) -> ShelfModel:
        model = next((model for model in self.models() if model.id == model_id), None)
        if model is None:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "There is no model “{name}” any more."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another one from the list."),
                name=model_id,
            )
        return model

    def _free_place(self, name: str) -> Path:
        stem = _NOT_IN_NAMES.sub("-", unicodedata.normalize("NFKD", name)).strip("-.").lower()[:40]
        while True:
            place = self.folder / f"{stem or 'model'}-{secrets.token_hex(3)}"
            if not place.exists():
                return place

    def _move(self, source: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            _sync(target.parent)
        except OSError as error:
            raise _cannot_write(self.folder, error) from error


def _lives(process_id: int) -> bool:
    """Whether a process of that number runs. Where asking would end it (Windows), it is taken for alive."""
    if os.name == "nt":
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def clean_name(name: str) -> str:
    """One line of printable characters, not too long, not empty."""
    printable = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(printable.split())[:_NAME_CHARS].strip() or "model"


def _record(name: str, about: About, sha256: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"name": name, "sha256": sha256, "added_utc": now, **asdict(about)}


def _elsewhere(place: Path, record: dict[str, Any]) -> Path:
    """The folder of a model that is used in place; else its place on the shelf."""
    folder = record.get("folder")
    return Path(folder) if isinstance(folder, str) else place


def _read_record(place: Path) -> dict[str, Any]:
    """What the record says; nothing if it is damaged."""
    path = place / RECORD
    try:
        if path.stat().st_size > _MAX_RECORD_BYTES:
            return {}
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(place: Path, record: dict[str, Any]) -> None:
    temporary = place / f"{RECORD}.new"
    temporary.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    _sync(temporary)
    temporary.replace(place / RECORD)


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key, "")
    return value if isinstance(value, str) else ""


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows writes folders by itself
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_write(folder: Path, error: OSError) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{folder}” could not be changed ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk's free space and the folder's permissions."),
        folder=folder.name,
        reason=error.strerror or type(error).__name__,
    )
