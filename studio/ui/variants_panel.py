"""The variants of one passage side by side, with their probabilities; the one in the text is marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.ui.theme import Theme
from studio.ui.variant_card import Variant, VariantCard

GAP_PX = 8


class VariantsPanel(QWidget):
    """Shows variants; asks for one by click, number, or arrows and Enter."""

    picked = Signal(int)  # its node in the history

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variantsPanel")
        self.setAccessibleName(self.tr("Variants"))
        self.setToolTip(self.tr("Click a variant, press its number, or use the arrows and Enter to take it."))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._variants: tuple[Variant, ...] = ()
        self._in_text: int | None = None  # a node
        self._chosen: int | None = None
        self._cursor = 0
        self.cards: list[VariantCard] = []
        self._empty = QLabel(
            self.tr(
                "Continue with several (Ctrl+Shift+Enter) or Retry: the variants appear here side by side."
            )
        )
        self._empty.setObjectName("variantsEmpty")
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = QWidget()
        self._row = QHBoxLayout(body)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP_PX)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("variantsScroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(body)
        # a card's place is known, and can be scrolled to, once the row is laid out
        self._scroll.horizontalScrollBar().rangeChanged.connect(self._show_from_cursor)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._empty, 1)
        self.show_variants((), None)

    def show_variants(
        self, variants: Sequence[Variant], in_text: int | None, chosen: int | None = None
    ) -> None:
        """Show these; `in_text` and `chosen` (to be taken when the writing is over) are nodes."""
        others = [v.node_id for v in variants] != [v.node_id for v in self._variants]
        if in_text != self._in_text or (others and not self._same_beginning(variants)):
            self._cursor = next((n for n, v in enumerate(variants) if v.node_id == in_text), 0)
        self._variants, self._in_text, self._chosen = tuple(variants), in_text, chosen
        while len(self.cards) < len(variants):
            card = VariantCard(self._theme, len(self.cards) + 1)
            card.clicked.connect(self._on_clicked)
            self.cards.append(card)
            self._row.addWidget(card, 1)
        self._scroll.setVisible(bool(variants))
        self._empty.setVisible(not variants)
        self._show_cards()
        if others:
            self._show_from_cursor()

    @Slot()
    def _show_from_cursor(self) -> None:
        """Scroll so that the one under the keyboard is the first in view, and the newer ones follow it."""
        if self._variants:
            self._scroll.horizontalScrollBar().setValue(self.cards[self._cursor].x())

    def _same_beginning(self, variants: Sequence[Variant]) -> bool:
        return all(old.node_id == new.node_id for old, new in zip(self._variants, variants, strict=False))

    def _show_cards(self) -> None:
        for number, card in enumerate(self.cards):
            card.setVisible(number < len(self._variants))
            if number < len(self._variants):
                variant = self._variants[number]
                card.show_variant(
                    variant,
                    in_text=variant.node_id == self._in_text,
                    has_cursor=self.hasFocus() and number == self._cursor,
                    is_chosen=variant.node_id == self._chosen,
                )

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    # -- keys and mouse ------------------------------------------------------------------------------------

    def _pick(self, number: int) -> None:
        if 0 <= number < len(self._variants):
            self._move(number)
            self.picked.emit(self._variants[number].node_id)

    def _move(self, number: int) -> None:
        if 0 <= number < len(self._variants):
            self._cursor = number
            self._show_cards()
            self._scroll.ensureWidgetVisible(self.cards[number], 0, 0)

    @Slot()
    def _on_clicked(self) -> None:
        card = self.sender()
        assert isinstance(card, VariantCard)
        self._pick(self.cards.index(card))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 to 9 take a variant; arrows go to one and scroll in it, Enter takes it."""
        key = event.key()
        bar = self.cards[self._cursor].text.verticalScrollBar() if self._variants else None
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if not plain or bar is None:
            super().keyPressEvent(event)
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self._pick(key - Qt.Key.Key_1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self._cursor)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._move(self._cursor + (1 if key == Qt.Key.Key_Right else -1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(0 if key == Qt.Key.Key_Home else len(self._variants) - 1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            bar.setValue(bar.value() + (bar.singleStep() if key == Qt.Key.Key_Down else -bar.singleStep()))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            bar.setValue(bar.value() + (bar.pageStep() if key == Qt.Key.Key_PageDown else -bar.pageStep()))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._show_cards()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """It is elsewhere now."""
        super().focusOutEvent(event)
        self._show_cards()
