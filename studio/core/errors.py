"""The two kinds of trouble: what the user or the computer can put right, and everything else, which is a bug."""

from __future__ import annotations


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001, N802 (lupdate knows only this name)
    """Mark `text` for translation and return it as it is.

    Core knows no Qt, so it cannot translate; `lupdate` finds the English source by this call's name, and the
    window looks it up under `context`.
    """
    return text


class StudioError(Exception):
    """Something the user can understand and do something about; anything else raised is a bug of ours.

    `what_happened` and `what_to_do` are one plain English sentence each, complete as they stand.
    """

    def __init__(self, what_happened: str, what_to_do: str) -> None:
        super().__init__(f"{what_happened} {what_to_do}")
        self.what_happened = what_happened
        self.what_to_do = what_to_do
