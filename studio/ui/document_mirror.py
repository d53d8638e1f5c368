"""Keeps a QTextDocument and a Manuscript the same, and translates places between them.

They count differently: the manuscript in code points, Qt in UTF-16 units. And a paragraph of more than
`LONG_PARAGRAPH` characters is shown in pieces, since Qt lays out a whole paragraph at every key (300 KB
without a space: 3 s a key): a *soft break* is a paragraph separator of the document that is not in the text.
"""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextDocument

from studio.core.history import Edit
from studio.core.manuscript import Manuscript
from studio.ui.utf16 import Utf16Places, utf16_length

LONG_PARAGRAPH = 10_000
"""Longer paragraphs are shown in pieces ..."""

PIECE = 4_000
"""... of about this many UTF-16 units, cut at a space where there is one."""

CHUNK = 20_000
"""Longer insertions are shown in chunks of this many characters, so that the window stays alive."""

LINE_HEIGHT_PERCENT = 150
PARAGRAPH_GAP_PX = 10

_ONE_TO_ONE = str.maketrans(
    {"\u2029": "\n", "\u2028": "\n", "\r": " ", "\ufdd0": "\ufffd", "\ufdd1": "\ufffd", "\ufffc": "\ufffd"}
)
_LINE_BREAKS = str.maketrans({"\u2029": "\n", "\u2028": "\n"})


