"""Child of the fault scripts: the real app, offscreen, with a seeded hand that types and generates.

    writer.py --library DIR --pipe FD [--seed N] [--check | --close-after S | --mutant ack-before-commit]

It observes and mocks nothing. On the pipe, one line each:
    open                                   the library is open, the editor takes keys
    loaded                                 the model is ready
    sent SESSION REVISION SHA N GEN TOKENS a save goes to the library (GEN 0: without a generation)
    ack SESSION REVISION                   the library says it is committed; the window shows "Saved"
    tok GEN N MONOTONIC                    N tokens of that generation are on the screen
    trouble WORDS                          the library or the model said that something failed
    shown SESSION REVISION SHA QUESTIONS   with --check and at the end: what the window shows
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QSpinBox

from studio import app as studio_app
from studio.controller import Controller
from studio.core import messages as m
from studio.core.history import ROOT
from studio.library_worker import SaveSettings
from studio.store import records as r
from studio.store.librarian import Librarian
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread, ModelThread
from tests.faults.process import sha_of

WORDS = ("The ", "wind ", "went ", "over\n", "hill ", "and, ", "so ", "café ", "海 ", "🌊 ", "never ", "\n\n")
LENGTHS = (20, 100, 300, 450)


class Report:
    """Lines to the parent, each whole and at once."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)  # the model process must not keep the pipe open
        self._descriptor = descriptor

    def __call__(self, *words: object) -> None:
        os.write(self._descriptor, (" ".join(map(str, words)) + "\n").encode())


def observed_submit(report: Report, stack: ExitStack) -> None:
    """Tell of every save before it is handed to the library's thread."""
    submit = LibraryThread.submit

    def tell_and_submit(thread: LibraryThread, request: r.LibraryRequest | SaveSettings) -> None:
        if isinstance(request, r.SaveSession | r.SaveGeneration):
            session = request.session
            generation = request.generation if isinstance(request, r.SaveGeneration) else None
            report(
                "sent",
                session.id,
                session.revision,
                sha_of(session.text, session.runs),
                len(session.text),
                generation.id if generation else 0,
                generation.n_tokens if generation else 0,
            )
        submit(thread, request)

    stack.enter_context(patch.object(LibraryThread, "submit", tell_and_submit))


def ack_before_commit(stack: ExitStack) -> None:
    """The mutant: a library that says "Saved" before it has saved. It must not get away with it."""
    run = Librarian.run

    def hasty_run(librarian: Librarian, request: r.LibraryRequest) -> Iterator[r.LibraryMessage]:
        if not isinstance(request, r.SaveSession | r.SaveGeneration):
            yield from run(librarian, request)
            return
        session = request.session
        summary = r.SessionSummary(session.id, session.title, "", "", "", len(session.text))
        yield r.Saved(session.id, session.revision, summary)
        yield from (answer for answer in run(librarian, request) if not isinstance(answer, r.Saved))

    stack.enter_context(patch.object(Librarian, "run", hasty_run))


