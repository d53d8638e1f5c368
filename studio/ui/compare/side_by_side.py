"""The compared text twice: each word on the heat of its own surprisal, under A and, beside it, under B."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.messages import ComparedStretch
from studio.ui.compare.text_view import LINE_PX, DifferenceView
from studio.ui.heat.kinds import heat_colour, heat_level
from studio.ui.theme import Theme

_NAMES = {
    "A": QT_TRANSLATE_NOOP("compare", "The text under A"),
    "B": QT_TRANSLATE_NOOP("compare", "The text under B"),
}
_TIP = QT_TRANSLATE_NOOP(
    "compare",
    "The warmer a word, the more it surprised this side: clean up to 1 bit (one in two), hottest from 11 "
    "bits (one in 2,048). Arrow keys move, Enter goes to the place in the text.",
)


class SideView(DifferenceView):
    """One side's view of the text: "A" or "B"."""

    def __init__(self, side: str, theme: Theme) -> None:
        super().__init__(theme)
        self._side = side
        self.setObjectName(f"compareSide{side}")
        self.setAccessibleName(QCoreApplication.translate("compare", _NAMES[side]))
        self.setToolTip(QCoreApplication.translate("compare", _TIP))

    def shade(self, stretch: ComparedStretch) -> QColor | None:
        """The heat of the word's surprisal here."""
        level = heat_level(stretch.logprob_a if self._side == "A" else stretch.logprob_b)
        return heat_colour(self.theme, level) if level else None

    def sign(self, stretch: ComparedStretch) -> str:
        """None: the other text beside it says which is warmer, the tool tip by how much."""
        return ""

    def scroll_like(self, other: SideView) -> None:
        """Begin with the words that the other side begins with."""
        bar, top = self.verticalScrollBar(), other.verticalScrollBar().value()
        line = min(top // LINE_PX, len(other._line_firsts) - 1)
        index = other._line_firsts[line]
        if index < len(self._boxes):
            bar.setValue(top + (self._boxes[index][1] - line) * LINE_PX)


class SideBySide(QWidget):
    """Both views; they scroll and move together."""

    chosen = Signal(int)  # a stretch
    looked_at = Signal(int)  # a stretch, by the arrow keys

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._following = False
        self.views = (SideView("A", theme), SideView("B", theme))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for side, view, other in zip("AB", self.views, self.views[::-1], strict=True):
            column = QVBoxLayout()
            column.setSpacing(2)
            heading = QLabel(self.tr("{side}: surprisal").format(side=side))
            heading.setProperty("quiet", True)
            column.addWidget(heading)
            column.addWidget(view, 1)
            row.addLayout(column, 1)
            view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
            view.chosen.connect(other.show_stretch)
            view.chosen.connect(self.chosen)
            view.looked_at.connect(other.show_stretch)
            view.looked_at.connect(self.looked_at)
            view.verticalScrollBar().valueChanged.connect(lambda _, v=view, o=other: self._follow(v, o))

    def _follow(self, leader: SideView, other: SideView) -> None:
        if not self._following:
            self._following = True
            other.scroll_like(leader)
            self._following = False

    def settle(self) -> None:
        """Give the views their places now, not when there is time."""
        for widget in (self.parentWidget(), self):
            if widget is not None and (layout := widget.layout()) is not None:
                layout.activate()

    def begin(self, text: str) -> None:
        """Forget everything; show another text."""
        for view in self.views:
            view.begin(text)

    def add(self, stretches: Sequence[ComparedStretch]) -> None:
        """Some more of the text."""
        for view in self.views:
            view.add(stretches)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        for view in self.views:
            view.set_theme(theme)

    def show_stretch(self, index: int) -> None:
        """Bring one into view on both sides."""
        for view in self.views:
            view.show_stretch(index)


class Switch(QToolButton):
    """Whether the text is shown twice."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compareSwitch")
        self.setText(self.tr("S&ide by side"))
        self.setAccessibleName(self.tr("Side by side"))
        self.setToolTip(
            self.tr(
                "Show the text twice, each word by its own surprisal under A and B; again: the difference"
            )
        )
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
