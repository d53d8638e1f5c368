"""The sentences of the text by how surprising they are; a click goes there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from studio.ui.text_series import TextSeries

Index = QModelIndex | QPersistentModelIndex

_CLOSING = r"""["'”’»」』)\]]*"""
_END = re.compile(rf"[。！？]+{_CLOSING}|[.!?…]+{_CLOSING}(?=\s|[^\x00-\u2fff]|$)|\n+")
SHOWN_CHARS = 160


@dataclass(frozen=True, slots=True)
class SentenceSpan:
    """A sentence with its mean surprisal, bits per token."""

    start: int
    end: int
    bits: float
    n_tokens: int


def cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end in start..end, without the space between them."""
    at = start
    for last in _ends(text, start, end):
        piece = text[at:last]
        if words := piece.strip():
            begin = at + len(piece) - len(piece.lstrip())
            yield begin, begin + len(words)
        at = last


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    for match in _END.finditer(text, start, end):
        yield match.end()
    yield end


def sentences(series: TextSeries, text: str) -> Iterator[SentenceSpan]:
    """Those of which something is known, in the order of the text."""
    if not len(series):
        return
    for start, end in cut(text, series.starts[0], min(series.ends[-1], len(text))):
        first, last = series.span(start, end)
        if last > first:
            yield SentenceSpan(start, end, series.mean_bits(first, last), last - first)


class SentenceModel(QAbstractTableModel):
    """Columns: mean surprisal, tokens, the sentence."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self._sentences: list[SentenceSpan] = []
        self._text = ""
        self._sorted_by, self._order = 0, Qt.SortOrder.DescendingOrder

    def show_sentences(self, found: list[SentenceSpan], text: str) -> None:
        """Show others, sorted as before."""
        if found == self._sentences and text == self._text:
            return
        self.beginResetModel()
        self._sentences, self._text = found, text
        self._arrange()
        self.endResetModel()

    def sentence(self, row: int) -> SentenceSpan:
        """The one in a row."""
        return self._sentences[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """One row a sentence."""
        return 0 if parent.isValid() else len(self._sentences)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Bits, tokens, sentence."""
        return 0 if parent.isValid() else 3

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        titles = (
            (
                self.tr("bits"),
                self.tr(
                    "Surprisal: the mean of the sentence's tokens, in bits. "
                    "3 bits is one in 8, 7 is one in 128."
                ),
            ),
            (self.tr("tokens"), self.tr("Tokens of the sentence that the model has read")),
            (self.tr("sentence"), self.tr("In the order of the text; click a title to sort by it")),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return titles[section][0]
        return titles[section][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        sentence = self._sentences[index.row()]
        words = " ".join(self._text[sentence.start : min(sentence.end, sentence.start + SHOWN_CHARS)].split())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            number = f"{sentence.bits:.1f}" if math.isfinite(sentence.bits) else "∞"
            return (number, f"{sentence.n_tokens:,}", words)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() < 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; sentences by their place in the text."""
        self.beginResetModel()
        self._sorted_by, self._order = column, order
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        keys = (lambda s: s.bits, lambda s: s.n_tokens, lambda s: s.start)
        self._sentences = sorted(
            sorted(self._sentences, key=keys[2]),
            key=keys[self._sorted_by],
            reverse=self._order == Qt.SortOrder.DescendingOrder,
        )


class SentenceList(QTableView):
    """A table; Enter or a click wants the sentence in the text."""

    wanted = Signal(int)  # the character it begins with

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("curveSentences")
        self.setAccessibleName(self.tr("Sentences by surprisal"))
        self.setToolTip(self.tr("How surprising each sentence was on average. Click one to go there."))
        self.sentence_model = SentenceModel(self)
        self.setModel(self.sentence_model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicator(0, Qt.SortOrder.DescendingOrder)
        self.clicked.connect(self._on_chosen)
        self.activated.connect(self._on_chosen)

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        self.wanted.emit(self.sentence_model.sentence(index.row()).start)
