"""What is said of a model."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.models.records import ShelfModel
from studio.models.verdict import Fit
from studio.store.records import ModelUse
from studio.ui.models.row import Row, State
from studio.ui.precision.words import megabytes
from studio.ui.sentences import said
from studio.ui.tree_model import local_time


class ModelWords(QObject):
    """For the list, the details and the chip."""

    def cells(self, row: Row) -> tuple[str, ...]:
        """The columns of the list."""
        model = row.model
        return (
            model.name,
            self.state(row),
            model.architecture,
            model.precision,
            self.parameters(model),
            megabytes(model.n_bytes) if model.n_bytes else "",
            f"{model.n_positions:,}" if model.n_positions else "",
            self.fit(row),
            self.last_used(row.use),
        )

    def state(self, row: Row) -> str:
        """In use, on its way, the default."""
        words = {
            State.LOADED: self.tr("in use"),
            State.LOADING: self.tr("loading…"),
            State.ONLY_IN_MEMORY: self.tr("only in memory"),
            State.IN_TRASH: self.tr("in the trash"),
        }
        parts = [words[row.state]] if row.state in words else []
        if row.is_default:
            parts.append(self.tr("default"))
        return ", ".join(parts)

    def parameters(self, model: ShelfModel) -> str:
        """In millions."""
        if not model.n_parameters:
            return ""
        millions = model.n_parameters / 1e6
        return f"{millions:,.1f}M" if millions < 100 else f"{millions:,.0f}M"

    def fit(self, row: Row) -> str:
        """The verdict in a word."""
        if row.verdict is None:
            return ""
        return {
            Fit.FITS: self.tr("fits"),
            Fit.SLOW: self.tr("slow"),
            Fit.WONT_FIT: self.tr("won't fit"),
            Fit.BROKEN: self.tr("cannot be loaded"),
        }[row.verdict.fit]

    def verdict(self, row: Row) -> str:
        """The verdict with its numbers, and what is wrong with the files."""
        parts = [] if row.verdict is None else [said(row.verdict.said)]
        if row.model.was_sha256:
            text = self.tr(
                "Its weights have been changed since it was put on the shelf: their SHA-256 was {digest}…"
            )
            parts.append(text.format(digest=row.model.was_sha256[:12]))
        if row.state is State.ONLY_IN_MEMORY:
            parts.append(
                self.tr("It is in memory and goes on writing, but its files are not on the shelf any more.")
            )
        return " ".join(parts)

    def last_used(self, use: ModelUse | None) -> str:
        """When it wrote last."""
        return local_time(use.last_used_utc) if use is not None else self.tr("never")

    def used(self, use: ModelUse | None) -> str:
        """How much it has written, and where."""
        if use is None:
            return self.tr("has not written yet")
        one, several = self.tr("1 session"), self.tr("{n} sessions").format(n=f"{use.n_sessions:,}")
        count = one if use.n_sessions == 1 else several
        names = [title[:40] or self.tr("without words") for _, title in use.sessions]
        more = ", …" if use.n_sessions > len(names) else ""
        return f"{count}: {', '.join(f'“{name}”' for name in names)}{more}"

    def source(self, row: Row) -> str:
        """Where it came from."""
        if row.is_built_in:
            return self.tr("ships with the app")
        about, parts = row.model.about, []
        if about.source:
            parts.append(about.source)
        if row.model.in_place:
            parts.append(self.tr("used in place"))
        if about.made_by:
            parts.append(about.made_by)
        return " · ".join(parts) or self.tr("not known")
