"""The X-ray: what the sampling settings do to one word, to the whole text, and to a run that was written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.core import messages as m
from studio.core.chain import BY_NAME
from studio.core.parameters import is_off
from studio.core.processors import LogitsProcessor
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.stage_notes import goes_back, place_note
from studio.ui.theme import Theme
from studio.ui.waterfall import Row, Waterfall

CHANGES_MIN_PX = 40
"""The list of changes gives way to the words above it."""


def stage_label(name: str) -> str:
    """A stage's name as the user reads it."""
    return QCoreApplication.translate("processors", BY_NAME[name].stage.label)


class XrayPage(QWidget):
    """A waterfall through the chain, a summary of the text, and what would change in the run."""

    stage_chosen = Signal(str)  # the processor's class
    effect_toggled = Signal(bool)
    rest_wanted = Signal()  # to be computed again
    change_chosen = Signal(int)  # the index of a token of the run
    shown = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("xrayPage")
        self.setAccessibleName(self.tr("X-ray of the sampling settings"))
        self._answer: m.PlaceInspected | None = None
        self._processors: Sequence[LogitsProcessor] = ()
        self._followed = -1  # token id; -1: the one that stands there
        self._place_label = self._label("xrayToken")
        self.waterfall = Waterfall(theme)
        self.waterfall.stage_chosen.connect(self.stage_chosen)
        self.note = self._label("xrayNote")
        self.note.setProperty("quiet", True)
        self.precision = self._label("xrayPrecision")
        self.precision.setProperty("quiet", True)
        self.precision.hide()
        self.effect = QCheckBox(self.tr("Show the effect on the text"))
        self.effect.setObjectName("effectBox")
        self.effect.setAccessibleName(self.effect.text())
        self.effect.setToolTip(
            self.tr(
                "Strikes out in the text what could not have been written with these settings. Ctrl+Shift+X"
            )
        )
        self.effect.toggled.connect(self.effect_toggled)
        self.summary = self._label("xraySummary")
        self.rest = QPushButton(self.tr("Compute the rest"))
        self.rest.setObjectName("computeRest")
        self.rest.setAccessibleName(self.rest.text())
        self.rest.setToolTip(self.tr("Run the model over the words whose numbers are not in memory any more"))
        self.rest.clicked.connect(self.rest_wanted)
        self.rest.hide()
        self.run_label = self._label("xrayRun")
        self.changes = QListWidget()
        self.changes.setObjectName("xrayChanges")
        self.changes.setAccessibleName(self.tr("Words that would change"))
        self.changes.setToolTip(
            self.tr(
                "Written again with the same seed, chance is the same for every token: only these words "
                "change, and each says why. Enter goes to a word."
            )
        )
        self.changes.setFrameShape(QFrame.Shape.NoFrame)
        self.changes.setWordWrap(True)
        self.changes.setSpacing(2)
        self.changes.setMinimumHeight(CHANGES_MIN_PX)
        self.changes.itemActivated.connect(self._on_change)

        upper, lower = QWidget(), QWidget()
        top = QVBoxLayout(upper)
        top.setContentsMargins(0, 12, 0, 4)
        top.setSpacing(8)
        top.addWidget(self._place_label)
        top.addWidget(self.waterfall, 1)
        top.addWidget(self.note)
        top.addWidget(self.precision)
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 8, 0, 8)
        below.setSpacing(4)
        self.effect.setContentsMargins(16, 0, 16, 0)
        holder = QVBoxLayout()
        holder.setContentsMargins(16, 0, 16, 4)
        holder.setSpacing(4)
        holder.addWidget(self.effect)
        holder.addWidget(self.rest, 0, Qt.AlignmentFlag.AlignLeft)
        below.addLayout(holder)
        below.insertWidget(1, self.summary)
        heading = QLabel(self.tr("What would change"))
        heading.setProperty("heading", True)
        heading.setContentsMargins(16, 8, 16, 0)
        heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        below.addWidget(heading)
        below.addWidget(self.run_label)
        indented = QHBoxLayout()
        indented.setContentsMargins(12, 0, 4, 0)
        indented.addWidget(self.changes)
        below.addLayout(indented, 1)
        below.addStretch(0)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._parts.addWidget(upper)
        self._parts.addWidget(lower)
        self._parts.setSizes([380, 320])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._parts)
        self.show_place(None, ())
        self.show_summary("")
        self.show_run("")

    def _label(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setContentsMargins(16, 0, 16, 0)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return label

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.waterfall.delegate.theme = theme
        self.waterfall.viewport().update()

    def follow_action(self, action: QAction) -> None:
        """The check box and the menu's entry are one."""
        action.toggled.connect(self.effect.setChecked)
        self.effect.toggled.connect(action.setChecked)

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it is looked at."""
        super().showEvent(event)
        self.shown.emit()

    def show_precision(self, text: str) -> None:
        """How good the numbers are, in a sentence."""
        self.precision.setText(text)
        self.precision.setVisible(bool(text))

    # -- one place -----------------------------------------------------------------------------------------

    def show_place(self, answer: m.PlaceInspected | None, processors: Sequence[LogitsProcessor]) -> None:
        """Show the stages at a place, those of `processors`; None: nothing is known of it."""
        if answer is not None and (self._answer is None or answer.place != self._answer.place):
            self._followed = -1
        self._answer, self._processors = answer, processors
        self._show()

    @Slot(int)
    def follow(self, token_id: int) -> None:
        """Tell the fate of another token at the same place."""
        self._followed = token_id
        self._show()

    def _show(self) -> None:
        answer = self._answer
        self._show_note(answer)
        if answer is None or len(answer.stages) != len(self._processors):
            self.waterfall.rows.set_rows((), "")
            self._place_label.setText(
                self.tr(
                    "Put the caret into the text, or the mouse on a word, to see how its settings shaped it."
                )
            )
            return
        asked = (*answer.top, *answer.wanted)
        at = next((i for i, a in enumerate(asked) if a.token_id == self._followed), -1)
        if at < 0 and answer.wanted:
            at = len(asked) - 1
        token = asked[at] if at >= 0 else None
        self._place_label.setText(self._headline(token))
        rows = rows_of(answer, self._processors, at)
        self.waterfall.rows.set_rows(rows, token.text if token else "")

    def _show_note(self, answer: m.PlaceInspected | None) -> None:
        notes = dict.fromkeys(place_note(stage.note) for stage in answer.stages) if answer is not None else ()
        text = " ".join(note for note in notes if note)
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _headline(self, token: m.Alternative | None) -> str:
        if token is None:
            return self.tr("The next token")
        text, own = visible(token.text), percent(math.exp(token.logprob))
        if token.removed_by >= 0:
            stage = stage_label(type(self._processors[token.removed_by]).__name__)
            return self.tr("“{token}”: {own} from the model, removed by {stage}").format(
                token=text, own=own, stage=stage
            )
        return self.tr("“{token}”: {own} from the model, {after} after the settings").format(
            token=text, own=own, after=percent(token.sampling_prob)
        )

    # -- the text ------------------------------------------------------------------------------------------

    def show_summary(self, text: str, *, unknown: bool = False) -> None:
        """What these settings would have done to the whole text; `unknown`: of some words it is not known."""
        self.summary.setText(text)
        self.summary.setVisible(bool(text))
        self.rest.setVisible(unknown)

    # -- the run -------------------------------------------------------------------------------------------

    def show_run(self, hint: str, answer: m.Redrawn | None = None) -> None:
        """What would change in the run under the caret, or why nothing can be said."""
        self.changes.clear()
        self.changes.setVisible(answer is not None and bool(answer.changed))
        if answer is None:
            self.run_label.setText(
                hint or self.tr("Put the caret into words that the model wrote, and change a setting.")
            )
            return
        n = len(answer.changed)
        lines = []
        if answer.not_repeated_at >= 0:
            lines.append(
                self.tr(
                    "Its own settings do not draw this run again: another version of the app wrote it. This "
                    "is what both would do now."
                )
            )
        if n:
            lines.append(
                self.tr(
                    "{n} of {total} tokens change. Up to the first one the text stays exactly as it is; the "
                    "others are what changes if all before them stays."
                ).format(n=n, total=answer.n_tokens)
            )
        else:
            lines.append(self.tr("Nothing: the same seed writes the same text with these settings."))
        if goes_back(self._processors):
            lines.append(
                self.tr(
                    "What would be taken back only because of words that are new after a change is not "
                    "followed."
                )
            )
        self.run_label.setText(" ".join(lines))
        for place, change in enumerate(answer.changed):
            item = QListWidgetItem(self._change(change, first=place == 0))
            item.setData(Qt.ItemDataRole.UserRole, change.index)
            self.changes.addItem(item)

    def _change(self, change: m.RedrawnToken, *, first: bool) -> str:
        old, new = visible(change.text), visible(change.new_text)
        if 0 <= change.removed_by < len(self._processors):
            stage = stage_label(type(self._processors[change.removed_by]).__name__)
            why = self.tr("{stage} removes “{old}”").format(stage=stage, old=old)
        else:
            why = self.tr("“{old}” {before} → {after}, “{new}” {new_before} → {new_after}").format(
                old=old,
                before=percent(change.prob_before),
                after=percent(change.prob_after),
                new=new,
                new_before=percent(change.new_prob_before),
                new_after=percent(change.new_prob_after),
            )
        number = self.tr("Token {n}").format(n=change.index + 1)
        head = self.tr("{number}: “{old}” → “{new}”").format(number=number, old=old, new=new)
        if first:
            head += self.tr(" – here the text parts")
        return f"{head}\n{why}"

    @Slot(QListWidgetItem)
    def _on_change(self, item: QListWidgetItem) -> None:
        self.change_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def take_focus(self) -> None:
        """Put the keyboard into the stages."""
        self.waterfall.setFocus()
        if not self.waterfall.currentIndex().isValid() and self.waterfall.rows.rowCount():
            self.waterfall.setCurrentIndex(self.waterfall.rows.index(0))


def rows_of(answer: m.PlaceInspected, processors: Sequence[LogitsProcessor], asked: int) -> tuple[Row, ...]:
    """The rows of a waterfall, without stages that are off.

    `asked` is the place, among top and wanted, of the token followed; -1: none.
    """
    told = (*answer.top, *answer.wanted)
    prob = math.exp(told[asked].logprob) if asked >= 0 else None
    n_all = answer.n_tokens
    n, entropy = n_all, answer.entropy
    rows = [Row("", n, n, n_all, 0.0, 0.0, entropy, entropy, prob, prob)]
    for processor, stage in zip(processors, answer.stages, strict=True):
        if is_off(processor):
            continue
        after = stage.probs[asked] if asked >= 0 and stage.probs else prob
        rows.append(
            Row(
                stage.name,
                n,
                stage.n_left,
                n_all,
                stage.mass_removed,
                stage.shift,
                entropy,
                stage.entropy,
                prob,
                after,
            )
        )
        n, entropy, prob = stage.n_left, stage.entropy, after
    return tuple(rows)
