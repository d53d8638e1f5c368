"""Times of the library (UTC, as text) and sizes, in the words of the locale."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QDateTime, QLocale


def local_time(utc: str) -> str:
    """Date and time of day here; `utc` itself if it is no time."""
    try:
        moment = datetime.fromisoformat(utc.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return utc
    return shown(moment)


def shown(moment: datetime) -> str:
    """Date and time of day here."""
    here = QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))
    locale = QLocale()
    day = locale.toString(here.date(), QLocale.FormatType.LongFormat)
    return f"{day}, {locale.toString(here.time(), QLocale.FormatType.ShortFormat)}"


def size(n_bytes: int) -> str:
    """So many bytes in the unit that fits."""
    return QLocale().formattedDataSize(n_bytes, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