class Hand(QObject):
    """Writes, lets the model write, changes its mind; every 5 to 80 ms something."""

    def __init__(self, window: MainWindow, report: Report, chance: random.Random) -> None:
        super().__init__(window)
        self._window, self._report, self._chance = window, report, chance
        controller = window.findChild(Controller)
        model, library = window.findChild(ModelThread), window.findChild(LibraryThread)
        assert isinstance(controller, Controller)
        assert isinstance(model, ModelThread)
        assert isinstance(library, LibraryThread)
        self._controller, self._library = controller, library
        self._shown: dict[int, int] = {}  # generation -> tokens
        self._opened = self._loaded = False
        model.message.connect(self._on_message)
        library.message.connect(self._on_library_message)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._act)

    def start(self) -> None:
        """Begin as soon as the editor takes keys."""
        self._timer.start(0)

    def show_state(self) -> None:
        """Tell what the window shows."""
        session = self._controller.sessions.snapshot()
        questions = sum(isinstance(w, QDialog) and w.isVisible() for w in QApplication.topLevelWidgets())
        manuscript = self._window.editor.manuscript
        revision = session.revision if session else 0
        sha = sha_of(manuscript.text, manuscript.runs)
        self._report("shown", session.id if session else 0, revision, sha, questions)

    @property
    def is_open(self) -> bool:
        """Whether the library is open and its text wholly shown."""
        return self._opened and not self._window.editor.mirror.is_busy

    def _on_message(self, message: m.Message) -> None:
        # Connected after the controller: the tokens are in the text.
        if isinstance(message, m.TokensGenerated) and message.job_id == self._controller.writing.job_id:
            generation = self._controller.writing.next_generation_id - 1
            self._shown[generation] = self._shown.get(generation, 0) + len(message.tokens)
            self._report("tok", generation, self._shown[generation], time.monotonic())
        elif isinstance(message, m.ModelLoaded):
            self._loaded = True
            self._report("loaded")
        elif isinstance(message, m.JobFailed):
            self._report("trouble", message.what_happened, message.report.replace("\n", "|"))

    def _on_library_message(self, message: r.LibraryMessage) -> None:
        match message:
            case r.Saved():
                self._report("ack", message.session_id, message.revision)
            case r.LibraryOpened():
                self._opened = True
                self._report("open")
            case r.LibraryFailed() | r.RequestFailed():
                self._report("trouble", message.what_happened)
            case _:
                pass

    def _act(self) -> None:
        self._timer.start(self._chance.randrange(5, 80))
        window, editor, chance = self._window, self._window.editor, self._chance
        actions = window.actions_by_name
        if not self.is_open:
            return
        if editor.is_generating:
            if chance.random() < 0.03:
                actions["stop"].trigger()
            return
        if editor.isReadOnly():
            return
        choice = chance.random()
        if self._loaded and choice < 0.12:
            length = window.findChild(QSpinBox, "param_max_new_tokens")
            stop = window.findChild(QCheckBox, "param_stop_at_end_of_text")
            assert isinstance(length, QSpinBox)
            assert isinstance(stop, QCheckBox)
            length.setValue(chance.choice(LENGTHS))
            stop.setChecked(False)
            actions["retry" if choice < 0.03 else "generate"].trigger()
        elif choice < 0.20:
            QTest.keyClick(editor, Qt.Key.Key_Backspace)
        elif choice < 0.24:
            actions["undo" if choice < 0.22 else "redo"].trigger()
        elif choice < 0.26:
            nodes = [ROOT, *editor.manuscript.history.nodes]
            editor.go_to(chance.choice(nodes)) if choice < 0.25 else editor.flip(chance.choice((-1, 1)))
        elif choice < 0.28:
            editor.set_caret(chance.randrange(len(editor.toPlainText()) + 1))
        elif choice < 0.30:
            actions["save"].trigger()
        elif choice < 0.315:
            actions["new"].trigger()
        elif choice < 0.33:
            others = [s.id for s in window.sessions.model.sessions()]
            if others:
                window.sessions.open_requested.emit(chance.choice(others))
        elif choice < 0.333:
            self._library.submit(r.BackupNow(only_if_due=chance.random() < 0.5))
        elif choice < 0.34 and editor.manuscript.history.nodes:
            node = chance.choice(list(editor.manuscript.history.nodes.values()))
            if choice < 0.336:
                window.tree.rename_requested.emit(node.id, "named", not node.bookmarked)
            else:
                tree = window.tree
                (tree.bring_back_requested if node.pruned else tree.prune_requested).emit(node.id)
        elif choice < 0.345:
            start = editor.caret()
            editor.replace_range(start, start, "pasted words " * chance.randrange(1, 2000))
        else:
            editor.replace_range(
                *editor.selection(), chance.choice(WORDS)
            ) if choice < 0.4 else QTest.keyClicks(
                editor, chance.choice(WORDS[:4]).strip("\n") + chance.choice("abcdefgh ")
            )


def main() -> int:
    """Run the app under the hand until it is killed, closed or has been looked at."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--library", required=True)
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="only look at what the window shows, then close")
    parser.add_argument("--close-after", type=float, help="close the window after so many seconds")
    parser.add_argument("--mutant", choices=["ack-before-commit"])
    arguments = parser.parse_args()
    report = Report(arguments.pipe)
    with ExitStack() as stack:
        observed_submit(report, stack)
        if arguments.mutant:
            ack_before_commit(stack)
        app, window = studio_app.create(["gpt2-studio", "--library", arguments.library])
        studio_app._Signals(window)
        hand = Hand(window, report, random.Random(arguments.seed))
        window.show()
        if arguments.close_after is not None:
            QTimer.singleShot(round(1000 * arguments.close_after), window.close)
        if arguments.check:
            look = QTimer(window)

            def look_once() -> None:
                if hand.is_open:
                    look.stop()
                    QTimer.singleShot(100, window.close)

            look.timeout.connect(look_once)
            look.start(20)
        else:
            hand.start()
        window.closing.connect(hand.show_state)
        return app.exec()


if __name__ == "__main__":
    sys.exit(main())
