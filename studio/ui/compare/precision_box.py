"""In which precision B is computed."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from studio.core.messages import ComparisonFinished
from studio.core.precisions import NAMES

AS_A = ""


class PrecisionBox(QComboBox):
    """As A, or another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparePrecision")
        self.setAccessibleName(self.tr("Precision of B"))
        self.setToolTip(
            self.tr("Precision of B: the same model in fewer bits shows what they cost this text")
        )
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(7)
        self.addItem(self.tr("as A"), AS_A)
        for name in NAMES:
            self.addItem(name, name)

    @property
    def chosen(self) -> str:
        """AS_A, or a precision's name."""
        return str(self.currentData())

    def offer(self, possible: bool) -> None:
        """Whether the loaded model can be computed in others than its own."""
        self.setEnabled(possible)
        if not possible:
            self.setCurrentIndex(0)

    def told(self, finished: ComparisonFinished) -> str:
        """What each was computed in, if that was not the same."""
        if finished.precision_a == finished.precision_b:
            return ""
        return self.tr("A was computed in {a}, B in {b}.").format(
            a=finished.precision_a, b=finished.precision_b
        )
