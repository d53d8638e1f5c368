"""What the list of alternatives shows, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.core.messages import Alternative

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Row:
    """One way the text could go on, or all the others together."""

    text: str  # with white space drawn
    lead: str  # its rank, or what stands in its place
    probability: float  # 0..1, under the model itself
    sampling_prob: float  # 0..1, after the chain
    figure: str  # its log-probability, or its gain
    words: str | Callable[[], str]  # all of it; made when it is wanted
    removed_by: str = ""  # the stage of the chain that removed it
    chosen: bool = False  # it is what stands there
    is_sum: bool = False  # all others together
    is_sampled: bool = True  # `sampling_prob` means something
    tokens: tuple[Alternative, ...] = ()  # what a swap puts there; nothing: it cannot be taken
    rank: int | None = None  # 1: the model's favourite
    token_id: int | None = None
    plain: str = ""  # the text as it is
    entropies: tuple[float, ...] = ()  # nats, of the distribution each of the tokens was one outcome of

    @property
    def sentence(self) -> str:
        """All of it in words."""
        return self.words if isinstance(self.words, str) else self.words()


class RowModel(QAbstractListModel):
    """Rows; for screen readers each reads as a sentence."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show others. As many rows stay the same rows, so that the cursor and the view stay put."""
        new = tuple(rows)
        if len(new) == len(self.rows):
            self.rows = new
            if new:
                self.dataChanged.emit(self.index(0), self.index(len(new) - 1))
            return
        self.beginResetModel()
        self.rows = new
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """As many as there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself, its text, or a sentence about it."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return row.sentence
        return None
