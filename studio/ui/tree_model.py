"""The states of a text as rows of a list. A state's words are read when it is painted, not before."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import (
    QAbstractListModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimeZone,
)

from studio.core.history import ROOT, History, Node
from studio.core.outline import Outline, Row

Index = QModelIndex | QPersistentModelIndex
NODE_ID = Qt.ItemDataRole.UserRole
DEPTH = Qt.ItemDataRole.UserRole + 1
ON_PATH = Qt.ItemDataRole.UserRole + 2
GENERATED = Qt.ItemDataRole.UserRole + 3
BOOKMARKED = Qt.ItemDataRole.UserRole + 4
HIDDEN = Qt.ItemDataRole.UserRole + 5  # pruned, or after a state that is
LANES = Qt.ItemDataRole.UserRole + 6  # see Row
STARTS = Qt.ItemDataRole.UserRole + 7  # a branch leaves the line at its left here
GOES_ON = Qt.ItemDataRole.UserRole + 8  # its own line goes on below
IS_HEAD = Qt.ItemDataRole.UserRole + 9
PATH_GOES_ON = Qt.ItemDataRole.UserRole + 10  # the way to the head goes on below, at depth 0

MODEL = Qt.ItemDataRole.UserRole + 11  # the name of the model that goes on here, where it is another one

LOOK_BACK = 200
"""States before one are looked at for who wrote last."""

PREVIEW_CHARS = 90
TIP_CHARS = 400


def local_time(utc: str) -> str:
    """A time of the library (UTC, ISO 8601) as a person here would write it; empty if there is none."""
    time = QDateTime.fromString(utc.removesuffix("Z"), Qt.DateFormat.ISODate)
    time.setTimeZone(QTimeZone.utc())
    return QLocale().toString(time.toLocalTime(), QLocale.FormatType.ShortFormat) if time.isValid() else ""


class TreeModel(QAbstractListModel):
    """The rows of an `Outline`. `refresh` brings them up to date, a few milliseconds at a time."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._shown = Outline(History())
        self._next: Outline | None = None  # another history, or listed otherwise: shown when it is whole
        self._head_row = 0
        self.model_names: dict[int, str] = {}
        """Which model wrote a generation (their ids are those of the library), as far as is known."""

    @property
    def outline(self) -> Outline:
        """What is shown now."""
        return self._shown

    def show(self, history: History, *, with_pruned: bool = False, only_bookmarks: bool = False) -> None:
        """Show a history, as soon as `refresh` has made its rows."""
        latest = self._next or self._shown
        if (latest.history, latest.with_pruned, latest.only_bookmarks) != (
            history,
            with_pruned,
            only_bookmarks,
        ):
            self._next = Outline(history, with_pruned=with_pruned, only_bookmarks=only_bookmarks)

    def refresh(self, budget_s: float) -> bool:
        """Bring the rows up to date for about so long; whether they are. Until then the old ones stay."""
        outline = self._next or self._shown
        if not outline.is_current:
            if not outline.work(budget_s):
                return False
            self.beginResetModel()
            outline.take()
            self._shown, self._next = outline, None
            self._head_row = outline.head_row()
            self.endResetModel()
        growth = outline.growth()
        rows = sum(map(outline.lists, growth))
        if rows:
            self.beginInsertRows(QModelIndex(), len(outline.rows), len(outline.rows) + rows - 1)
        outline.add(growth)
        if rows:
            self.endInsertRows()
        self._head_row = outline.head_row()
        return True

    def node(self, index: Index) -> Node | None:
        """The node of a row; None at the root."""
        return self._shown.history.nodes.get(self._row(index)[0]) if index.isValid() else None

    def head_row(self) -> int:
        """The row the text is at."""
        return self._head_row

    def row_of(self, node_id: int, near: int) -> int | None:
        """The row of a state, looked for from `near` outwards; None if it has none."""
        rows = self._shown.rows
        for step in range(max(near, len(rows) - near) + 1):
            for row in {near - step, near + step}:
                if 0 <= row < len(rows) and rows[row][0] == node_id:
                    return row
        return None

    def next_bookmark(self, after: int) -> int | None:
        """The next row with a bookmark or a name, from the top again after the last; None if none has."""
        rows, nodes = self._shown.rows, self._shown.history.nodes
        for k in range(1, len(rows) + 1):
            row = (after + k) % len(rows)
            node = nodes.get(rows[row][0])
            if node is not None and (node.bookmarked or node.name):
                return row
        return None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """One for each state listed, and the root."""
        return 0 if parent.isValid() else len(self._shown.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        if not index.isValid():
            return None
        outline = self._shown
        node_id, depth, lanes = self._row(index)
        node = outline.history.nodes.get(node_id)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._words(node, PREVIEW_CHARS)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(node)
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return ", ".join(self._facts(node))
            case Qt.ItemDataRole.UserRole:
                return node_id
        flat = outline.only_bookmarks
        if role == DEPTH:
            return 0 if flat else depth
        if role == LANES:
            return 0 if flat else lanes
        if role == ON_PATH:
            return depth == 0 and index.row() <= self._head_row
        if role == PATH_GOES_ON:
            return index.row() < self._head_row
        if role == IS_HEAD:
            return node_id == outline.history.head
        if role == HIDDEN:
            return node_id in outline.hidden
        if role == GENERATED:
            return node is not None and node.source > 0
        if role == MODEL:
            return self._switched_to(node)
        if role == BOOKMARKED:
            return node is not None and node.bookmarked
        if role == STARTS:
            return node is not None and not flat and outline.history.next_child(node.parent) != node.id
        if role == GOES_ON:
            return not flat and self._goes_on(index.row())
        return None

    def _row(self, index: Index) -> Row:
        return self._shown.rows[index.row()]

    def _goes_on(self, number: int) -> bool:
        rows = self._shown.rows
        if number + 1 < len(rows) and rows[number + 1][1] > rows[number][1]:
            return True
        return self._shown.history.next_child(rows[number][0]) is not None

    def _words(self, node: Node | None, limit: int) -> str:
        if node is None:
            return self.tr("The beginning")
        try:
            inserted = " ".join("".join(edit.inserted for edit in node.edits).split())
            removed = sum(len(edit.removed) for edit in node.edits)
        except ValueError:
            return self.tr("This step is damaged.")
        shown = inserted if len(inserted) <= limit else f"{inserted[:limit].rstrip()}…"
        words = shown or self.tr("{n} characters removed").format(n=removed)
        return f"{node.name} – {words}" if node.name else words

    def _switched_to(self, node: Node | None) -> str:
        """The model that wrote a state, if the generation before it was another one's."""
        name = self.model_names.get(node.source, "") if node is not None else ""
        before = node
        for _ in range(LOOK_BACK if name else 0):
            before = self._shown.history.nodes.get(before.parent) if before is not None else None
            if before is None:
                break
            if before.source > 0:
                other = self.model_names.get(before.source, name)
                return name if other != name else ""
        return ""

    def _facts(self, node: Node | None) -> list[str]:
        """Who, when, what has become of it."""
        if node is None:
            return [self.tr("Before the first word.")]
        name = self.model_names.get(node.source, "")
        if node.source > 0:
            who = (
                self.tr("Written by {model}").format(model=name) if name else self.tr("Written by the model")
            )
        else:
            who = self.tr("Your own step")
        facts = [who, local_time(node.created_utc)]
        if node.bookmarked:
            facts.append(self.tr("bookmarked"))
        if self._shown.history.is_hidden(node.id):
            facts.append(self.tr("pruned"))
        return [fact for fact in facts if fact]

    def _tip(self, node: Node | None) -> str:
        """Rich text, so that Qt does not take the user's own words for it."""
        facts = " · ".join(self._facts(node))
        words = f"<br>{escape(self._words(node, TIP_CHARS))}" if node is not None and node.id != ROOT else ""
        return f"<qt><b>{escape(facts)}</b>{words}</qt>"
