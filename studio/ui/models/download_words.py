"""Texts about downloads: the catalogue's sentences, and numbers in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.models.hub.catalogue import Entry
from studio.models.verdict import Fit
from studio.ui.moments import size
from studio.ui.sentences import said

GOOD_FOR = (
    QT_TRANSLATE_NOOP(
        "catalogue",
        "The smallest of OpenAI's four: quick on any computer, and what most has been written about.",
    ),
    QT_TRANSLATE_NOOP("catalogue", "Clearly more coherent than the small one; still quick in 8 or 4 bits."),
    QT_TRANSLATE_NOOP("catalogue", "Holds a thread over a page; wants patience or a fast computer."),
    QT_TRANSLATE_NOOP(
        "catalogue", "The whole of GPT-2: the best prose of the family, at a tenth of the speed."
    ),
    QT_TRANSLATE_NOOP(
        "catalogue", "Twice as fast as GPT-2 and a little duller; a good model to draft ahead with."
    ),
    QT_TRANSLATE_NOOP("catalogue", "Answers in short turns, as people do in forums; not for prose."),
    QT_TRANSLATE_NOOP("catalogue", "Conversation with a longer memory than the small one."),
    QT_TRANSLATE_NOOP(
        "catalogue", "The most fluent of the three in conversation; slow without a fast computer."
    ),
    QT_TRANSLATE_NOOP(
        "catalogue", "Writes Chinese, character by character, from news, reviews and encyclopaedias."
    ),
    QT_TRANSLATE_NOOP("catalogue", "GPT-2's size, trained on more science and code, with twice its context."),
)
"""The sentences of resources/models/catalogue.toml, for the translators."""


def good_for(entry: Entry) -> str:
    """What a model of the catalogue is good for."""
    return QCoreApplication.translate("catalogue", entry.good_for)


class DownloadWords(QObject):
    """What a job's events are in words."""

    def fit(self, fit: Fit) -> str:
        """A verdict in a word or two."""
        words = {
            Fit.FITS: self.tr("fits"),
            Fit.SLOW: self.tr("fits, but slow"),
            Fit.WONT_FIT: self.tr("won't fit now"),
            Fit.BROKEN: self.tr("cannot be loaded"),
        }
        return words[fit]

    def offer(self, event: Mapping[str, Any]) -> str:
        """What would be fetched, and under which licence."""
        licence = str(event["licence"]) or self.tr("none is stated")
        lines = [
            self.tr("Licence: {licence}").format(licence=licence),
            self.tr("{n} files, {size}; {free} are free on the disk.").format(
                n=len(event["files"]), size=size(event["total_bytes"]), free=size(event["free_bytes"])
            ),
        ]
        if event["done_bytes"]:
            lines.append(self.tr("{size} of it have come before.").format(size=size(event["done_bytes"])))
        if event["left_out"]:
            names = ", ".join(event["left_out"][:4]) + (", …" if len(event["left_out"]) > 4 else "")
            lines.append(self.tr("Left where it is: {names}").format(names=names))
        return "\n".join(lines)

    def files(self, event: Mapping[str, Any]) -> str:
        """One line a file."""
        return "\n".join(f"{name}\u2003{size(n_bytes)}" for name, n_bytes in event["files"])

    def progress(self, event: Mapping[str, Any]) -> str:
        """How far, how fast, how long."""
        part = self.tr("{done} of {total}").format(
            done=size(event["done_bytes"]), total=size(event["total_bytes"])
        )
        if event["state"] == "checking":
            return self.tr("{part} – verifying {file}").format(part=part, file=event["file"]).rstrip()
        if not event["speed"]:
            return part
        text = self.tr("{part}, {speed}/s").format(part=part, speed=size(event["speed"]))
        if event["left_s"] is None:
            return text
        return self.tr("{text}, {time} left").format(text=text, time=clock(event["left_s"]))

    def waiting(self, event: Mapping[str, Any]) -> str:
        """Why nothing comes, and when it is tried again."""
        reason = said(Sentence(str(event["template"]), tuple(dict(event["values"]).items())))
        return self.tr("{reason} Next try in {n} s.").format(reason=reason, n=f"{event['wait_s']:.0f}")


def clock(seconds: float) -> str:
    """75 seconds are 1:15."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
