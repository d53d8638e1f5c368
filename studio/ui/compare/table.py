"""Every stretch of the compared text as a row, those that differ most first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from studio.core.compared import difference_bits
from studio.core.messages import ComparedStretch
from studio.ui.compare import words
from studio.ui.glyphs import visible
from studio.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
WORD, IN_A, IN_B, DELTA, KL, RANK = range(6)

_KEYS: dict[int, Callable[[ComparedStretch], float]] = {
    WORD: lambda s: s.start,
    IN_A: lambda s: s.logprob_a,
    IN_B: lambda s: s.logprob_b,
    DELTA: lambda s: abs(difference_bits(s)),
    KL: lambda s: s.kl,
    RANK: lambda s: abs(s.rank_b - s.rank_a) if s.rank_a and s.rank_b else -1,
}


class ComparisonModel(QAbstractTableModel):
    """The rows, sorted by a column."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme
        self._text = ""
        self.stretches: list[ComparedStretch] = []
        self._order: list[int] = []
        self._by, self._falling = DELTA, True

    def begin(self, text: str) -> None:
        """Forget everything; `text` is about to be compared."""
        self.beginResetModel()
        self._text, self.stretches, self._order = text, [], []
        self.endResetModel()

    def add(self, stretches: Sequence[ComparedStretch]) -> None:
        """Some more of the text, put where they belong."""
        first = len(self.stretches)
        self.beginInsertRows(QModelIndex(), first, first + len(stretches) - 1)
        self.stretches += stretches
        self._order += range(first, len(self.stretches))
        self.endInsertRows()
        self._sort()

    def word(self, stretch: ComparedStretch) -> str:
        """Its characters."""
        return self._text[stretch.start : stretch.end]

    def at(self, row: int) -> int:
        """Which stretch stands in a row."""
        return self._order[row]

    def row_of(self, stretch: int) -> int:
        """In which row a stretch stands."""
        return self._order.index(stretch)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """A row for each stretch."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Always the same."""
        return 0 if parent.isValid() else len(_KEYS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names, units and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        names = {
            WORD: (self.tr("Word"), self.tr("What the text has; sort by this for the order of the text")),
            IN_A: (self.tr("A"), self.tr("How likely A found it")),
            IN_B: (self.tr("B"), self.tr("How likely B found it")),
            DELTA: (
                self.tr("Δ bits"),
                self.tr("By how much B finds it likelier than A: each bit doubles the probability"),
            ),
            KL: (
                self.tr("KL bits"),
                self.tr(
                    "How far B's whole distribution is from A's at this place (Kullback-Leibler): 0 is "
                    "the same. Only where both have the same vocabulary."
                ),
            ),
            RANK: (self.tr("Rank A → B"), self.tr("Its place in each list of guesses: 1 is the favourite")),
        }
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section][0]
        return names[section][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid():
            return None
        stretch = self.stretches[self._order[index.row()]]
        bits = difference_bits(stretch)
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                visible(self.word(stretch)),
                words.probability(stretch.logprob_a),
                words.probability(stretch.logprob_b),
                f"{words.signed(bits)} {words.sign(bits) or ' '}",
                words.divergence(stretch.kl),
                words.ranks(stretch),
            )[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column != WORD:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.BackgroundRole and column == DELTA:
            shade = words.colour(bits, self.theme)
            return shade if shade is not None else QColor(Qt.GlobalColor.transparent)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return words.sentence(stretch, self.word(stretch))
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; Δ and ranks by how large the change is."""
        self._by, self._falling = column, order == Qt.SortOrder.DescendingOrder
        self._sort()

    def _sort(self) -> None:
        key = _KEYS.get(self._by, _KEYS[DELTA])
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        stood = [self._order[index.row()] for index in before]
        self._order.sort()
        self._order.sort(key=lambda i: key(self.stretches[i]), reverse=self._falling)
        if before:
            rows = {stretch: row for row, stretch in enumerate(self._order)}
            self.changePersistentIndexList(
                before,
                [self.index(rows[i], index.column()) for i, index in zip(stood, before, strict=True)],
            )
        self.layoutChanged.emit()
