"""One sampling parameter that holds a text: its name, a field, and a dot that resets a changed one.

A stage's first parameter is the stage's own line: `lead` stands in place of the name.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import RefusedError
from studio.core.parameters import TextParameter, Value
from studio.ui import sentences

_LINE_PX = 22


class TextRow(QWidget):
    """Edits the value of one TextParameter.

    `changed` is emitted for what can be used; of anything else the row says what is wrong, and its value
    stays what it was.
    """

    changed = Signal()

    def __init__(
        self, parameter: TextParameter, lead: Sequence[QWidget] = (), trail: Sequence[QWidget] = ()
    ) -> None:
        super().__init__()
        self.parameter = parameter
        self._value = self._reference = parameter.default
        label = QCoreApplication.translate("processors", parameter.label)
        tip = QCoreApplication.translate("processors", parameter.tip)
        example = QCoreApplication.translate("processors", parameter.example) if parameter.example else ""
        self.setToolTip(f"<qt>{tip}</qt>")
        self._field: QLineEdit | QPlainTextEdit
        if parameter.lines > 1:
            self._field = QPlainTextEdit()
            self._field.setTabChangesFocus(True)
            self._field.setFixedHeight(_LINE_PX * parameter.lines + 10)
        else:
            self._field = QLineEdit()
        self._field.setPlaceholderText(example)
        self._field.textChanged.connect(self._on_text)
        self._field.setObjectName(f"param_{parameter.name}")
        self._field.setAccessibleName(label)
        self._field.setAccessibleDescription(tip)
        self._reset = QToolButton()
        self._reset.setFixedWidth(20)
        self._reset.setObjectName(f"reset_{parameter.name}")
        self._reset.setAccessibleName(self.tr("Reset {name}").format(name=label))
        self._reset.clicked.connect(self.reset)
        self._problem = QLabel()
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        self._problem.setProperty("problem", True)
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(4)
        for widget in lead:
            line.addWidget(widget)
        if not lead:
            name = QLabel(label)
            name.setBuddy(self._field)
            line.addWidget(name)
        line.addStretch(1)
        line.addWidget(self._reset)
        for widget in trail:
            line.addWidget(widget)
        column.addLayout(line)
        column.addWidget(self._field)
        column.addWidget(self._problem)
        self.set_value(parameter.default)
        self._show_state()

    def value(self) -> str:
        """The last text that could be used."""
        return self._value

    def set_value(self, value: Value) -> None:
        """Show another text."""
        text = str(value)
        if isinstance(self._field, QLineEdit):
            self._field.setText(text)
        else:
            self._field.setPlainText(text)

    def set_open(self, shown: bool) -> None:
        """Show or hide the field."""
        self._field.setVisible(shown)
        self._problem.setVisible(shown and bool(self._problem.text()))

    def take_focus(self) -> None:
        """Put the keyboard into the field."""
        self._field.setFocus()

    def set_reference(self, value: Value) -> None:
        """The text that Reset goes back to: the chosen preset's."""
        self._reference = str(value)
        self._show_state()

    def is_at_reference(self) -> bool:
        """Whether the text is the preset's."""
        return self._value == self._reference

    @Slot()
    def reset(self) -> None:
        """Back to the preset's text."""
        self.set_value(self._reference)

    def _text(self) -> str:
        field = self._field
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    @Slot()
    def _on_text(self) -> None:
        text = self._text()
        try:
            usable = self.parameter.checked(text)
        except RefusedError as error:
            self._problem.setText(sentences.refusal(error))
            self._problem.setVisible(self._field.isVisibleTo(self))
            self._show_state()
            return
        self._problem.clear()
        self._problem.hide()
        self._value = usable
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        changed = self._text() != self._reference
        self._reset.setText("●" if changed else "")
        self._reset.setEnabled(changed)
        self._reset.setToolTip(self.tr("Back to “{value}”").format(value=self._reference) if changed else "")
