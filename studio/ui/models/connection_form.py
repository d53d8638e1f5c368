"""How the Hub is reached: a mirror's address, a proxy, an access token."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QLineEdit

from studio.ui.plain import plain_label


class ConnectionForm(QFrame):
    """Three fields. The token is kept in this one alone, until the app closes."""

    changed = Signal()

    def __init__(self, endpoint: str, proxy: str) -> None:
        super().__init__()
        self.setObjectName("connectionForm")
        self._endpoint = self._field(
            "connectionEndpoint",
            endpoint,
            self.tr(
                "Address of the Hub or a mirror of it; empty: huggingface.co, or HF_ENDPOINT if it is set"
            ),
        )
        self._endpoint.setPlaceholderText("https://huggingface.co")
        self._proxy = self._field(
            "connectionProxy",
            proxy,
            self.tr("A proxy for downloads, such as http://proxy.example:8080; empty: the system's own"),
        )
        self._token = self._field(
            "connectionToken",
            "",
            self.tr(
                "Only for models that ask for one; sent to the Hub alone, and forgotten when the app closes"
            ),
        )
        self._token.setEchoMode(QLineEdit.EchoMode.Password)
        self._said = plain_label("connectionSaid")
        self._said.hide()
        form = QFormLayout(self)
        form.setContentsMargins(0, 4, 0, 4)
        form.setSpacing(8)
        for text, field in (
            (self.tr("&Endpoint:"), self._endpoint),
            (self.tr("P&roxy:"), self._proxy),
            (self.tr("Access &token:"), self._token),
        ):
            label = QLabel(text)
            label.setBuddy(field)
            field.setAccessibleName(text.replace("&", "").rstrip(":："))
            form.addRow(label, field)
        form.addRow(self._said)

    @property
    def endpoint(self) -> str:
        """As typed."""
        return self._endpoint.text().strip()

    @property
    def proxy(self) -> str:
        """As typed."""
        return self._proxy.text().strip()

    @property
    def token(self) -> str:
        """As typed."""
        return self._token.text().strip()

    def say(self, text: str) -> None:
        """What is wrong with it; empty: nothing."""
        self._said.setText(text)
        self._said.setVisible(bool(text))

    def _field(self, name: str, text: str, tip: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(name)
        field.setToolTip(tip)
        field.setPlaceholderText("")
        field.editingFinished.connect(self._on_edited)
        return field

    @Slot()
    def _on_edited(self) -> None:
        self.changed.emit()
