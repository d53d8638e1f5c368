"""Two kinds of trouble: what the user or the computer can put right, and everything else, which is a bug.

What the user reads is made from templates, English and marked for the translators, and values for their
placeholders: core knows no Qt, so the window translates (`ui/sentences.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001 (lupdate knows only this name)
    """Mark `text` for translation and return it as it is.

    `lupdate` finds the English source by this call's name, and the window looks it up under `context`.
    """
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text for the user, in English as `str(sentence)`. A value that is a Sentence is translated too."""

    template: str
    values: tuple[tuple[str, str | Sentence], ...] = ()
    context: str = "StudioError"

    def __str__(self) -> str:
        return self.template.format(**dict(self.values))


def _one_line(text: str) -> str:
    """A value of a sentence: names of files, and what is in them, may hold anything."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


class StudioError(Exception):
    """Something the user can understand and do something about; anything else raised is a bug of ours.

    Made from two templates, one plain sentence each, marked with `QT_TRANSLATE_NOOP("StudioError", ...)`, and
    the `values` for their placeholders, which have no format specifications: a value is shown as its `str`.
    `what_happened` and `what_to_do` are the English sentences, complete.
    """

    def __init__(self, happened: str, to_do: str, **values: object) -> None:
        texts = {name: _one_line(str(value)) for name, value in values.items()}
        self.templates = (happened, to_do)
        self.values = tuple(texts.items())
        self.what_happened = happened.format(**texts)
        self.what_to_do = to_do.format(**texts)
        super().__init__(f"{self.what_happened} {self.what_to_do}")


class RefusedError(ValueError):
    """What a person asks for and cannot have, in one `sentence`; `str(error)` is that in English."""

    def __init__(self, template: str, **values: object) -> None:
        """`template` is marked like those of StudioError. A value is shown as its `str`."""
        texts = ((n, value if isinstance(value, Sentence) else str(value)) for n, value in values.items())
        self.sentence = Sentence(template, tuple(texts))
        super().__init__(str(self.sentence))


STOPPED = (
    QT_TRANSLATE_NOOP("StudioError", "The work was stopped."),
    QT_TRANSLATE_NOOP("StudioError", "Start it again whenever you like."),
)
"""The two sentences of the JobFailed of a request that was cancelled."""
