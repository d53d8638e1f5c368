"""Child of start_stop.py: one process that makes, shows and closes the app's window N times.

reopener.py LIBRARY N SEED
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QTimer

from studio import app as studio_app
from studio.core import messages as m
from studio.ui.main_window import MainWindow
from studio.worker import ModelThread


def close_some_time(window: MainWindow, chance: random.Random) -> None:
    """After a random time, or a moment after the model has begun to write."""
    if chance.random() < 0.6:
        QTimer.singleShot(chance.randrange(0, 2500), window.close)
        return
    model = window.findChild(ModelThread)
    assert isinstance(model, ModelThread)

    def on_message(message: m.Message) -> None:
        if isinstance(message, m.ModelLoaded):
            window.editor.setPlainText("Once upon a time")
            window.actions_by_name["generate"].trigger()
        elif isinstance(message, m.TokensGenerated):
            QTimer.singleShot(chance.randrange(0, 100), window.close)

    model.message.connect(on_message)


def main() -> int:
    """Again and again."""
    library, n, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    for _ in range(int(n)):
        app, window = studio_app.create(["gpt2-studio", "--library", library])
        window.show()
        close_some_time(window, chance)
        app.exec()
        window.deleteLater()
        print("closed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
