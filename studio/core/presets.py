"""Sampling presets: named processor chains, those that ship with the app and one's own, one TOML file each.

    name = "Balanced"
    max_new_tokens = 100    # optional: without it the preset leaves the length alone

    [[processor]]           # in the order of application; a setting left out has its default
    name = "Temperature"
    temperature = 0.8
    on = false              # optional: kept in its place with its values, but switched off

What a person asks for and cannot have raises RefusedError, a ValueError; what the disk cannot do raises
StudioError.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from studio.core.chain import Chain, build_all
from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, Sentence, StudioError

DEFAULT_PRESET = "Balanced"
"""What window and command line start from: same seed, same text in both."""

DEFAULT_MAX_NEW_TOKENS = 100
MAX_NEW_TOKENS_LIMIT = 100_000
NAME_LIMIT = 80  # characters
_FILE_LIMIT = 100_000  # bytes; what is longer is no preset
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.ASCII)

SHIPPED = (
    (
        QT_TRANSLATE_NOOP("presets", "Precise"),
        QT_TRANSLATE_NOOP("presets", "Stays close to what the model is sure of."),
    ),
    (
        QT_TRANSLATE_NOOP("presets", "Balanced"),
        QT_TRANSLATE_NOOP("presets", "Coherent and varied: a good start for any text."),
    ),
    (
        QT_TRANSLATE_NOOP("presets", "Creative"),
        QT_TRANSLATE_NOOP("presets", "Takes risks and surprises, but leaves out what is hopeless."),
    ),
    (
        QT_TRANSLATE_NOOP("presets", "Storyteller"),
        QT_TRANSLATE_NOOP("presets", "Avoids clichés and going in circles."),
    ),
    (
        QT_TRANSLATE_NOOP("presets", "Greedy"),
        QT_TRANSLATE_NOOP(
            "presets", "Always the likeliest token: the same text each time, often in circles."
        ),
    ),
)
"""Names and descriptions of the files in resources/presets, in the order of the list, for the translators."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named processor chain. `max_new_tokens` None: leaves that setting as it is."""

    name: str
    processors: Chain
    max_new_tokens: int | None = None
    builtin: bool = False
    description: str = ""
    off: frozenset[str] = frozenset()  # names of the processors that are switched off


def load_presets(builtin_dir: Path, user_dir: Path) -> tuple[tuple[Preset, ...], tuple[Sentence, ...]]:
    """Read all presets, built-in ones first, and say in one sentence each which files could not be used."""
    presets: list[Preset] = []
    problems: list[Sentence] = []
    taken: set[str] = set()
    for folder, builtin in ((builtin_dir, True), (user_dir, False)):
        found: list[Preset] = []
        for path in _files(folder):
            try:
                preset = replace(_read(path), builtin=builtin)
                if _key(preset.name) in taken:
                    raise _taken(preset.name)
            except RefusedError as error:
                left_out = QT_TRANSLATE_NOOP("StudioError", "The preset file {file} is left out: {reason}")
                problems.append(Sentence(left_out, (("file", _shown(path)), ("reason", error.sentence))))
                continue
            taken.add(_key(preset.name))
            found.append(preset)
        presets += sorted(found, key=_rank)
    return tuple(presets), tuple(problems)


def default_preset(builtin_dir: Path) -> Preset:
    """Read the preset everything starts from. Raises StudioError if it is not there or damaged."""
    try:
        return replace(_read(builtin_dir / f"{DEFAULT_PRESET.lower()}.toml"), builtin=True)
    except ValueError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The preset {name} that ships with the app cannot be used: {reason}"
            ),
            QT_TRANSLATE_NOOP("StudioError", "Install GPT-2 Studio again."),
            name=DEFAULT_PRESET,
            reason=error,
        ) from None


def save_preset(preset: Preset, builtin_dir: Path, user_dir: Path) -> Preset:
    """Write one's own preset, over an earlier one of the same name, and return it with its name as stored."""
    stored = replace(preset, name=checked_name(preset.name), builtin=False)
    _refuse_builtin(stored.name, builtin_dir)
    _write(_find(stored.name, user_dir) or _new_file(stored.name, user_dir), stored)
    return stored


def rename_preset(old: str, new: str, builtin_dir: Path, user_dir: Path) -> Preset:
    """Give one's own preset another name (its file keeps its own)."""
    new = checked_name(new)
    _refuse_builtin(old, builtin_dir)
    _refuse_builtin(new, builtin_dir)
    path = _existing(old, user_dir)
    if _key(old) != _key(new) and _find(new, user_dir):
        raise _taken(new)
    renamed = replace(_read(path), name=new)
    _write(path, renamed)
    return renamed


