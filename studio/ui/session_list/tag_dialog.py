"""The tags of one session: words with commas between, completed from those in use."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from studio.ui.session_list.lines import one_line

MAX_TAG_CHARS = 60
MAX_TAGS = 20
_COMMA = re.compile("[,，、;；\n]")


def parse_tags(text: str) -> tuple[str, ...]:
    """The tags in what was typed: each once, without "#" and spaces around it."""
    found = (" ".join(tag.split()).lstrip("#").strip()[:MAX_TAG_CHARS] for tag in _COMMA.split(text))
    return tuple(dict.fromkeys(tag for tag in found if tag))[:MAX_TAGS]


class _LastWordCompleter(QCompleter):
    """Completes what stands after the last comma."""

    def splitPath(self, path: str) -> list[str]:
        """Only the last tag is looked up."""
        return [_COMMA.split(path)[-1].strip()]

    def pathFromIndex(self, index: object) -> str:
        """The tags before stay as they are."""
        field = self.widget()
        assert isinstance(field, QLineEdit)
        typed = field.text()
        kept = typed[: len(typed) - len(_COMMA.split(typed)[-1])]
        tag = getattr(index, "data")()  # noqa: B009 (typed as two unrelated classes of index)
        return f"{kept}{' ' if kept else ''}{tag}"


class TagDialog(QDialog):
    """Asks for the tags; `tags()` is the answer once it is accepted."""

    def __init__(
        self, title: str, tags: Sequence[str], in_use: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tagDialog")
        self.setWindowTitle(self.tr("Tags"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # A tag with a comma in it cannot be typed and is shown with spaces; untouched, it stays as it is.
        self._given = tuple(tags)
        self._shown = ", ".join(_COMMA.sub(" ", one_line(tag)) for tag in tags)
        of = QLabel(self.tr("Tags of “{title}”, with commas between").format(title=one_line(title)[:60]))
        of.setTextFormat(Qt.TextFormat.PlainText)
        of.setWordWrap(True)
        self._field = QLineEdit(self._shown)
        self._field.setObjectName("tagField")
        self._field.setAccessibleName(self.tr("Tags"))
        self._field.setToolTip(self.tr("For example: novel, draft 2"))
        self._field.setPlaceholderText(self._field.toolTip())
        completer = _LastWordCompleter(self)
        completer.setModel(QStringListModel([one_line(tag) for tag in in_use], completer))
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._field.setCompleter(completer)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        for kind, name in (
            (QDialogButtonBox.StandardButton.Ok, "tagOk"),
            (QDialogButtonBox.StandardButton.Cancel, "tagCancel"),
        ):
            button = buttons.button(kind)
            button.setObjectName(name)
            button.setToolTip(button.text())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(of)
        column.addWidget(self._field)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.setMinimumWidth(400)

    def tags(self) -> tuple[str, ...]:
        """What was typed, as tags."""
        typed = self._field.text()
        return self._given if typed == self._shown else parse_tags(typed)
