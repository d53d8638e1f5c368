"""One sampling parameter: its name, a slider, the exact number, and a dot that resets a changed one.

A stage's first parameter is the stage's own line: `lead` stands in place of the name, the slider below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.parameters import Parameter, Value

_STEPS = 1000


class ParameterRow(QWidget):
    """Edits the value of one Parameter. `changed` is emitted for the user's changes and for `set_value`."""

    changed = Signal()

    def __init__(
        self, parameter: Parameter, lead: Sequence[QWidget] = (), trail: Sequence[QWidget] = ()
    ) -> None:
        super().__init__()
        self.parameter = parameter
        label = QCoreApplication.translate("processors", parameter.label)
        tip = QCoreApplication.translate("processors", parameter.tip)
        self.setToolTip(f"<qt>{tip}</qt>")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _STEPS)
        self._slider.setObjectName(f"slider_{parameter.name}")
        self._slider.setAccessibleName(label)
        self._slider.setPageStep(_STEPS // 10)
        self._box: QSpinBox | QDoubleSpinBox
        if parameter.type is int:
            whole = QSpinBox()
            whole.setRange(round(parameter.lo), round(parameter.hi))
            whole.setSingleStep(round(parameter.step))
            whole.valueChanged.connect(self._on_box)
            self._box = whole
        else:
            number = QDoubleSpinBox()
            number.setDecimals(parameter.decimals)
            number.setRange(parameter.lo, parameter.hi)
            number.setSingleStep(parameter.step)
            number.valueChanged.connect(self._on_box)
            self._box = number
        self._box.setLocale(QLocale.c())  # 0.7 is written 0.7 everywhere: in papers, files and flags
        self._box.setObjectName(f"param_{parameter.name}")
        self._box.setAccessibleName(label)
        self._box.setAccessibleDescription(tip)
        self._box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._box.setKeyboardTracking(False)
        self._box.setFixedWidth(64)
        self._reset = QToolButton()
        self._reset.setText("●")
        self._reset.setFixedWidth(20)
        self._reset.setObjectName(f"reset_{parameter.name}")
        self._reset.setAccessibleName(self.tr("Reset {name}").format(name=label))
        self._reset.clicked.connect(self.reset)
        self._slider.valueChanged.connect(self._on_slider)
        row = QHBoxLayout()
        row.setSpacing(4)
        if not lead:
            name = QLabel(label)
            name.setBuddy(self._box)
            row.addWidget(name)
        for widget in lead:
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._box)
        row.addWidget(self._reset)
        for widget in trail:
            row.addWidget(widget)
        below = QHBoxLayout()
        below.setContentsMargins(20 if lead else 0, 0, 48 if lead else 24, 0)  # from the name to the number
        below.addWidget(self._slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(below)
        self._reference: float = parameter.default
        self.set_value(parameter.default)
        self._show_state()

    def value(self) -> float:
        """The value, in the parameter's type."""
        return self.parameter.type(self._box.value())

    def set_value(self, value: Value) -> None:
        """Show another value; outside the range it becomes the nearest allowed one."""
        allowed = self.parameter.clamped(value)
        if isinstance(self._box, QSpinBox):
            self._box.setValue(round(allowed))
        else:
            self._box.setValue(allowed)

    def set_open(self, shown: bool) -> None:
        """Show or hide the slider; a shut row is quiet."""
        self._slider.setVisible(shown)
        quiet = not shown
        if self._box.property("quiet") != quiet:
            self._box.setProperty("quiet", quiet)
            self._box.style().unpolish(self._box)
            self._box.style().polish(self._box)

    def set_reference(self, value: Value) -> None:
        """The value that Reset goes back to: the chosen preset's."""
        self._reference = self.parameter.clamped(value)
        self._show_state()

    def is_at_reference(self) -> bool:
        """Whether the value is the preset's."""
        return math.isclose(self.value(), self._reference, abs_tol=1e-9)

    @Slot()
    def reset(self) -> None:
        """Back to the preset's value."""
        self.set_value(self._reference)

    @Slot()
    def _on_box(self) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(self._to_slider(self._box.value()))
        self._slider.blockSignals(False)
        self._show_state()
        self.changed.emit()

    @Slot(int)
    def _on_slider(self, place: int) -> None:
        self.set_value(self._from_slider(place))

    def _to_slider(self, value: float) -> int:
        p = self.parameter
        if p.log:  # log(1 + distance): the low end, where it matters, gets most of the way; lo may be 0
            return round(_STEPS * math.log1p((value - p.lo) / p.step) / math.log1p((p.hi - p.lo) / p.step))
        return round(_STEPS * (value - p.lo) / (p.hi - p.lo))

    def _from_slider(self, place: int) -> float:
        p, fraction = self.parameter, place / _STEPS
        if p.log:
            distance = math.expm1(fraction * math.log1p((p.hi - p.lo) / p.step))
        else:
            distance = fraction * (p.hi - p.lo) / p.step
        return p.lo + round(distance) * p.step

    def _show_state(self) -> None:
        off = self.parameter.off is not None and self.value() == self.parameter.off
        if self._slider.property("off") != off:
            self._slider.setProperty("off", off)
            self._slider.style().unpolish(self._slider)
            self._slider.style().polish(self._slider)
        changed = not self.is_at_reference()
        shown = f"{self._reference:.{self.parameter.decimals}f}"
        self._reset.setText("●" if changed else "")
        self._reset.setEnabled(changed)
        self._reset.setToolTip(self.tr("Back to {value}").format(value=shown) if changed else "")
