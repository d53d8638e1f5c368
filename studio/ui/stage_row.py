"""One stage of the sampling chain: a handle to move it, a switch, its value, and what else it has."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QToolButton, QVBoxLayout, QWidget

from studio.core.chain import build
from studio.core.parameters import AnyParameter, Parameter, Value, is_off, parameters
from studio.core.processors import LogitsProcessor
from studio.ui.icons import icon
from studio.ui.parameter_row import ParameterRow
from studio.ui.text_row import TextRow
from studio.ui.theme import Theme


class Handle(QToolButton):
    """What a stage is moved by: the mouse, or Alt+Up and Alt+Down."""

    stepped = Signal(int)  # -1 up, 1 down
    dragged = Signal(int)  # the mouse's y, global

    def __init__(self) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setFixedWidth(16)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def event(self, event: QEvent) -> bool:
        """Keep Alt+Up and Alt+Down from the window's own shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by one place."""
        if step := _step(event):
            self.stepped.emit(step)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move to where the mouse is."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(round(event.globalPosition().y()))
        super().mouseMoveEvent(event)


def _step(event: QKeyEvent) -> int:
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
    return 0


def neutral(parameter: AnyParameter) -> Value:
    """The value of a parameter whose stage is left out."""
    return parameter.default if parameter.off is None else parameter.off


class StageRow(QWidget):
    """Edits one processor. A stage that is off is one quiet line."""

    changed = Signal()
    stepped = Signal(int)
    dragged = Signal(int)

    def __init__(self, processor: type[LogitsProcessor], theme: Theme) -> None:
        super().__init__()
        self.name = processor.__name__
        self.everyday = processor.stage.everyday
        self._loading = False
        self._on = False
        self._built: LogitsProcessor | None = None  # asked for often, changed seldom
        self._is_neutral = False  # what is built
        first, *others = parameters(processor)
        label = QCoreApplication.translate("processors", first.label)
        stage = QCoreApplication.translate("processors", processor.stage.label)
        self._handle = Handle()
        self._handle.setObjectName(f"handle_{first.name}")
        self._handle.setAccessibleName(self.tr("Move {name}").format(name=stage))
        self._handle.setToolTip(
            self.tr("Drag to change the order of the stages, or press Alt+Up or Alt+Down")
        )
        self._handle.stepped.connect(self.stepped)
        self._handle.dragged.connect(self.dragged)
        self._switch = QCheckBox(label)
        self._switch.setObjectName(f"stage_{first.name}")
        self._switch.setAccessibleName(self.tr("{name} on").format(name=stage))
        tip = QCoreApplication.translate("processors", processor.stage.tip)
        self._switch.setToolTip(f"<qt><b>{stage}</b><br>{tip}</qt>")
        self._switch.clicked.connect(self._on_switched)
        self._more = QToolButton()
        self._more.setCheckable(True)
        self._more.setFixedWidth(20)
        self._more.setObjectName(f"more_{first.name}")
        self._more.setAccessibleName(self.tr("More settings of {name}").format(name=stage))
        self._more.setToolTip(self.tr("Show or hide its further settings"))
        self._more.toggled.connect(self._show)
        policy = self._more.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the numbers stay in one column
        self._more.setSizePolicy(policy)
        self._more.setVisible(bool(others))
        head: ParameterRow | TextRow
        lead, trail = (self._handle, self._switch), (self._more,)
        head = (
            ParameterRow(first, lead, trail) if isinstance(first, Parameter) else TextRow(first, lead, trail)
        )
        self._head = head
        further = [ParameterRow(p) if isinstance(p, Parameter) else TextRow(p) for p in others]
        self.rows: list[ParameterRow | TextRow] = [head, *further]
        self._further = QWidget()
        below = QVBoxLayout(self._further)
        below.setContentsMargins(20, 0, 24, 8)
        below.setSpacing(4)
        for row in further:
            below.addWidget(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(head)
        column.addWidget(self._further)
        for row in self.rows:
            row.changed.connect(self._on_changed)
        self.set_theme(theme)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        self._handle.setIcon(icon("grip-vertical", theme.quiet, theme.quiet))
        self._more.setIcon(icon("chevron-down", theme.quiet, theme.quiet))

    def take_focus(self) -> None:
        """Put the keyboard on the handle."""
        self._handle.setFocus()

    def focus_setting(self) -> None:
        """Put the keyboard into the first setting."""
        found = self.findChild(QWidget, f"param_{self.rows[0].parameter.name}")
        (found or self._handle).setFocus()

    # -- values --------------------------------------------------------------------------------------------

    def processor(self) -> LogitsProcessor:
        """The stage as it is set, on or off."""
        if self._built is None:
            self._built = build(self.name, {row.parameter.name: row.value() for row in self.rows})
            self._is_neutral = is_off(self._built)
        return self._built

    def _neutral(self) -> bool:
        self.processor()
        return self._is_neutral

    def is_on(self) -> bool:
        """Whether the stage is switched on."""
        return self._on

    def is_bypassed(self) -> bool:
        """Whether the stage would do something, were it not switched off."""
        return not (self._on or self._neutral())

    def set_values(self, values: dict[str, Value], *, bypassed: bool) -> None:
        """Show other values; what is not named is neutral."""
        self._loading = True
        for row in self.rows:
            row.set_value(values.get(row.parameter.name, neutral(row.parameter)))
        self._loading = False
        self._on = not bypassed and not self._neutral()
        self._show()

    def set_reference(self, values: dict[str, Value]) -> None:
        """The values that Reset goes back to."""
        for row in self.rows:
            row.set_reference(values.get(row.parameter.name, neutral(row.parameter)))

    def is_at_reference(self) -> bool:
        """Whether all values are the preset's."""
        return all(row.is_at_reference() for row in self.rows)

    # -- what the user does --------------------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        self._built = None
        if self._loading:
            return
        if not is_off(self.processor()):
            self._on = True  # who sets a value means it
        elif isinstance(self._head, ParameterRow):
            self._on = False
        self._show()
        self.changed.emit()

    @Slot(bool)
    def _on_switched(self, on: bool) -> None:
        self._on = on
        first = self._head.parameter
        if on and isinstance(first, Parameter) and is_off(self.processor()):
            self._head.set_value(first.usual)
        self._show()
        if on and isinstance(self._head, TextRow):
            self._head.take_focus()
        self.changed.emit()

    @Slot()
    def _show(self) -> None:
        self._switch.setChecked(self._on)
        if self._switch.property("quiet") != (not self._on):
            self._switch.setProperty("quiet", not self._on)
            self._switch.style().unpolish(self._switch)
            self._switch.style().polish(self._switch)
        self._head.set_open(self._on)
        self._further.setVisible(len(self.rows) > 1 and self._more.isChecked())
