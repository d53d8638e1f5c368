"""Attention: the heads of a layer as small multiples, one of them large, over the text or token to token."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox

from studio.core import messages as m
from studio.ui.inside.arcs import Arcs
from studio.ui.inside.chips import TokenChips
from studio.ui.inside.figure import Figure
from studio.ui.inside.heads import HeadStrips
from studio.ui.inside.seen import Attention, attention_of, links_of
from studio.ui.inside.view import View
from studio.ui.plain import push_button
from studio.ui.theme import Theme


class AttentionView(View):
    """Layer, heads, one head."""

    asked = Signal()  # another layer, head or way of showing it

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__("insideAttentionView", title)
        self.attention: Attention | None = None
        self.heads, self.tokens, self.arcs = HeadStrips(theme), TokenChips(theme), Arcs(theme)
        self.layer = QSpinBox()
        self.layer.setObjectName("insideLayer")
        self.layer.setAccessibleName(self.tr("Layer"))
        self.layer.setToolTip(self.tr("Whose heads are shown; arrow keys or the wheel choose another layer"))
        self.layer.setRange(1, 1)
        self.layer.setFixedWidth(56)
        self.layer.setKeyboardTracking(False)
        self.layer.valueChanged.connect(self.asked)
        self.title(QLabel(self.tr("Heads of layer")), self.heads).insertWidget(1, self.layer)
        self.column.addWidget(self.heads)
        self.as_arcs = push_button(
            "insideAsArcs",
            self.tr("Arcs"),
            self.tr("Draw what every token looked at in this head, not only this place: token to token"),
        )
        self.as_arcs.setCheckable(True)
        self.as_arcs.toggled.connect(self._on_arcs)
        self._large = QLabel()
        self._large.setProperty("heading", True)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._large, 1)
        for widget in (self.as_arcs, self.tokens.export.button, self.arcs.export.button):
            row.addWidget(widget)
        self.column.addLayout(row)
        self._told = self.told("insideTold")
        self.column.addWidget(self.tokens)
        self.column.addWidget(self.arcs)
        self.column.addStretch(1)
        self.heads.current_changed.connect(self._on_head)
        self.tokens.current_changed.connect(self._tell)
        self.arcs.current_changed.connect(self._tell)
        figures: tuple[Figure, ...] = (self.heads, self.tokens, self.arcs)
        for figure in figures:
            figure.current_changed.connect(self.keep_in_sight)
        self.arcs.hide()
        self.arcs.export.button.hide()

    def clear(self) -> None:
        """Nothing is known yet."""
        self.attention = None
        self.heads.show_attention(None)
        self.tokens.show_attention(None, 0)
        self.arcs.show_links(self.arcs.words, None)
        self._tell()

    def show_seen(self, message: m.InsideSeen) -> None:
        """The attention at another place or in another layer."""
        self.attention = attention_of(message)
        self.heads.show_attention(self.attention)
        self.tokens.show_attention(self.attention, self.heads.current)
        self._tell()

    def show_links(self, message: m.AttentionMapped) -> None:
        """The arcs of one head."""
        if self.attention is not None:
            self.arcs.show_links(self.attention.words, links_of(message))
            self._tell()
            self.fit()
            self.bring_into_sight(self.arcs, self.arcs.current)

    @Slot(int)
    def _on_head(self, head: int) -> None:
        self.tokens.show_attention(self.attention, head)
        self._tell()
        self.asked.emit()

    @Slot(bool)
    def _on_arcs(self, arcs: bool) -> None:
        for figure in (self.tokens, self.arcs):
            figure.setVisible((figure is self.arcs) == arcs)
            figure.export.button.setVisible((figure is self.arcs) == arcs)
        self._tell()
        self.asked.emit()

    @Slot()
    def _tell(self) -> None:
        """The current token in words, for those who do not use a mouse."""
        if self.attention is None:
            self._large.clear()
            self._told.clear()
            return
        self._large.setText(self.tr("Head {head}").format(head=self.heads.current + 1))
        figure: Figure = self.arcs if self.as_arcs.isChecked() else self.tokens
        self._told.setText(figure.describe(figure.current) if figure.count() else "")
