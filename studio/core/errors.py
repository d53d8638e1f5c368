"""Two kinds of trouble: what the user or the computer can put right, and everything else, which is a bug."""

from __future__ import annotations


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001 (lupdate knows only this name)
    """Mark `text` for translation and return it as it is.

    Core knows no Qt, so it cannot translate; `lupdate` finds the English source by this call's name, and the
    window looks it up under `context`.
    """
    return text


class StudioError(Exception):
    """Something the user can understand and do something about; anything else raised is a bug of ours.

    Made from two templates, one plain sentence each, marked with `QT_TRANSLATE_NOOP("StudioError", ...)`, and
    the `values` for their placeholders. `what_happened` and `what_to_do` are the English sentences, complete.
    """

    def __init__(self, happened: str, to_do: str, **values: object) -> None:
        self.templates = (happened, to_do)
        self.values = values
        self.what_happened = happened.format(**values)
        self.what_to_do = to_do.format(**values)
        super().__init__(f"{self.what_happened} {self.what_to_do}")
