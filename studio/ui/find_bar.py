"""Find and replace in the text: F3 and Shift+F3 go on, Esc closes. Long texts are searched bit by bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.core.history import Edit
from studio.core.manuscript import Manuscript
from studio.ui.document_mirror import clean
from studio.ui.editor import MAX_TEXT_CHARACTERS, Editor
from studio.ui.find_controls import FindControls
from studio.ui.replacing import Changes, TooLongError, carry_out, prepare
from studio.ui.text_search import PatternError, Query, Scan
from studio.ui.theme import Theme

SLICE_S = 0.008
"""Searching has the window for so long at a time."""

RESCAN_MS = 200
"""So long after the last change of the text, what is found is counted again."""


class FindBar(FindControls):
    """Looks for words in an Editor, and puts others in their place."""

    closed = Signal()

    def __init__(self, editor: Editor, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("findBar")
        self._editor = editor
        self._scan: Scan | None = None
        self._within: tuple[Manuscript, int, int] | None = None  # only there
        self._wish: Callable[[Scan], tuple[int, int] | None] | None = None  # where to go once it is found
        self._replacing: Iterator[None] | None = None
        self._done = ""  # what was done last, until something else is
        self._work = self._timer(0, self._on_work)
        self._work.setSingleShot(False)
        self._rescan = self._timer(RESCAN_MS, self._on_rescan)
        self.field.textEdited.connect(self._on_edited)
        for button in (self.case, self.whole, self.pattern):
            button.toggled.connect(self._on_edited)
        self.within_selection.clicked.connect(self._on_selection_only)
        self.previous.clicked.connect(self.find_previous)
        self.following.clicked.connect(self.find_next)
        self.close_button.clicked.connect(self.close_bar)
        self.replace_button.clicked.connect(self.replace_one)
        self.replace_all_button.clicked.connect(self.replace_all)
        editor.undo_changed.connect(self._on_text_changed)
        editor.mirror.edited.connect(self._on_typed)
        self.hide()

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # -- opening and closing -------------------------------------------------------------------------------

    @Slot()
    def open_bar(self) -> None:
        """Show the bar, with the selected words in it."""
        start, end = self._editor.selection()
        selected = self._editor.manuscript.text[start:end]
        if selected and "\n" not in selected and len(selected) <= 100 and not self.pattern.isChecked():
            self.field.setText(selected)
        self.show()
        self.field.setFocus()
        self.field.selectAll()
        self._start(None)

    @Slot()
    def open_replace(self) -> None:
        """Show the bar with the field for other words."""
        self.more.setChecked(True)
        self.open_bar()

    @Slot()
    def close_bar(self) -> None:
        """Hide the bar; the keyboard goes back to the text."""
        self._work.stop()
        self._rescan.stop()
        self._replacing = self._wish = None
        self.hide()
        self._editor.setFocus()
        self.closed.emit()

    # -- finding -------------------------------------------------------------------------------------------

    @Slot()
    def find_next(self) -> None:
        """Go to the next place after the caret, from the top again after the last."""
        end = self._editor.selection()[1]
        self._start(lambda scan: scan.next_from(end))

    @Slot()
    def find_previous(self) -> None:
        """Go to the last place before the selection, from the bottom again before the first."""
        start = self._editor.selection()[0]
        self._start(lambda scan: scan.last_before(start))

    @Slot()
    def _on_edited(self) -> None:
        start = self._editor.selection()[0]
        self._start(lambda scan: scan.next_from(start))

    def _query(self) -> Query:
        options = (button.isChecked() for button in (self.case, self.whole, self.pattern))
        return Query(self.field.text(), *options)

    def _start(self, wish: Callable[[Scan], tuple[int, int] | None] | None) -> None:
        """Look for what the field says, unless that is being done; then go where `wish` says."""
        self._done = ""
        self._replacing = None
        self._wish = wish
        query, text = self._query(), self._editor.manuscript.text
        scan, place = self._scan, self._range()
        if scan is None or scan.query != query or scan.text is not text or scan.range != place:
            self._scan = None
            self.say("")
            if query.words:
                try:
                    self._scan = Scan(query, text, *place)
                except PatternError as error:
                    text = self.tr("This pattern cannot be read from its character {n} on.")
                    self.say(text.format(n=error.position + 1))
        self._on_work()

    def _range(self) -> tuple[int, int]:
        manuscript = self._editor.manuscript
        if self._within is not None and self._within[0] is not manuscript:
            self._within = None
            self.within_selection.setChecked(False)
        length = len(manuscript.text)
        return (
            (0, length)
            if self._within is None
            else (min(self._within[1], length), min(self._within[2], length))
        )

    @Slot()
    def _on_work(self) -> None:
        """Search or replace a little more; the timer calls again while there is something left."""
        until = time.perf_counter() + SLICE_S
        if self._scan is not None and not self._scan.is_done:
            self._scan.work(SLICE_S)
        if self._scan is not None and self._wish is not None and (found := self._wish(self._scan)):
            self._wish = None
            if not self._editor.mirror.is_busy:
                self._editor.set_caret(found[1], anchor=found[0])
        if self._scan is not None and self._scan.is_done:
            self._wish = None
            while self._replacing is not None and time.perf_counter() < until:
                self._replace_more(self._replacing)
        left = self._replacing is not None or (self._scan is not None and not self._scan.is_done)
        if left and not self._work.isActive():
            self._work.start()
        elif not left:
            self._work.stop()
        self._show_count()

    def _show_count(self) -> None:
        scan = self._scan
        if scan is None:
            self.count.clear()
            return
        if scan.was_too_slow:
            self.say(self.tr("This pattern takes too long. Make it simpler: not (a+)+, but a+."))
        n, more = scan.number_of(*self._editor.selection()) + 1, "" if scan.is_done else "…"
        if n:
            self.count.setText(self.tr("{n} of {total}").format(n=f"{n:,}", total=f"{len(scan):,}{more}"))
        elif len(scan) or more:
            self.count.setText(self.tr("{total} found").format(total=f"{len(scan):,}{more}"))
        else:
            self.count.setText(self.tr("not found"))

    # -- the text changes ----------------------------------------------------------------------------------

    @Slot()
    def _on_text_changed(self) -> None:
        if self.isVisible():
            self._rescan.start()

    @Slot()
    def _on_rescan(self) -> None:
        if self._scan is None or self._scan.text is not self._editor.manuscript.text:
            done, wish = self._done, self._wish
            self._start(wish)
            self._done = done
            if done:
                self.say(done)

    @Slot(object)
    def _on_typed(self, edit: Edit) -> None:
        self._move_range(
            edit.position, edit.position + len(edit.removed), len(edit.inserted) - len(edit.removed)
        )

    def _move_range(self, start: int, end: int, growth: int) -> None:
        """The stretch that is searched moves with what is changed before and in it."""
        if self._within is not None:
            manuscript, first, last = self._within
            first += growth if end <= first else 0
            last += growth if start < last else 0
            self._within = manuscript, first, max(first, last)

    @Slot(bool)
    def _on_selection_only(self, checked: bool) -> None:
        start, end = self._editor.selection()
        self._within = (self._editor.manuscript, start, end) if checked and end > start else None
        self.within_selection.setChecked(self._within is not None)
        self._start(lambda scan: scan.next_from(start))
        if checked and self._within is None:
            self.say(self.tr("Select the text to search in first."))

    # -- replacing -----------------------------------------------------------------------------------------

    def _may_replace(self) -> bool:
        if self._editor.isReadOnly():
            self.say(self.tr("The text cannot be changed now: it is being written, or open to read only."))
            return False
        return bool(self.field.text())

    @Slot()
    def replace_one(self) -> None:
        """Put the other words in the place that is selected, and go to the next."""
        if not self._may_replace():
            return
        start, end = self._editor.selection()
        self._start(None)
        scan = self._scan
        number = scan.number_of(start, end) if scan is not None else -1
        if scan is None or number < 0:
            self.find_next()
            return
        try:
            new = clean(scan.replacement(number, self.replace_field.text()))
        except PatternError:
            self._refuse_replacement()
            return
        if len(scan.text) + len(new) - (end - start) > MAX_TEXT_CHARACTERS:
            self._refuse_too_long()
            return
        self._editor.replace_range(start, end, new)
        self._move_range(start, end, len(new) - (end - start))
        self.find_next()

    @Slot()
    def replace_all(self) -> None:
        """Put the other words in all places found, as one undo step."""
        if self._may_replace():
            self._start(None)
            self._replacing = self._replace_all(self.replace_field.text())
            self._on_work()

    def _replace_more(self, job: Iterator[None]) -> None:
        try:
            next(job)
            return
        except StopIteration:
            pass
        except PatternError:
            self._refuse_replacement()
        except TooLongError:
            self._refuse_too_long()
        self._replacing = None

    def _refuse_replacement(self) -> None:
        self.say(
            self.tr("The replacement cannot be read: \\1 is the first part in brackets, \\\\ is a backslash.")
        )

    def _refuse_too_long(self) -> None:
        limit = f"{MAX_TEXT_CHARACTERS:,}"
        text = self.tr("The text would be longer than {limit} characters. Nothing was replaced.")
        self.say(text.format(limit=limit))

    def _replace_all(self, template: str) -> Iterator[None]:
        """Everything is found by now. Nothing is changed before all is ready."""
        scan, editor, changes = self._scan, self._editor, Changes()
        if scan is None or not len(scan) or scan.was_too_slow:
            return
        yield from prepare(scan, template, editor.manuscript, changes)
        if editor.manuscript.text is not scan.text or not self._may_replace():
            return
        self._replacing = None
        carry_out(changes, editor)
        self._move_range(scan.starts[0], scan.ends[-1], changes.growth)
        self._done = self.tr("Replaced: {n}.").format(n=f"{len(scan):,}")
        self.say(self._done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, or replaces; Esc closes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.replace_field.hasFocus():
                self.replace_one()
            elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.find_previous()
            else:
                self.find_next()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)