def clean(text: str) -> str:
    """`text` as a manuscript can hold it: \\n line ends, no lone surrogates, none of Qt's own marks.

    U+FDD0 and U+FDD1 delimit Qt's frames, U+FFFC its images; the document would lose or misread them.
    """
    if text.isascii():
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for mark in "\ufdd0\ufdd1\ufffc":
        text = text.replace(mark, "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_BREAKS)


def clean_generated(text: str) -> str:
    """As `clean`, but character by character: the places of tokens in the text stay true."""
    return text.translate(_ONE_TO_ONE)


def paragraph_format(soft: bool = False) -> QTextBlockFormat:
    """The look of a paragraph; of a piece that goes on after a soft break, without the gap below."""
    form = QTextBlockFormat()
    form.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    form.setBottomMargin(0 if soft else PARAGRAPH_GAP_PX)
    return form


class DocumentMirror(QObject):
    """`show` brings an edit of the manuscript into the document; `edited` says what the user did there."""

    edited = Signal(object)  # Edit, already in the manuscript
    changed = Signal(object)  # Edit, whoever made it
    loaded = Signal()  # another manuscript
    busy_changed = Signal(bool)

    def __init__(self, document: QTextDocument, manuscript: Manuscript, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._places = Utf16Places("")
        self._soft: list[int] = []  # positions of soft separators, ascending
        self._showing = False
        self._typing = False
        self._queue: list[str] = []  # what is still to be inserted, last piece first
        self._at = QTextCursor(document)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._show_next)
        self._split_timer = QTimer(self)
        self._split_timer.setSingleShot(True)
        self._split_timer.setInterval(0)
        self._split_timer.timeout.connect(self._split_changed)
        self._changed_from, self._changed_to = 0, 0
        document.setUndoRedoEnabled(False)
        document.documentLayout()  # made now: without one, Qt announces no changes
        document.contentsChange.connect(self._on_contents_change)
        self.load(manuscript)

    @property
    def manuscript(self) -> Manuscript:
        """What the document shows."""
        return self._manuscript

    @property
    def is_busy(self) -> bool:
        """Whether a long insertion is still being shown; until then places cannot be translated."""
        return bool(self._queue)

    def load(self, manuscript: Manuscript) -> None:
        """Show another manuscript."""
        self._manuscript = manuscript
        self._queue.clear()
        self._soft.clear()
        self._astral = False
        self._showing = True
        self._length = 0  # in the document's own units, without the last separator
        self._document.clear()
        cursor = QTextCursor(self._document)
        cursor.setBlockFormat(paragraph_format())
        self._showing = False
        text = manuscript.text
        self._insert(0, 0, text)
        self.loaded.emit()

    # -- places --------------------------------------------------------------------------------------------

    def to_text(self, position: int) -> int:
        """The code point offset of a document position."""
        units = position - bisect_left(self._soft, position)
        if not self._astral:
            return min(units, len(self._manuscript.text))
        return self._places_now().offset(units)

    def to_document(self, offset: int, *, before_break: bool = False) -> int:
        """The document position of a code point offset; at a soft break the one after (or before) it."""
        text = self._manuscript.text
        position = self._places_now().units(offset) if self._astral else min(offset, len(text))
        for soft in self._soft:
            if soft > position or (before_break and soft == position):
                break
            position += 1
        # While another manuscript is being put in, Qt says that the caret has moved: it is still empty then.
        return min(position, self._length)

    def _places_now(self) -> Utf16Places:
        if self._places.text is not self._manuscript.text:
            self._places = Utf16Places(self._manuscript.text)
        return self._places

    def is_soft_break(self, position: int) -> bool:
        """Whether the separator at `position` is not in the text."""
        index = bisect_left(self._soft, position)
        return index < len(self._soft) and self._soft[index] == position

    # -- manuscript -> document ----------------------------------------------------------------------------

    def show(self, edit: Edit) -> None:
        """Do in the document what was just done in the manuscript."""
        start = self.to_document(edit.position)
        before = self._places_now().units(edit.position) if self._astral else edit.position
        units = before + utf16_length(edit.removed)
        end = units
        for soft in self._soft:
            if soft >= end:
                break
            end += 1
        self._insert(start, max(start, end), edit.inserted)
        self.changed.emit(edit)

    def _insert(self, start: int, end: int, text: str) -> None:
        """Put `text` between two document positions, long texts chunk by chunk."""
        pieces = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)] or [""]
        self._replace(start, end, pieces[0])
        if len(pieces) > 1:
            self._queue = pieces[:0:-1]
            self._timer.start()
            self.busy_changed.emit(True)

    @Slot()
    def _show_next(self) -> None:
        if self._queue:
            self._replace(self._at.position(), self._at.position(), self._queue.pop())
        if not self._queue:
            self._timer.stop()
            self.busy_changed.emit(False)

    def _replace(self, start: int, end: int, text: str) -> None:
        self._showing = True
        self._at.setPosition(start)
        self._at.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self._at.beginEditBlock()  # laid out at its end, when long paragraphs are in pieces already
        self._at.insertText(text)
        after = self._at.position()
        self._note_change(start, end - start, after - start)
        self._astral = self._astral or (not text.isascii() and max(text) > "\uffff")
        self._split(start, after)
        self._at.endEditBlock()
        self._showing = False

    # -- document -> manuscript ----------------------------------------------------------------------------

    def type(self) -> None:
        """The next change in the document is a keystroke: it may share an undo step with the one before."""
        self._typing = True

    def stop_typing(self) -> None:
        """The keystroke is over."""
        self._typing = False

    @Slot(int, int, int)
    def _on_contents_change(self, position: int, removed: int, added: int) -> None:
        if self._showing:
            return
        length = self._document.characterCount() - 1
        removed = min(removed, self._length - position)  # Qt counts the last separator in at times
        added = min(added, length - position)
        if self._length - removed + added != length:
            position, removed, added = 0, self._length, length
        inserted = self._read(position, position + added)
        start, end = self.to_text(position), self.to_text(position + removed)
        old = self._manuscript.text[start:end]
        soft = [s for s in self._soft if position <= s < position + removed]
        if removed == added and soft:
            for s in reversed(soft):  # a change of format only: the same pieces again
                inserted = inserted[: s - position] + inserted[s - position + 1 :]
            if inserted == old:
                return
        inserted = clean(inserted)
        if inserted == old and not soft:
            return
        self._note_change(position, removed, added)
        head = _common_prefix(old, inserted)
        tail = _common_prefix(old[head:][::-1], inserted[head:][::-1])
        edit = self._manuscript.replace(
            start + head, end - tail, inserted[head : len(inserted) - tail], typing=self._typing
        )
        self._astral = self._astral or (not inserted.isascii() and max(inserted) > "\uffff")
        self._changed_from, self._changed_to = position, position + added
        self._split_timer.start()
        self.changed.emit(edit)
        self.edited.emit(edit)

    def _read(self, start: int, end: int) -> str:
        cursor = QTextCursor(self._document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText().replace("\u2029", "\n")

    def _note_change(self, position: int, removed: int, added: int) -> None:
        """Move the soft breaks along."""
        if self._soft:
            shift = added - removed
            self._soft = [
                s if s < position else s + shift for s in self._soft if not position <= s < position + removed
            ]
        self._length = self._document.characterCount() - 1

    # -- long paragraphs -----------------------------------------------------------------------------------

    @Slot()
    def _split_changed(self) -> None:
        if not self.is_busy:
            self._split(self._changed_from, min(self._changed_to, self._document.characterCount() - 1))

    def _split(self, start: int, end: int) -> None:
        """Cut what is too long of the paragraphs between two positions into pieces."""
        block = self._document.findBlock(start)
        while block.isValid() and block.position() <= end:
            if block.length() > LONG_PARAGRAPH:
                text = block.text()
                units = utf16_length(text)
                cuts = (
                    [_cut_near(text, place) for place in range(PIECE, units - PIECE // 2, PIECE)]
                    if units == len(text)
                    else _astral_cuts(text)
                )
                base = block.position()
                for cut in reversed(cuts):
                    self._soft_break(base + cut)
                    end += 1
                block = self._document.findBlock(end)
            block = block.next()

    def _soft_break(self, position: int) -> None:
        showing, self._showing = self._showing, True
        cursor = QTextCursor(self._document)
        cursor.setPosition(position)
        last = cursor.blockFormat()
        cursor.insertBlock(last)
        cursor.setPosition(position)
        cursor.setBlockFormat(paragraph_format(soft=True))
        self._showing = showing
        index = bisect_left(self._soft, position)
        self._soft = [*self._soft[:index], position, *(s + 1 for s in self._soft[index:])]
        self._length = self._document.characterCount() - 1


def _cut_near(text: str, place: int) -> int:
    """A place to cut at, after a space at most 200 characters before `place` if there is one."""
    space = text.rfind(" ", place - 200, place)
    return space + 1 if space >= 0 else place


def _astral_cuts(text: str) -> list[int]:
    """As above, in UTF-16 units, never inside a pair."""
    cuts, units, last = [], 0, 0
    for character in text:
        units += 2 if character > "\uffff" else 1
        if units - last >= PIECE:
            cuts.append(units)
            last = units
    return cuts[:-1] if cuts and units - cuts[-1] < PIECE // 2 else cuts


def _common_prefix(one: str, other: str) -> int:
    """How many leading characters two texts share."""
    limit = min(len(one), len(other))
    if one[:limit] == other[:limit]:
        return limit
    low, high = 0, limit
    while low < high - 1:
        middle = (low + high) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle
    return low
