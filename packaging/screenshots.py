"""Pictures of the real app with the real starter model: `make.py screenshots [FOLDER]`.

Each picture is taken by a process of its own, since language and scale are chosen before the app starts. The
README's picture is one of them, so it cannot go stale unnoticed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from studio.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "packaging" / "screenshots"
PROMPT = "Once upon a time, there was a little fox who lived under an old oak tree."
SIZE = (1280, 800)
SEED = 8
TAKE = "--take"


@dataclass(frozen=True)
class Shot:
    """One picture: how the window looks, and what is done before it is taken.

    A step is an action's name, or the object name of a button to click, or of a box with `=` and a number.
    """

    theme: str = "light"
    language: str = "en"
    scale: str = "1"
    steps: tuple[str, ...] = ()


VIEWS = {
    "variants": ("generate_several",),
    "history": ("retry", "history"),
    "origin": ("provenance",),
    "heat": ("heat", "curve"),
    "loom": ("loom",),
    "inside": ("inside",),
    "xray": ("xray",),
    "compare": ("compare", "compareSettingsB=2", "compareGo"),
    "sides": ("compare", "compareSettingsB=2", "compareGo", "compareSwitch"),
    "beams": ("param_max_new_tokens=16", "param_beams=4", "generate", "beams"),
    "models": ("models",),
    "download": ("download_model",),
    "optimise": ("optimise_model",),
    "precision": ("precision",),
    "performance": ("performance",),
    "tuning": ("find_settings", "tuning_likeliest", "tuningFind"),
    "palette": ("find_anything",),
    "backups": ("backups",),
}
"""What each view needs to be seen."""

LOOKS = {
    "light": Shot("light"),
    "dark": Shot("dark"),
    "light-zh": Shot("light", "zh_CN"),
    "dark-zh": Shot("dark", "zh_CN"),
    "light-2x": Shot("light", "en", "2"),
    "dark-zh-2x": Shot("dark", "zh_CN", "2"),
}

SHOTS = {f"window-{look}": shot for look, shot in LOOKS.items()} | {
    f"{view}-{look}": replace(shot, steps=steps)
    for view, steps in VIEWS.items()
    for look, shot in LOOKS.items()
}


def take_all(folder: Path, names: list[str]) -> int:
    """Take the named pictures (all if none is named); returns an exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or SHOTS:
        shot = SHOTS[name]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": shot.scale}
        environment["PYTHONPATH"] = str(ROOT)
        command = [sys.executable, __file__, TAKE, str(folder / f"{name}.png"), name]
        status = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        if status:
            return status
        print(f"{folder / name}.png")
    return 0


def take(file: Path, shot: Shot) -> None:
    """Write a little, let the model go on, look at a token, take the picture."""
    from PySide6.QtWidgets import QApplication

    from studio import app

    with tempfile.TemporaryDirectory() as library:
        Path(library, "settings.toml").write_text(
            f'theme = "{shot.theme}"\nlanguage = "{shot.language}"\n'
            f'max_new_tokens = 120\nseed_mode = "fixed"\nseed = {SEED}\n',
            encoding="utf-8",
        )
        _, window = app.create(["gpt2-studio", "--library", library])
        window.resize(*SIZE)
        window.show()

        def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
            end = time.monotonic() + seconds
            while not condition():
                QApplication.processEvents()
                time.sleep(0.005)
                if time.monotonic() > end:
                    raise TimeoutError(file.name)

        wait(lambda: not window.editor.isReadOnly())
        for opening in ("The wind blew all night, and in the morning the boat was gone.", PROMPT):
            window.actions_by_name["new"].trigger()
            window.editor.setPlainText(opening)
            window.actions_by_name["generate"].trigger()
            wait(lambda: window.editor.is_generating)
            wait(lambda: not window.editor.is_generating)
        window.editor.set_caret(len(PROMPT) + 24)
        for step in ("", *shot.steps):
            if step:
                _do(window, step)
            end = time.monotonic() + 1.5  # saved, measured, read, drawn
            while time.monotonic() < end:
                QApplication.processEvents()
                time.sleep(0.005)
            wait(lambda: not window.editor.is_generating)
        (QApplication.activeModalWidget() or _topmost(window)).grab().save(str(file))
        window.close()


def _do(window: MainWindow, step: str) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox

    name, _, number = step.partition("=")
    if name in window.actions_by_name:
        window.actions_by_name[name].trigger()
    elif number and (boxes := window.findChildren(QComboBox, name)):
        boxes[0].setCurrentIndex(int(number))
    elif number:
        window.findChildren(QSpinBox, name)[0].setValue(int(number))
    else:
        window.findChildren(QAbstractButton, name)[0].click()


def _topmost(window: QWidget) -> QWidget:
    """The dialog over the window, if one is open."""
    from PySide6.QtWidgets import QDialog

    dialogs = [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
    return dialogs[-1] if dialogs else window


def main(arguments: list[str]) -> int:
    """`[FOLDER [NAME…]]`, or what `take_all` calls this program with: TAKE FILE NAME."""
    if arguments[:1] == [TAKE]:
        take(Path(arguments[1]), SHOTS[arguments[2]])
        return 0
    return take_all(Path(arguments[0]) if arguments else FOLDER, arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
