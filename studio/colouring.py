"""Brings the numbers of the text to what shows them: heat and legend, the ribbon, the curve."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.coloured_text import ColouredText
from studio.insight import Insight, Pointed
from studio.sessions import Sessions
from studio.ui.main_window import MainWindow
from studio.ui.text_series import TextSeries
from studio.writing import Writing

SERIES_MS = 150
"""Ribbon and curve follow the numbers this often at most, ..."""

SERIES_SHARE = 10
"""... and so that they take at most one part in this many of the time."""

STALE_MS = 700
"""Numbers that are renewed sooner than this are not hatched: nothing flickers at a key."""

QUIET_MS = 400
"""Reading that takes less than this needs no words."""


class Colouring(QObject):
    """Connects an Insight with the window's views."""

    series_changed = Signal(object)  # TextSeries

    def __init__(
        self, window: MainWindow, insight: Insight, sessions: Sessions, writing: Writing, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._insight = insight
        self.series = TextSeries()
        self.coloured_text = ColouredText(window, insight, sessions, writing, self)
        self._series_timer = self._timer(SERIES_MS, self.renew)
        self._stale_timer = self._timer(STALE_MS, self._mark_stale)
        self._quiet_timer = self._timer(QUIET_MS, self._show_state)
        heat, curve = window.heat, window.bottom.curve
        heat.painter.numbers = insight.numbers
        insight.numbers_changed.connect(self._on_numbers)
        insight.pointed_changed.connect(self._on_pointed)
        insight.reading_changed.connect(self._on_reading)
        heat.button.chosen.connect(self._on_kind)
        window.editor.mirror.changed.connect(self._on_edited)
        window.editor.mirror.loaded.connect(self._on_loaded)
        window.editor.selectionChanged.connect(self._on_selection)
        window.bottom.currentChanged.connect(self._on_page)
        curve.wanted.connect(self._on_wanted)
        window.actions_by_name["curve"].triggered.connect(self._on_curve)
        action = window.actions_by_name["read_all"]
        action.triggered.connect(self._on_read_all)
        for button in (heat.legend.read_button, curve.read_button):
            button.clicked.connect(action.trigger)
        self._show_state()

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # -- numbers -------------------------------------------------------------------------------------------

    @Slot()
    def _on_numbers(self) -> None:
        if self._insight.old_model:
            self._set_stale(True)
        if self._window.heat.kind != "off":
            self._window.editor.viewport().update()
        if not self._series_timer.isActive():
            self._series_timer.start()

    @Slot()
    def renew(self) -> None:
        """Show the numbers as they are now in ribbon and curve."""
        started = time.perf_counter()
        if self._window.editor.mirror.is_busy:
            self._series_timer.start()
            return
        self.series = TextSeries(self._insight.numbers)
        self._window.heat.ribbon.show_series(self.series)
        self._window.bottom.curve.show_series(self.series, self._window.editor.manuscript.text)
        self._show_state()
        self.series_changed.emit(self.series)
        took_ms = 1000 * (time.perf_counter() - started)
        self._series_timer.setInterval(max(SERIES_MS, round(SERIES_SHARE * took_ms)))

    @Slot(object)
    def _on_edited(self, _edit: object) -> None:
        if not self._stale_timer.isActive():
            self._stale_timer.start()

    @Slot()
    def _on_loaded(self) -> None:
        self._stale_timer.stop()
        self._set_stale(False)

    @Slot()
    def _mark_stale(self) -> None:
        self._set_stale(self._insight.numbers.any_stale)

    def _set_stale(self, marks: bool) -> None:
        painter = self._window.heat.painter
        if painter.marks_stale != marks:
            painter.marks_stale = marks
            self._window.editor.viewport().update()
            self._show_state()

    @Slot(str)
    def _on_kind(self, _kind: str) -> None:
        self._show_state()
        self._on_pointed(self._insight.pointed)

    @Slot(object)
    def _on_pointed(self, pointed: Pointed) -> None:
        token, text = pointed.token, self._window.editor.manuscript.text
        self._window.heat.legend.show_token(token, text[token.start : token.end] if token else "")
        self._window.bottom.curve.show_pointed(pointed.offset)

    @Slot()
    def _on_selection(self) -> None:
        if not self._window.editor.mirror.is_busy:
            self._window.bottom.curve.show_selection(*self._window.editor.selection())

    @Slot(int)
    def _on_page(self, _index: int) -> None:
        self._window.bottom.curve.show_pointed(self._insight.pointed.offset)

    @Slot()
    def _on_curve(self) -> None:
        self._window.show_panel("bottom_panel")
        self._window.bottom.setCurrentWidget(self._window.bottom.curve)
        self._window.bottom.curve.take_focus()

    @Slot(int)
    def _on_wanted(self, offset: int) -> None:
        """Someone pointed at a token of the curve or a sentence: put the caret behind its first character."""
        self._window.editor.set_caret(offset)
        self._window.heat.show_character(offset)

    # -- reading -------------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_reading(self, reading: bool) -> None:
        if reading:
            self._quiet_timer.start()
        else:
            self._quiet_timer.stop()
            self._stale_timer.stop()
            self._mark_stale()
            self._series_timer.start()
            self._show_state()

    @Slot()
    def _on_read_all(self) -> None:
        if self._insight.is_reading_whole:
            self._insight.cancel_whole()
        else:
            self._insight.read_whole()
        self._show_state()

    @Slot()
    def _show_state(self) -> None:
        """How the reading goes, in words, where the numbers are."""
        insight, action = self._insight, self._window.actions_by_name["read_all"]
        known, whole = len(self.series), insight.is_reading_whole
        self._window.actions_by_name["export_coloured"].setEnabled(known > 0)
        text = ""
        shows_progress = insight.is_reading and not self._quiet_timer.isActive()
        if shows_progress or whole:
            text = self.tr("reading… {percent}%").format(percent=round(100 * insight.progress))
        elif insight.old_model:
            text = self.tr("old numbers: {model}").format(model=insight.old_model)
        elif self._window.heat.painter.marks_stale:
            text = self.tr("being read again")
        length = len(self._window.editor.manuscript.text)
        covered = self.series.ends[-1] - self.series.starts[0] if known else 0
        more = not insight.is_reading and 0 < covered < length
        action.setChecked(whole)
        old = self._window.heat.painter.marks_stale
        legend, curve = self._window.heat.legend, self._window.bottom.curve
        legend.show_state(text, old=old, more=more, reading=whole)
        curve.show_state(text, more=more, reading=whole)
