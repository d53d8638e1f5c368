"""The waterfall: what is left of the vocabulary after each stage of the sampling chain, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.core.chain import BY_NAME
from studio.ui.heat.kinds import percent
from studio.ui.theme import Theme
from studio.ui.token_view.delegate import LEFT, RIGHT

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
ROW_PX = 46
NATS_PER_BIT = math.log(2)


@dataclass(frozen=True, slots=True)
class Row:
    """One stage at one position; the first row is the model itself, without a stage."""

    stage: str  # the processor's class; "" is the model itself
    n_before: int
    n_left: int
    n_all: int  # tokens of the vocabulary
    mass_removed: float  # 0..1
    shift: float  # 0..1
    entropy_before: float  # nats
    entropy: float
    prob_before: float | None  # of the token followed; None: it was gone already
    prob: float | None  # None: it is gone

    @property
    def does_something(self) -> bool:
        """Whether it changed this distribution."""
        return not self.stage or self.mass_removed > 0 or self.shift > 0 or self.n_left < self.n_before

    @property
    def removes(self) -> bool:
        """Whether the token followed ends here."""
        return self.prob_before is not None and self.prob is None


def bits(nats: float) -> str:
    """An entropy for people."""
    return f"{nats / NATS_PER_BIT:.1f}"


class WaterfallModel(QAbstractListModel):
    """The rows; for screen readers each is a sentence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self.followed = ""

    def set_rows(self, rows: Sequence[Row], followed: str) -> None:
        """Show other rows; `followed` is the token whose fate they tell. The same stages stay selected."""
        same = [row.stage for row in rows] == [row.stage for row in self._rows]
        self.followed = followed
        if same and rows:
            self._rows = tuple(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self._rows = tuple(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """As many as there are stages, and one."""
        return 0 if parent.isValid() else len(self._rows)

    def name(self, row: Row) -> str:
        """A stage's name as the user reads it."""
        if not row.stage:
            return self.tr("The model itself")
        return QCoreApplication.translate("processors", BY_NAME[row.stage].stage.label)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself, or a sentence about it."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(row)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return f"{self.name(row)}: {self.left(row)}. {self.detail(row)} {self.fate(row)}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        return None

    def left(self, row: Row) -> str:
        """How many tokens are left."""
        if not row.stage:
            return self.tr("{n} tokens").format(n=f"{row.n_left:,}")
        return self.tr("{n} left").format(n=f"{row.n_left:,}")

    def detail(self, row: Row) -> str:
        """What the stage did, in numbers."""
        if not row.stage:
            return self.tr("entropy {bits} bits").format(bits=bits(row.entropy))
        if not row.does_something:
            return self.tr("nothing to do here")
        parts = []
        if row.mass_removed > 0 or row.n_left < row.n_before:
            parts.append(self.tr("removes {share}").format(share=percent(row.mass_removed)))
        if row.shift > 0.0005:
            parts.append(self.tr("moves {share}").format(share=percent(row.shift)))
        parts.append(
            self.tr("{before} → {after} bits").format(
                before=bits(row.entropy_before), after=bits(row.entropy)
            )
        )
        return " · ".join(parts)

    def fate(self, row: Row) -> str:
        """What became of the token followed."""
        if not self.followed:
            return ""
        if row.removes:
            return self.tr("✕ removed here")
        return "" if row.prob is None else percent(row.prob)

    def _tip(self, row: Row) -> str:
        if not row.stage:
            return self.tr(
                "Every token the model knows, and how undecided it was before any setting: 0 bits is "
                "certain, each further bit twice as many choices."
            )
        what = QCoreApplication.translate("processors", BY_NAME[row.stage].stage.tip)
        return (
            what
            + " "
            + self.tr(
                "“Removes” is the probability of what it cut off; “moves” how much probability changed "
                "hands among the tokens that are left; bits are the entropy before and after. Enter goes to "
                "its setting."
            )
        )


class WaterfallDelegate(QStyledItemDelegate):
    """Draws a stage: name and tokens left, a bar on a logarithmic scale, what it did, the token's fate."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row, model = index.data(ROW), index.model()
        if not isinstance(row, Row) or not isinstance(model, WaterfallModel):
            return
        theme = self.theme
        # The stubs give QStyleOptionViewItem no fields; these are QStyleOption's.
        rect: QRect = getattr(option, "rect")  # noqa: B009
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        font: QFont = getattr(option, "font")  # noqa: B009
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = rect.adjusted(4, 1, -4, -1)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(box, 6, 6)
        inner = box.adjusted(12, 0, -12, 0)
        quiet = not row.does_something
        line = QRect(inner.left(), inner.top() + 3, inner.width(), 18)
        left = model.left(row)
        width = painter.fontMetrics().horizontalAdvance(left) + 12
        bold = QFont(font)
        bold.setBold(not quiet)
        painter.setFont(bold)
        painter.setPen(QColor(theme.quiet if quiet else theme.ink))
        name = painter.fontMetrics().elidedText(
            model.name(row), Qt.TextElideMode.ElideRight, line.width() - width
        )
        painter.drawText(line, LEFT, name)
        painter.setFont(font)
        painter.setPen(QColor(theme.quiet))
        painter.drawText(line, RIGHT, left)
        self._bar(painter, row, QRectF(inner.left(), inner.top() + 22, inner.width(), 4))
        line = QRect(inner.left(), inner.top() + 27, inner.width(), 16)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(small)
        painter.setPen(QColor(theme.quiet))
        fate = model.fate(row)
        reserved = painter.fontMetrics().horizontalAdvance(fate) + 12 if fate else 0
        detail = painter.fontMetrics().elidedText(
            model.detail(row), Qt.TextElideMode.ElideRight, line.width() - reserved
        )
        painter.drawText(line, LEFT, detail)
        small.setBold(row.removes)
        painter.setFont(small)
        painter.setPen(QColor(theme.error if row.removes else theme.accent))
        painter.drawText(line, RIGHT, fate)
        painter.restore()

    def _bar(self, painter: QPainter, row: Row, box: QRectF) -> None:
        def width(n: int) -> float:
            return box.width() * math.log1p(n) / math.log1p(max(row.n_all, 2))

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.line))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), width(row.n_before), box.height()), 2, 2)
        painter.setBrush(QColor(self.theme.bar))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), width(row.n_left), box.height()), 2, 2)


class Waterfall(QListView):
    """The list of stages. Up and down go through them, Enter to the setting of one."""

    stage_chosen = Signal(str)  # the processor's class

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("waterfall")
        self.setAccessibleName(self.tr("Stages of the sampling chain"))
        self.setToolTip(
            self.tr(
                "From the model's own distribution down, stage by stage, to the one a token is drawn from. "
                "The bar is how many tokens are left, on a logarithmic scale; stages that are off are not "
                "shown. Enter goes to a stage's setting."
            )
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.rows = WaterfallModel(self)
        self.delegate = WaterfallDelegate(theme, self)
        self.setModel(self.rows)
        self.setItemDelegate(self.delegate)
        self.doubleClicked.connect(self._choose)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if isinstance(row, Row) and row.stage:
            self.stage_chosen.emit(row.stage)
