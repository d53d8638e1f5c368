"""File → Export coloured text: the text as its colours show it, with every token's numbers, as a web page."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QDateTime, QLocale, QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from studio.core.errors import StudioError
from studio.core.manuscript import Origin
from studio.export.coloured_page import Page, Piece, Shade, coloured_page
from studio.export.naming import file_name, with_suffix
from studio.export.saving import replacing
from studio.insight import Insight
from studio.sessions import Sessions
from studio.ui.heat.kinds import BY_NAME, LEVELS, heat_colour, in_words, share, translate
from studio.ui.main_window import MainWindow
from studio.ui.sentences import together, translated
from studio.ui.text_numbers import LN2, Columns, TextToken
from studio.ui.theme import DARK, LIGHT, Theme
from studio.writing import Writing

GENERATED, EDITED = 1, 2
"""The shades of origins."""

_SHADE_OF = {Origin.GENERATED: GENERATED, Origin.EDITED: EDITED}

Stretch = tuple[int, int, int]
"""Where a stretch of one origin begins and ends in the text, and its shade."""


def _heat(theme: Theme, level: int) -> str:
    return heat_colour(theme, level, theme.paper).name()


def _tokens(columns: Columns) -> Iterator[TextToken]:
    for start, end, surprisal, entropy, rank in zip(*columns, strict=True):
        yield TextToken(0, start, end, -surprisal * LN2, int(rank), entropy * LN2, None)


def heat_pieces(text: str, columns: Columns, kind: str) -> Iterator[Piece]:
    """All of the text, each token with the shade of its heat and its numbers in words.

    Tokens that complete no character are told of, and heat, where the character is complete.
    """
    at, level, titles = 0, 0, list[str]()
    for token in _tokens(columns):
        level = max(level, round(LEVELS * share(kind, token)))
        titles.append(in_words(token, kind))
        start, end = max(token.start, at), token.end
        if end <= start:
            continue
        if start > at:
            yield Piece(text[at:start])
        yield Piece(text[start:end], level, "\n".join(titles))
        at, level, titles = end, 0, []
    if at < len(text):
        yield Piece(text[at:])


def by_origin(pieces: Iterable[Piece], origins: Sequence[Stretch]) -> Iterator[Piece]:
    """The same pieces in the shades of where they come from, cut where that changes."""
    ends = [end for _, end, _ in origins]
    at = 0
    for piece in pieces:
        text = piece.text
        while text:
            index = bisect_right(ends, at)
            end, shade = (ends[index], origins[index][2]) if index < len(ends) else (at + len(text), 0)
            head, text = text[: end - at], text[end - at :]
            yield Piece(head, shade, piece.title)
            at += len(head)


class ColouredText(QObject):
    """Asks where to, writes the file while the window goes on, says how it went."""

    _written = Signal(str, object)  # path, StudioError | None

    def __init__(
        self, window: MainWindow, insight: Insight, sessions: Sessions, writing: Writing, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._insight, self._sessions, self._writing = window, insight, sessions, writing
        self._written.connect(self._on_written)
        window.actions_by_name["export_coloured"].triggered.connect(self._on_export)

    @Slot()
    def _on_export(self) -> None:
        folder = self._window.settings.export_folder
        suggested = file_name(self._sessions.title()) + ".html"
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export coloured text"),
            str(Path(folder, suggested)) if folder else suggested,
            "*.html",
        )
        if name:
            path = with_suffix(Path(name), ".html")
            self._window.settings = replace(self._window.settings, export_folder=str(path.parent))
            self.write(path)

    def write(self, path: Path) -> None:
        """Write the text as it is now, whole or not at all."""
        button = self._window.heat.button
        kind = button.last if button.kind == "off" else button.kind
        manuscript, columns = self._window.editor.manuscript, self._insight.numbers.columns()
        text, page = manuscript.text, self._page(kind, len(columns.starts))
        pieces: Iterable[Piece]
        if kind == "origin":
            found = manuscript.origins(0, len(text))
            stretches = [(start, end, _SHADE_OF.get(origin, 0)) for start, end, origin in found]
            pieces = by_origin(heat_pieces(text, columns, kind), stretches)
        else:
            pieces = heat_pieces(text, columns, kind)

        def work() -> None:
            trouble = None
            try:
                with replacing(path) as file:
                    file.writelines(coloured_page(page, pieces))
            except StudioError as error:
                trouble = error
            with suppress(RuntimeError):  # the window was closed meanwhile; the file is written
                self._written.emit(str(path), trouble)

        Thread(target=work, name="coloured text").start()

    def _page(self, kind: str, n_tokens: int) -> Page:
        shown = BY_NAME[kind]
        legend: tuple[tuple[int, str], ...]
        if kind == "origin":
            shades = [
                Shade(LIGHT.paper, DARK.paper),
                Shade(LIGHT.tint, DARK.tint),
                Shade(LIGHT.tint, DARK.tint, True),
            ]
            legend = ((GENERATED, self.tr("generated")), (EDITED, self.tr("changed by you")))
        else:
            shades = [Shade(_heat(LIGHT, level), _heat(DARK, level)) for level in range(LEVELS + 1)]
            legend = tuple((math.floor(LEVELS * place), translate(tick)) for place, tick in shown.ticks)
        return Page(
            self._sessions.title(),
            tuple(self._facts(n_tokens)),
            translate(shown.title),
            translate(shown.meaning),
            legend,
            shades,
            *(Shade(getattr(LIGHT, n), getattr(DARK, n)) for n in ("paper", "ink", "quiet", "line")),
        )

    def _facts(self, n_tokens: int) -> Iterator[str]:
        model = self._insight.old_model or (self._writing.model.name if self._writing.model else "")
        if model:
            yield self.tr("numbers of {model}").format(model=model)
        yield QLocale().toString(QDateTime.currentDateTime(), QLocale.FormatType.LongFormat)
        if n_tokens == 1:
            yield self.tr("1 token read")
        else:
            yield self.tr("{n} tokens read").format(n=f"{n_tokens:,}")
        if self._insight.numbers.any_stale:
            yield self.tr("some numbers are from before the last change")

    @Slot(str, object)
    def _on_written(self, path: str, trouble: StudioError | None) -> None:
        if trouble is None:
            self._window.notice.show_notice(self.tr("Exported to {path}.").format(path=path), "info")
        else:
            self._window.notice.show_notice(together(*translated(trouble)), "error")
