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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "packaging" / "screenshots"
PROMPT = "Once upon a time, there was a little fox who lived under an old oak tree."
SIZE = (1280, 800)
SEED = 8
TAKE = "--take"

SHOTS = {
    "window-light": ("light", "en", "1"),
    "window-dark": ("dark", "en", "1"),
    "window-light-zh": ("light", "zh_CN", "1"),
    "window-dark-zh": ("dark", "zh_CN", "1"),
    "window-light-2x": ("light", "en", "2"),
    "window-dark-zh-2x": ("dark", "zh_CN", "2"),
}


def take_all(folder: Path, names: list[str]) -> int:
    """Take the named pictures (all if none is named); returns an exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or SHOTS:
        theme, language, scale = SHOTS[name]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
        environment["PYTHONPATH"] = str(ROOT)
        command = [sys.executable, __file__, TAKE, str(folder / f"{name}.png"), theme, language]
        status = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        if status:
            return status
        print(f"{folder / name}.png")
    return 0


def take(file: Path, theme: str, language: str) -> None:
    """Write a little, let the model go on, look at a token, take the picture."""
    from PySide6.QtWidgets import QApplication

    from studio import app

    with tempfile.TemporaryDirectory() as library:
        Path(library, "settings.toml").write_text(
            f'theme = "{theme}"\nlanguage = "{language}"\n'
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
        end = time.monotonic() + 1.5  # saved, measured, counted
        wait(lambda: time.monotonic() > end)
        window.grab().save(str(file))
        window.close()


def main(arguments: list[str]) -> int:
    """`[FOLDER [NAME…]]`, or what `take_all` calls this program with: TAKE FILE THEME LANGUAGE."""
    if arguments[:1] == [TAKE]:
        take(Path(arguments[1]), arguments[2], arguments[3])
        return 0
    return take_all(Path(arguments[0]) if arguments else FOLDER, arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
