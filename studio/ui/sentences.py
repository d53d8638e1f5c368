"""What core, store and settings say, in the language of the window; the English sentence wherever that fails.

They know no Qt: they hand over templates marked for the translators, and values for the placeholders.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, Sentence, StudioError
from studio.core.messages import JobFailed
from studio.settings import Problem
from studio.store.records import LibraryFailed, RequestFailed

CONTEXT = "StudioError"

SYSTEM_REASONS = (
    QT_TRANSLATE_NOOP("system", "Permission denied"),
    QT_TRANSLATE_NOOP("system", "Operation not permitted"),
    QT_TRANSLATE_NOOP("system", "Read-only file system"),
    QT_TRANSLATE_NOOP("system", "No such file or directory"),
    QT_TRANSLATE_NOOP("system", "Not a directory"),
    QT_TRANSLATE_NOOP("system", "Is a directory"),
    QT_TRANSLATE_NOOP("system", "File name too long"),
    QT_TRANSLATE_NOOP("system", "No space left on device"),
    QT_TRANSLATE_NOOP("system", "Disk quota exceeded"),
    QT_TRANSLATE_NOOP("system", "Input/output error"),
    QT_TRANSLATE_NOOP("system", "Too many open files"),
)
"""What a system says of a file it refuses, as `{reason}` of the sentences. Others are shown as they come."""


def translated(failure: JobFailed | LibraryFailed | RequestFailed | StudioError) -> tuple[str, str]:
    """What happened and what to do, one sentence each."""
    values = dict(failure.values)
    happened, to_do = failure.templates
    return (
        _filled(CONTEXT, happened, values, failure.what_happened),
        _filled(CONTEXT, to_do, values, failure.what_to_do),
    )


def said(text: Sentence | Problem) -> str:
    """A text of core or of the settings, with the texts among its values."""
    context = text.context if isinstance(text, Sentence) else CONTEXT
    values = {
        name: said(value) if isinstance(value, Sentence | Problem) else value for name, value in text.values
    }
    return _filled(context, text.template, values, str(text))


def refusal(error: ValueError) -> str:
    """Why something a person asked for cannot be had."""
    return said(error.sentence) if isinstance(error, RefusedError) else str(error)


def system_reason(text: str | None) -> str:
    """What the system says (`OSError.strerror`)."""
    return QCoreApplication.translate("system", text) if text else ""


def together(*sentences: str) -> str:
    """Sentences one after the other, with a space where the language has one."""
    return "".join(text if text.endswith("。") else f"{text} " for text in sentences).rstrip()


def _filled(context: str, template: str, values: Mapping[str, object], english: str) -> str:
    """The translation of `template`, filled in; `english` if there is none, or if it cannot be filled in."""
    found = QCoreApplication.translate(context, template) if template else ""
    if found in ("", template):
        return english
    if isinstance(reason := values.get("reason"), str):
        values = {**values, "reason": system_reason(reason)}
    try:
        return found.format(**values)
    except (LookupError, ValueError, AttributeError, TypeError):  # a placeholder that the values do not have
        return english
