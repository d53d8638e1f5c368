"""The stages of the sampling chain in their order: each can be moved, switched and set."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from studio.core import chain
from studio.core.processors import PROCESSORS, LogitsProcessor
from studio.ui.stage_row import StageRow
from studio.ui.theme import Theme


class StageList(QWidget):
    """Edits a chain. Stages that are neither on nor everyday ones are folded away until asked for."""

    changed = Signal()
    moved = Signal(QWidget)  # the row that has another place now

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._loading = False
        self._rows = [StageRow(processor, theme) for processor in PROCESSORS]
        self._reference: tuple[list[str], frozenset[str]] = ([row.name for row in self._rows], frozenset())
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self._fold = QPushButton()
        self._fold.setObjectName("moreSamplers")
        self._fold.setCheckable(True)
        self._fold.setProperty("fold", True)
        self._fold.setToolTip(self.tr("Show or hide the stages that are off, each in its place in the chain"))
        self._fold.toggled.connect(self._on_fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._column)
        column.addWidget(self._fold)
        for row in self._rows:
            row.changed.connect(self._on_changed)
            row.stepped.connect(self._on_stepped)
            row.dragged.connect(self._on_dragged)
        self._arrange()
        self._refold()

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        for row in self._rows:
            row.set_theme(theme)

    # -- values --------------------------------------------------------------------------------------------

    def all_processors(self) -> tuple[LogitsProcessor, ...]:
        """Every stage as it is set, in order, also those switched off."""
        return tuple(row.processor() for row in self._rows)

    def off(self) -> frozenset[str]:
        """The names of the stages that are switched off but keep their values."""
        return frozenset(row.name for row in self._rows if row.is_bypassed())

    def processors(self) -> tuple[LogitsProcessor, ...]:
        """What a run applies, in order."""
        return chain.without(self.all_processors(), self.off())

    def set_processors(self, processors: Sequence[LogitsProcessor], off: Collection[str]) -> None:
        """Show another chain; what it leaves out is off."""
        values = chain.values(tuple(processors))
        for row in self._rows:
            row.set_values(values, bypassed=row.name in off)
        self._order(processors)
        self._refold()

    def set_reference(self, processors: Sequence[LogitsProcessor], off: Collection[str]) -> None:
        """The chain that Reset goes back to, stage by stage."""
        values = chain.values(tuple(processors))
        for row in self._rows:
            row.set_reference(values)
        self._reference = ([type(p).__name__ for p in chain.complete(tuple(processors))], frozenset(off))

    def is_at_reference(self) -> bool:
        """Whether values, order and switches are those of the reference."""
        order, off = self._reference
        same = [row.name for row in self._rows] == order and self.off() == off
        return same and all(row.is_at_reference() for row in self._rows)

    def _order(self, processors: Sequence[LogitsProcessor]) -> None:
        place = {type(p).__name__: i for i, p in enumerate(chain.complete(tuple(processors)))}
        self._rows.sort(key=lambda row: place[row.name])
        self._arrange()

    # -- order ---------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Put the rows into the layout, and the Tab key's way through them, in order."""
        for place, row in enumerate(self._rows):
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
        widgets = [
            widget
            for row in self._rows
            for widget in row.findChildren(QWidget)
            if widget.objectName() and not widget.objectName().startswith("qt_")
        ]
        for one, other in zip(widgets, [*widgets[1:], self._fold], strict=True):
            QWidget.setTabOrder(one, other)

    def _shown(self) -> list[StageRow]:
        return [row for row in self._rows if not row.isHidden()]

    def _move(self, row: StageRow, neighbour: StageRow, *, after: bool) -> None:
        self._rows.remove(row)
        self._rows.insert(self._rows.index(neighbour) + after, row)
        self._arrange()
        self.moved.emit(row)
        self.changed.emit()

    @Slot(int)
    def _on_stepped(self, step: int) -> None:
        row = self.sender()
        assert isinstance(row, StageRow)
        shown = self._shown()
        place = shown.index(row) + step
        if 0 <= place < len(shown):
            self._move(row, shown[place], after=step > 0)
            row.take_focus()

    @Slot(int)
    def _on_dragged(self, y: int) -> None:
        row = self.sender()
        assert isinstance(row, StageRow)
        shown = self._shown()
        here = self.mapFromGlobal(QPoint(0, y)).y()
        place = shown.index(row)
        if place > 0 and here < shown[place - 1].geometry().center().y():
            self._move(row, shown[place - 1], after=False)
        elif place + 1 < len(shown) and here > shown[place + 1].geometry().center().y():
            self._move(row, shown[place + 1], after=True)

    # -- fold ----------------------------------------------------------------------------------------------

    def unfolded(self, name: str) -> StageRow:
        """The row of a stage, brought out of the fold if it is there."""
        row = next(row for row in self._rows if row.name == name)
        if row.isHidden():
            self._fold.setChecked(True)
            self._refold()
        return row

    @Slot()
    def _on_fold(self) -> None:
        self._refold()

    def _refold(self) -> None:
        unfolded = self._fold.isChecked()
        quiet = 0
        for row in self._rows:
            needed = row.everyday or row.is_on() or row.is_bypassed()
            quiet += not needed
            row.setVisible(unfolded or needed)
        more = self.tr("More samplers ({count})").format(count=quiet)
        self._fold.setText(self.tr("Fewer samplers") if unfolded else more)

    @Slot()
    def _on_changed(self) -> None:
        self.changed.emit()
