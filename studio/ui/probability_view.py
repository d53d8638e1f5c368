"""Why this word: the token under the caret or the mouse, and the twenty the model thought likeliest."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.messages import Candidate, Token
from studio.export.table import Table
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
CANDIDATE = Qt.ItemDataRole.UserRole
TEXT_PX = 80
CHOSEN = Qt.ItemDataRole.UserRole + 1

ROW_PX = 20
COLUMN_PX = 224
"""Ten rows in two columns fit under the text at 1280 pixels."""


class CandidateModel(QAbstractListModel):
    """The candidates of one token; for screen readers each row reads as a sentence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._token: Token | None = None

    def set_token(self, token: Token | None) -> None:
        """Show another token's candidates."""
        self.beginResetModel()
        self._token = token
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """As many as there are candidates."""
        return 0 if parent.isValid() or self._token is None else len(self._token.candidates)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The candidate itself, or a sentence about it."""
        if self._token is None or not index.isValid():
            return None
        candidate = self._token.candidates[index.row()]
        if role == CANDIDATE:
            return candidate
        if role == CHOSEN:
            return candidate.token_id == self._token.token_id
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return visible(candidate.text)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._sentence(candidate, index.row())
        return None

    def _sentence(self, candidate: Candidate, row: int) -> str:
        after = (
            self.tr("removed by the sampling settings")
            if candidate.sampling_prob <= 0
            else self.tr("{after} after the sampling settings").format(after=percent(candidate.sampling_prob))
        )
        return self.tr(
            "Rank {rank}: {own} from the model itself, {after}. Log-probability {logprob} nats."
        ).format(
            rank=row + 1,
            own=percent(math.exp(candidate.logprob)),
            after=after,
            logprob=f"{candidate.logprob:.2f}",
        )


class CandidateDelegate(QStyledItemDelegate):
    """Draws a candidate: rank, text, an outlined bar (the model) with a filled one in it (after sampling)."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(COLUMN_PX, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        candidate = index.data(CANDIDATE)
        if not isinstance(candidate, Candidate):
            return
        # The stubs give QStyleOptionViewItem no fields; these are QStyleOption's.
        rect: QRect = getattr(option, "rect")  # noqa: B009
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        painter.save()
        painter.setFont(getattr(option, "font"))  # noqa: B009
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.tint))
            painter.drawRoundedRect(rect.adjusted(2, 1, -10, -1), 4, 4)
        self.draw(painter, rect, candidate, index.row(), chosen=bool(index.data(CHOSEN)))
        painter.restore()

    def draw(self, painter: QPainter, rect: QRect, candidate: Candidate, index: int, *, chosen: bool) -> None:
        """Paint a candidate into `rect`, in the painter's font."""
        theme, font = self.theme, QFont(painter.font())
        row = rect.adjusted(2, 1, -10, -1)
        removed = candidate.sampling_prob <= 0
        painter.setPen(QColor(theme.quiet))
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            QRect(row.left(), row.top(), 22, row.height()),
            centre | Qt.AlignmentFlag.AlignRight,
            str(index + 1),
        )
        shown = QFont(font)
        shown.setBold(chosen)
        shown.setStrikeOut(removed)
        painter.setFont(shown)
        painter.setPen(QColor(theme.quiet if removed else theme.accent if chosen else theme.ink))
        text_box = QRect(row.left() + 30, row.top(), TEXT_PX, row.height())
        text = ("▸" if chosen else "") + visible(candidate.text)
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, text_box.width())
        painter.drawText(text_box, centre | Qt.AlignmentFlag.AlignLeft, elided)
        painter.setFont(font)
        left = 30 + TEXT_PX + 4
        bar = QRectF(row.left() + left, row.top() + 5, row.width() - left - 60, row.height() - 10)
        filled = QRectF(bar.left(), bar.top(), bar.width() * min(candidate.sampling_prob, 1.0), bar.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.line))
        painter.drawRect(QRectF(bar.left(), bar.bottom() - 1, bar.width(), 1))
        painter.setBrush(QColor(theme.bar))
        painter.drawRect(filled)
        own = QRectF(bar.left(), bar.top(), max(bar.width() * math.exp(candidate.logprob), 1.0), bar.height())
        painter.setPen(QPen(QColor(theme.outline), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(own)
        painter.setPen(QColor(theme.quiet if removed else theme.ink))
        number = QRect(row.right() - 60, row.top(), 58, row.height())
        painter.drawText(number, centre | Qt.AlignmentFlag.AlignRight, percent(math.exp(candidate.logprob)))


class ProbabilityView(QWidget):
    """The chosen token with its numbers on the left, its alternatives in columns on the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probabilityView")
        self.setAccessibleName(self.tr("Token probabilities"))
        self.theme = theme
        self._token: Token | None = None
        self._chip = QLabel()
        self._chip.setObjectName("tokenChip")
        self._chip.setTextFormat(Qt.TextFormat.PlainText)
        self._chip.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._values: list[QLabel] = []
        numbers = QFormLayout()
        numbers.setHorizontalSpacing(12)
        numbers.setVerticalSpacing(3)
        for name, tip, key in (
            (self.tr("model"), self.tr("How likely the model itself thought this token"), "tokenProbability"),
            (
                self.tr("sampled"),
                self.tr("How likely it was after the sampling settings"),
                "tokenSamplingProbability",
            ),
            (self.tr("rank"), self.tr("1 is the model's favourite"), "tokenRank"),
            (
                self.tr("surprise"),
                self.tr("Minus log2 of the model's probability: each bit halves it"),
                "tokenSurprise",
            ),
            (self.tr("entropy"), self.tr("How undecided the model was: 0 bits is certain"), "tokenEntropy"),
            (self.tr("token"), self.tr("The token's number in the vocabulary"), "tokenId"),
        ):
            label, value = QLabel(name), QLabel()
            label.setProperty("quiet", True)
            value.setObjectName(key)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(name)
            label.setToolTip(tip)
            value.setToolTip(tip)
            numbers.addRow(label, value)
            self._values.append(value)
        self._empty = QLabel()
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = QListView()
        self._list.setObjectName("candidateList")
        self._list.setAccessibleName(self.tr("Alternatives"))
        self._list.setToolTip(
            self.tr("What else could have been written. Outlined: the model itself. Filled: after sampling.")
        )
        self._list.setFlow(QListView.Flow.TopToBottom)
        self._list.setWrapping(True)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setUniformItemSizes(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._model = CandidateModel(self)
        self._delegate = CandidateDelegate(theme, self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(self._delegate)
        self._list.viewport().installEventFilter(self)

        self._side = QWidget()
        self._side.setFixedWidth(200)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(8)
        side.addWidget(self._chip)
        side.addLayout(numbers)
        side.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 8, 4)
        row.setSpacing(16)
        row.addWidget(self._side)
        row.addWidget(self._list, 1)
        row.addWidget(self._empty, 1)
        self._export = PlotExport(self, self, "alternatives", self._picture_size)
        self._export.put_in_corner()
        self.set_theme(theme)
        self.show_token(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Two columns while there is room for two, so that the bars are as long as they can be."""
        if watched is self._list.viewport() and event.type() == QEvent.Type.Resize:
            width = self._list.viewport().width() - 2
            columns = 2 if width >= 2 * COLUMN_PX else 1
            self._list.setGridSize(QSize(max(COLUMN_PX, width // columns), ROW_PX))
        return super().eventFilter(watched, event)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.theme = self._delegate.theme = theme
        self._export.set_theme(theme)
        self._chip.setStyleSheet(
            f"background: {theme.tint}; color: {theme.ink}; border-radius: 6px; padding: 4px 10px;"
            "font-size: 15pt;"
        )
        self._list.viewport().update()

    def show_token(self, token: Token | None, hint: str = "") -> None:
        """Show a token, or in words why there is none."""
        self._token = token
        self._export.button.setVisible(token is not None)
        self._side.setVisible(token is not None)
        self._list.setVisible(token is not None)
        self._empty.setVisible(token is None)
        if token is None:
            self._model.set_token(None)
            self._empty.setText(
                hint
                or self.tr(
                    "Put the caret into generated text to see what else could have been written there."
                )
            )
            return
        probability = math.exp(token.logprob)
        self._chip.setText(visible(token.text or token.raw.decode("utf-8", "replace"), token.raw))
        one_in = max(round(1 / probability), 1) if probability > 0 else 0
        values = [percent(probability), percent(token.sampling_prob)]
        if one_in > 1:
            values[0] += " " + self.tr("(one in {n})").format(n=f"{one_in:,}")
        values += [
            f"{token.rank:,}",
            self.tr("{bits} bits").format(bits=f"{-token.logprob / math.log(2):.1f}"),
            self.tr("{bits} bits").format(bits=f"{token.entropy / math.log(2):.1f}"),
            str(token.token_id),
        ]
        for label, value in zip(self._values, values, strict=True):
            label.setText(value)
        self._model.set_token(token)

    # -- as a picture and as numbers -----------------------------------------------------------------------

    def _picture_size(self) -> QSize:
        return QSize(2 * COLUMN_PX, ROW_PX * (self._model.rowCount() + 1) + 8)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The token and all its alternatives in one column."""
        if (token := self._token) is None:
            return
        heading = QRectF(rect.left() + 32, rect.top() + 4, rect.width() - 40, ROW_PX)
        painter.setPen(QColor(self.theme.quiet))
        painter.drawText(heading, Qt.AlignmentFlag.AlignVCenter, self._export_heading(token))
        delegate = CandidateDelegate(self.theme, self)
        for index, candidate in enumerate(token.candidates):
            row = QRect(int(rect.left()), int(heading.bottom()) + index * ROW_PX, int(rect.width()), ROW_PX)
            delegate.draw(painter, row, candidate, index, chosen=candidate.token_id == token.token_id)
        delegate.deleteLater()

    def _export_heading(self, token: Token) -> str:
        shown = visible(token.text or token.raw.decode("utf-8", "replace"), token.raw)
        return self.tr("Instead of “{word}”: outlined the model's own, filled after sampling").format(
            word=shown
        )

    def rows(self) -> Table:
        """Rank, token and both probabilities of each alternative."""
        header = (
            self.tr("rank"),
            self.tr("token"),
            self.tr("text"),
            self.tr("log-probability (nats)"),
            self.tr("probability"),
            self.tr("probability after sampling"),
        )
        candidates = self._token.candidates if self._token is not None else ()
        return header, [
            (rank, c.token_id, c.text, c.logprob, math.exp(c.logprob), c.sampling_prob)
            for rank, c in enumerate(candidates, 1)
        ]

    @Slot()
    def take_focus(self) -> None:
        """Put the keyboard into the list."""
        if self._model.rowCount():
            self._list.setFocus()
            self._list.setCurrentIndex(self._model.index(0))