def delete_preset(name: str, builtin_dir: Path, user_dir: Path) -> None:
    """Delete one's own preset."""
    _refuse_builtin(name, builtin_dir)
    path = _existing(name, user_dir)
    try:
        path.unlink()
    except OSError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The preset could not be deleted ({reason})."),
            QT_TRANSLATE_NOOP("StudioError", "Check that its folder can be written."),
            reason=error.strerror,
        ) from error


def checked_name(name: str) -> str:
    """Return the name as it will be stored. Raises ValueError if no preset can be called that."""
    name = unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", name)).strip()
    if not name:
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "A preset needs a name."))
    if len(name) > NAME_LIMIT:
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "A preset's name can have at most {limit} characters."),
            limit=NAME_LIMIT,
        )
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in name):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "A preset's name must be one line of plain text.")
        )
    return name


def _taken(name: str) -> RefusedError:
    template = QT_TRANSLATE_NOOP("StudioError", "There is already a preset named {name}.")
    return RefusedError(template, name=repr(name))


def _key(name: str) -> str:
    """Names that differ only in case or composition are the same name."""
    return unicodedata.normalize("NFC", name.strip().casefold())


def _rank(preset: Preset) -> tuple[int, str]:
    shipped = [name for name, _ in SHIPPED]
    place = shipped.index(preset.name) if preset.builtin and preset.name in shipped else len(shipped)
    return place, _key(preset.name)


def _shown(path: Path) -> str:
    return path.name.encode("utf-8", "replace").decode()


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".toml")
    except OSError:
        return []  # no such folder yet, or one that cannot be read: no presets


def _read(path: Path) -> Preset:
    """Read one file. Raises ValueError with one sentence."""
    try:
        usable = path.is_file() and path.stat().st_size <= _FILE_LIMIT
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig")) if usable else None
    except OSError as error:
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "It cannot be read ({reason})."), reason=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "It is not UTF-8 text.")) from None
    except (ValueError, RecursionError):  # also a number of more than 4,300 digits
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "It is not valid TOML.")) from None
    if document is None:
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "It is not a preset file."))
    name, description = document.get("name"), document.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "Its name is missing."))
    length = document.get("max_new_tokens")
    if length is not None and (type(length) is not int or not 1 <= length <= MAX_NEW_TOKENS_LIMIT):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "Its max_new_tokens must be a whole number from 1 to {limit}."),
            limit=MAX_NEW_TOKENS_LIMIT,
        )
    off: set[str] = set()
    chain = build_all(_entries(document.get("processor", []), off))
    return Preset(checked_name(name), chain, length, description=description, off=frozenset(off))


def _entries(tables: object, off: set[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield names and settings; the names of what is switched off are put into `off`."""
    if not isinstance(tables, list):
        raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "Its processors must be [[processor]] tables."))
    for table in tables:
        name = table.get("name") if isinstance(table, dict) else None
        if not isinstance(name, str):
            raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "One of its processors has no name."))
        on = table.get("on", True)
        if not isinstance(on, bool):
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "{name}: on must be true or false."), name=name
            )
        if not on:
            off.add(name)
        yield name, {setting: value for setting, value in table.items() if setting not in {"name", "on"}}


def _refuse_builtin(name: str, builtin_dir: Path) -> None:
    if _find(name, builtin_dir):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "{name} is built in and cannot be changed."), name=name
        )


def _find(name: str, folder: Path) -> Path | None:
    for path in _files(folder):
        with contextlib.suppress(ValueError):
            if _key(_read(path).name) == _key(name):
                return path
    return None


def _existing(name: str, user_dir: Path) -> Path:
    path = _find(name, user_dir)
    if path is None:
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "There is no preset named {name}."), name=repr(name)
        )
    return path


def _new_file(name: str, user_dir: Path) -> Path:
    """Choose a file for a new preset: plain ASCII, no device of Windows, none that is there already."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-") or "preset"
    if _WINDOWS_DEVICES.fullmatch(slug):
        slug = f"preset-{slug}"
    used = {path.name.lower() for path in _files(user_dir)}
    number, file = 1, f"{slug}.toml"
    while file in used:
        number += 1
        file = f"{slug}-{number}.toml"
    return user_dir / file


def _write(path: Path, preset: Preset) -> None:
    """Write so that after a crash the file is the old one or the new one."""
    import tomli_w

    document: dict[str, object] = {"name": preset.name}
    if preset.description:
        document["description"] = preset.description
    if preset.max_new_tokens is not None:
        document["max_new_tokens"] = preset.max_new_tokens
    document["processor"] = [
        {"name": type(p).__name__, **asdict(p)} | ({"on": False} if type(p).__name__ in preset.off else {})
        for p in preset.processors
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=path.name, suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                tomli_w.dump(document, file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The preset could not be saved ({reason})."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Check that its folder can be written and the disk is not full."
            ),
            reason=error.strerror,
        ) from error
