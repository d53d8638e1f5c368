"""One sampling parameter that holds a text: its name, a field, and a dot that resets a changed one."""

from __future__ import annotations

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
        self, parameter: TextParameter, *, named: bool = True, parent: QWidget | None = None
    ) -> None:
        """`named`: with its label above the field."""
        super().__init__(parent)
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
        self._reset.setFixedWidth(22)
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
        if named:
            name = QLabel(label)
            name.setBuddy(self._field)
            column.addWidget(name)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._field, 1)
        line.addWidget(self._reset)
        column.addLayout(line)
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
            self._problem.show()
            self._show_state()
            return
        self._problem.hide()
        self._value = usable
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        changed = self._text() != self._reference
        self._reset.setText("●" if changed else "")
        self._reset.setEnabled(changed)
        self._reset.setToolTip(self.tr("Back to “{value}”").format(value=self._reference) if changed else "")
