"""The user's settings: one frozen dataclass, kept as `settings.toml` in the library folder.

A setting is one entry of `Settings`: its name, type, default and what it may be. Reading and writing derive
from these entries. Reading never fails: a value that cannot be used becomes its default and is reported.
"""

from __future__ import annotations

import contextlib
import glob
import math
import os
import re
import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

_SURROGATE = re.compile("[\ud800-\udfff]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001 (as in core, which is out of reach)
    """Mark `text` for translation and return it as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """A text for the user, in English as `str(problem)`. A value that is a Problem is translated too."""

    template: str
    values: tuple[tuple[str, str | Problem], ...] = ()

    def __str__(self) -> str:
        return self.template.format(**dict(self.values))


class _Rule(Protocol):
    """What a setting may be. `read` returns the value to use, or None if `value` cannot be one."""

    @property
    def expected(self) -> Problem: ...

    def read(self, value: object) -> object | None: ...


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple[str, ...]

    @property
    def expected(self) -> Problem:
        options = ", ".join(f'"{option}"' for option in self.options)
        return Problem(QT_TRANSLATE_NOOP("StudioError", "one of {options}"), (("options", options),))

    def read(self, value: object) -> object | None:
        return value if isinstance(value, str) and value in self.options else None


@dataclass(frozen=True, slots=True)
class _Whole:
    low: int
    high: int

    @property
    def expected(self) -> Problem:
        template = QT_TRANSLATE_NOOP("StudioError", "a whole number from {low} to {high}")
        return Problem(template, (("low", str(self.low)), ("high", str(self.high))))

    def read(self, value: object) -> object | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.low <= value <= self.high else None


@dataclass(frozen=True, slots=True)
class _Number:
    low: float
    high: float

    @property
    def expected(self) -> Problem:
        template = QT_TRANSLATE_NOOP("StudioError", "a number from {low} to {high}")
        return Problem(template, (("low", f"{self.low:g}"), ("high", f"{self.high:g}")))

    def read(self, value: object) -> object | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        return float(value) if self.low <= value <= self.high else None


@dataclass(frozen=True, slots=True)
class _Switch:
    @property
    def expected(self) -> Problem:
        return Problem(QT_TRANSLATE_NOOP("StudioError", "true or false"))

    def read(self, value: object) -> object | None:
        return value if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class _Text:
    pattern: re.Pattern[str] | None = None
    expected: Problem = Problem(QT_TRANSLATE_NOOP("StudioError", "a text in quotation marks"))

    def read(self, value: object) -> object | None:
        if not isinstance(value, str) or (self.pattern and not self.pattern.fullmatch(value)):
            return None
        return _without_surrogates(value)


@dataclass(frozen=True, slots=True)
class _Texts:
    expected: Problem = Problem(QT_TRANSLATE_NOOP("StudioError", "a list of texts, none of them empty"))

    def read(self, value: object) -> object | None:
        if not isinstance(value, list | tuple):
            return None
        texts = tuple(_without_surrogates(text) for text in value if isinstance(text, str) and text)
        return texts if len(texts) == len(value) else None


def _choice(*options: str) -> Any:
    """The first option is the default."""
    return field(default=options[0], metadata={"rule": _Choice(options)})


def _whole(default: int, low: int, high: int) -> Any:
    return field(default=default, metadata={"rule": _Whole(low, high)})


def _number(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"rule": _Number(low, high)})


def _switch(default: bool) -> Any:
    return field(default=default, metadata={"rule": _Switch()})


def _text(default: str = "") -> Any:
    return field(default=default, metadata={"rule": _Text()})


def _texts(*default: str) -> Any:
    return field(default=default, metadata={"rule": _Texts()})


def _qt_state() -> Any:
    """What a Qt `saveState()` or `saveGeometry()` returned, in base64. Empty: not saved yet."""
    expected = Problem(QT_TRANSLATE_NOOP("StudioError", "base64 text"))
    return field(default="", metadata={"rule": _Text(_BASE64, expected)})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the user can set that is not part of a text. Change one with `dataclasses.replace`."""

    # how it looks
    theme: str = _choice("system", "light", "dark")
    language: str = _choice("system", "en", "zh_CN")
    reduced_motion: str = _choice("system", "on", "off")
    interface_zoom: float = _number(1.0, 0.5, 3.0)
    text_font_family: str = _text()  # empty: a good serif of the system's
    text_size_pt: float = _number(12.0, 6.0, 72.0)
    column_width_chars: int = _whole(70, 30, 200)
    show_origins: bool = _switch(True)
    heat: str = _choice("off", "probability", "rank", "entropy", "surprisal", "origin")
    heat_last: str = _choice("surprisal", "probability", "rank", "entropy", "origin")  # what F4 switches on
    show_ribbon: bool = _switch(True)
    # how it writes
    model: str = _text("starter")  # used last: its id on the shelf, one that ships with the app, or a folder
    default_model: str = _text()  # the same, used at the start; empty: the one used last
    recent_models: tuple[str, ...] = _texts()  # the same, newest first
    idle_unload_minutes: int = _whole(0, 0, 1440)  # without use, then its memory is given back; 0: never
    device: str = _choice("auto", "cpu", "cuda", "mps")
    precision: str = _choice("auto", "float32", "bfloat16", "float16", "int8", "int4")
    draft_ahead: bool = _switch(True)
    draft_model: str = _text()  # the folder of a smaller model that drafts; empty: none
    preset: str = _text()  # the preset the sampling came from; empty: none
    sampling: str = _text()  # the processor chain as JSON; empty: the default chain
    sampling_off: tuple[str, ...] = _texts()  # names of its processors that are switched off
    max_new_tokens: int = _whole(100, 1, 100_000)
    n_alternatives: int = _whole(3, 2, 8)  # of "Continue with several"
    swap: str = _choice("keep", "regenerate", "bridge")  # what becomes of the text after a swapped token
    seed_mode: str = _choice("new", "fixed")
    seed: int = _whole(0, 0, 2**63 - 1)  # used when seed_mode is "fixed"
    stop: tuple[str, ...] = _texts()
    stop_at_end_of_text: bool = _switch(True)
    # where models come from
    hub_endpoint: str = _text()  # empty: HF_ENDPOINT, else the Hugging Face Hub
    hub_proxy: str = _text()  # empty: the one of the environment, if any
    # what was exported last
    export_scope: str = _choice("session", "selection", "branch", "tree", "library")
    export_format: str = _text("text")
    export_options: tuple[str, ...] = _texts("mark_generated", "with_tokens")  # those switched on
    export_folder: str = _text()  # empty: the system's own place
    # where things were
    left_panel_visible: bool = _switch(True)
    right_panel_visible: bool = _switch(True)
    bottom_panel_visible: bool = _switch(True)
    session_order: str = _choice("updated", "created", "title")
    window_geometry: str = _qt_state()
    window_state: str = _qt_state()
    splitter_columns: str = _qt_state()  # left panel | text | right panel
    splitter_rows: str = _qt_state()  # text over the bottom panel

    def __post_init__(self) -> None:
        """Hold every value to its rule. Raises ValueError."""
        for entry in fields(self):
            rule: _Rule = entry.metadata["rule"]
            value = rule.read(getattr(self, entry.name))
            if value is None:
                raise ValueError(f"{entry.name} should be {rule.expected}")
            object.__setattr__(self, entry.name, value)


def limits(name: str) -> tuple[float, float]:
    """The smallest and the largest value of a numeric setting, for a spin box. Raises KeyError."""
    for entry in fields(Settings):
        rule = entry.metadata["rule"]
        if entry.name == name and isinstance(rule, _Whole | _Number):
            return rule.low, rule.high
    raise KeyError(name)


def choices(name: str) -> tuple[str, ...]:
    """What a setting can be chosen from, for a combo box. Raises KeyError."""
    for entry in fields(Settings):
        rule = entry.metadata["rule"]
        if entry.name == name and isinstance(rule, _Choice):
            return rule.options
    raise KeyError(name)


def load(path: Path) -> tuple[Settings, tuple[Problem, ...]]:
    """Read the settings and, one sentence each, what could not be used. Never raises for what is in the file.

    A file that is no TOML is kept beside it as `settings.toml.broken`. Unknown keys are left out: a newer or
    an older version wrote them.
    """
    import tomllib

    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return Settings(), ()
    except OSError as error:
        template = QT_TRANSLATE_NOOP(
            "StudioError", "{file} could not be read ({reason}); the defaults are used."
        )
        return Settings(), (Problem(template, (("file", path.name), ("reason", str(error.strerror)))),)
    except (ValueError, RecursionError):
        return Settings(), (_set_aside(path),)
    usable: dict[str, Any] = {}
    problems = []
    wrong = QT_TRANSLATE_NOOP("StudioError", "{file}: {setting} should be {expected}; the default is used.")
    for entry in fields(Settings):
        if entry.name not in values:
            continue
        rule: _Rule = entry.metadata["rule"]
        if (value := rule.read(values[entry.name])) is None:
            told = (("file", path.name), ("setting", entry.name), ("expected", rule.expected))
            problems.append(Problem(wrong, told))
        else:
            usable[entry.name] = value
    return Settings(**usable), tuple(problems)


def _set_aside(path: Path) -> Problem:
    kept = path.with_name(path.name + ".broken")
    try:
        path.replace(kept)
    except OSError:
        template = QT_TRANSLATE_NOOP("StudioError", "{file} is damaged; the defaults are used.")
        return Problem(template, (("file", path.name),))
    template = QT_TRANSLATE_NOOP(
        "StudioError", "{file} was damaged and is kept as {kept}; the defaults are used."
    )
    return Problem(template, (("file", path.name), ("kept", kept.name)))


def remove_unfinished(path: Path) -> None:
    """Remove what writes that were cut off, the power say, have left beside the settings file."""
    path = path.resolve()
    for left in path.parent.glob(glob.escape(path.name) + ".*.tmp"):
        with contextlib.suppress(OSError):
            left.unlink()


def save(path: Path, settings: Settings) -> None:
    """Write the settings so that after a crash the file is the old one or the new one. Raises OSError."""
    import tomli_w

    write_whole(
        path, tomli_w.dumps({entry.name: getattr(settings, entry.name) for entry in fields(settings)})
    )


def write_whole(path: Path, text: str) -> None:
    """Write a file so that after a crash it is the old one or the new one. Raises OSError."""
    path = path.resolve()  # a symbolic link stays one
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=path.name + ".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    if os.name != "nt":  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _without_surrogates(text: str) -> str:
    """Half a surrogate pair is no character and no file can hold it: U+FFFD in its place."""
    return _SURROGATE.sub("\ufffd", text)
