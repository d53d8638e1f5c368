"""Surprisal, entropy and rank of every token as lines, painted by hand: smooth at any length."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import translate
from studio.ui.text_series import BLOCK, TextSeries
from studio.ui.theme import Theme

_T = QT_TRANSLATE_NOOP

SURPRISAL, ENTROPY, RANK = "surprisal", "entropy", "rank"
LINES = (ENTROPY, RANK, SURPRISAL)
"""In the order in which they are painted, the most important one on top. Their forms differ as their colours
do: entropy is the edge of a hill, rank a cloud of dots, surprisal a line."""

LEFT_PX, RIGHT_PX = 40, 52
DOT_PX = 7
"""Tokens this far apart get dots ..."""

LABEL_PX = 24
"""... and this far apart their text."""

DENSE = 8
"""Tokens a pixel from which each pixel has one upright stroke, from the lowest to the highest of them: joined
and smoothed, a thousand spikes take as long to fill as all else takes together."""


@dataclass(frozen=True, slots=True)
class View:
    """Which tokens are drawn: `first`..`last`, fractions allowed; what is shown of them; what is marked."""

    first: float
    last: float
    lines: frozenset[str] = frozenset(LINES)
    marked: int = -1


@dataclass(frozen=True, slots=True)
class Scales:
    """The values at the upper edge: bits on the left, rank on the right (its logarithm is drawn)."""

    bits: float
    rank: float


def line_colour(theme: Theme, line: str) -> QColor:
    """Amber as the heat for surprisal, the accent for entropy, quiet for rank; they differ in form too."""
    return QColor({SURPRISAL: theme.warn, ENTROPY: theme.accent, RANK: theme.quiet}[line])


def plot_area(rect: QRectF, line_px: float) -> QRectF:
    """Where the curves are, within the axes: a line of words above, two below, each `line_px` high."""
    return rect.adjusted(LEFT_PX, line_px + 8, -RIGHT_PX, -2 * line_px - 6)


def index_at(x: float, area: QRectF, view: View) -> float:
    """The token at a horizontal place; the first one stands at `first` + ½."""
    return view.first + (x - area.left()) / max(area.width(), 1) * (view.last - view.first)


def scales(series: TextSeries, view: View) -> Scales:
    """What fits the tokens in view."""
    first, last = _bounds(series, view)
    top = 4.0
    for line in (ENTROPY, SURPRISAL):
        top = max(top, series.extremes[line].largest_finite(first, last))
    rank = series.extremes[RANK].within(first, last)[1] if last > first else 1.0
    return Scales(math.ceil(top / 4) * 4, 10.0 ** max(math.ceil(math.log10(max(rank, 1.0))), 1))


def paint(
    painter: QPainter, rect: QRectF, theme: Theme, series: TextSeries, view: View, text: str, font: QFont
) -> None:
    """Paint axes and curves into `rect`. `text` is the whole text, for what stands under the tokens."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    scale = scales(series, view)
    area = plot_area(rect, painter.fontMetrics().height())
    _paint_axes(painter, area, theme, view, scale)
    if not len(series):
        return
    painter.save()
    painter.setClipRect(area.adjusted(-1, -2, 1, 2))
    for line in LINES:
        if line in view.lines:
            _paint_line(painter, area, theme, series, view, scale, line)
    painter.restore()
    _paint_tokens(painter, area, theme, series, view, text)


def y_of(value: float, line: str, area: QRectF, scale: Scales) -> float:
    """The height of a value; beyond the scale, as the impossible is, the upper edge."""
    return _heights((value,), line, area, scale)[0]


def _heights(values: Iterable[float], line: str, area: QRectF, scale: Scales) -> list[float]:
    top, bottom, height = area.top(), area.bottom(), area.height()
    if line == RANK:
        whole = math.log10(scale.rank)
        parts = [math.log10(value) / whole if value > 1 else 0.0 for value in values]
    else:
        bits = scale.bits
        parts = [value / bits for value in values]
    return [top if part >= 1 else bottom - height * part if part > 0 else bottom for part in parts]


def values_of(series: TextSeries, line: str) -> array[float]:
    """The numbers of a line."""
    return {SURPRISAL: series.surprisal, ENTROPY: series.entropy, RANK: series.rank}[line]


def x_of(index: int, area: QRectF, view: View) -> float:
    """Where a token stands."""
    return area.left() + (index + 0.5 - view.first) / max(view.last - view.first, 1e-9) * area.width()


def _bounds(series: TextSeries, view: View) -> tuple[int, int]:
    return max(math.floor(view.first) - 1, 0), min(math.ceil(view.last) + 1, len(series))


def _paint_axes(painter: QPainter, area: QRectF, theme: Theme, view: View, scale: Scales) -> None:
    metrics = QFontMetricsF(painter.font())
    height = metrics.height()
    n_lines = 4 if area.height() > 4.5 * height else 2
    quiet, grid = QColor(theme.quiet), QColor(theme.line)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    bits_shown = bool(view.lines & {SURPRISAL, ENTROPY})
    for step in range(n_lines + 1):
        y = area.bottom() - area.height() * step / n_lines
        painter.setPen(QPen(grid, 1))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(quiet)
        if bits_shown:
            box = QRectF(area.left() - LEFT_PX, y - height / 2, LEFT_PX - 6, height)
            painter.drawText(box, right, f"{scale.bits * step / n_lines:g}")
    if RANK in view.lines:
        decades = round(math.log10(scale.rank))
        every = max(1, math.ceil(decades * height * 1.1 / max(area.height(), 1)))
        for decade in range(0, decades + 1, every):
            y = area.bottom() - area.height() * decade / decades
            box = QRectF(area.right() + 6, y - height / 2, RIGHT_PX - 6, height)
            painter.drawText(box, left, f"{10**decade:,}")
    top = QRectF(area.left() - LEFT_PX + 6, area.top() - height - 7, 200, height)
    if bits_shown:
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, translate(_T("heat", "bits")))
    if RANK in view.lines:
        box = QRectF(area.right() + RIGHT_PX - 206, top.top(), 200, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, translate(_T("heat", "rank")))


def _paint_line(
    painter: QPainter, area: QRectF, theme: Theme, series: TextSeries, view: View, scale: Scales, line: str
) -> None:
    colour = line_colour(theme, line)
    points = _points(area, series, view, scale, line)
    per_px = (view.last - view.first) / max(area.width(), 1)
    if line == RANK:
        colour.setAlphaF(0.8)
        painter.setPen(
            QPen(
                colour,
                4.5 if per_px * DOT_PX <= 1 else 2.5 if per_px < 1 else 1.5,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
            )
        )
        painter.drawPoints(points)
        return
    hill = QColor(colour)
    hill.setAlphaF(0.14)
    if per_px >= DENSE:
        low, high = points[::2], points[1::2]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if line == ENTROPY:
            painter.setPen(QPen(hill, 1))
            painter.drawLines([QLineF(top, QPointF(top.x(), area.bottom())) for top in high])
            colour.setAlphaF(0.55)
        painter.setPen(QPen(colour, 1))
        painter.drawLines([QLineF(bottom, top) for bottom, top in zip(low, high, strict=True)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return
    if line == ENTROPY:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(hill)
        foot = [QPointF(points[-1].x(), area.bottom()), QPointF(points[0].x(), area.bottom())]
        painter.drawPolygon([*points, *foot])
        colour.setAlphaF(0.55)
    pen = QPen(colour, 1.5 if line == SURPRISAL and per_px < 1 else 1.0)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(points)
    if per_px * DOT_PX <= 1 and line == SURPRISAL:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in points:
            painter.drawEllipse(point, 2.4, 2.4)


def _points(area: QRectF, series: TextSeries, view: View, scale: Scales, line: str) -> list[QPointF]:
    """One point a token; where several share a pixel, the lowest and the highest of them."""
    values = values_of(series, line)
    first, last = _bounds(series, view)
    per_px = (view.last - view.first) / max(area.width(), 1)
    if per_px <= 0.75:
        heights = _heights(values[first:last], line, area, scale)
        return [QPointF(x_of(index, area, view), y) for index, y in enumerate(heights, first)]
    step = BLOCK if per_px >= 2 * BLOCK else 1  # then half a pixel is the most that it is off
    width = math.ceil(area.width())
    edges = [max(int(view.first + column * per_px), first) // step * step for column in range(width + 1)]
    within, left, n = series.extremes[line].within, area.left(), len(values)
    columns = [(begin, end) for begin, end in pairwise(edges) if begin < n]
    extremes = chain.from_iterable(within(begin, min(max(end, begin + 1), n)) for begin, end in columns)
    heights = _heights(extremes, line, area, scale)
    return [QPointF(left + at // 2, y) for at, y in enumerate(heights)]


def _paint_tokens(
    painter: QPainter, area: QRectF, theme: Theme, series: TextSeries, view: View, text: str
) -> None:
    metrics = QFontMetricsF(painter.font())
    height = metrics.height()
    first, last = max(math.ceil(view.first - 0.5), 0), min(math.floor(view.last - 0.5) + 1, len(series))
    spacing = area.width() / max(view.last - view.first, 1e-9)
    centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
    if spacing >= LABEL_PX:
        painter.setPen(QColor(theme.ink))
        for index in range(first, last):
            x = x_of(index, area, view)
            words = visible(text[series.starts[index] : series.ends[index]])
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, spacing - 3)
            painter.drawText(QRectF(x - spacing / 2, area.bottom() + 3, spacing, height), centre, shown)
    painter.setPen(QColor(theme.quiet))
    step = _nice(90 / max(spacing, 1e-9))
    y = area.bottom() + (3 + height if spacing >= LABEL_PX else 4)
    for number in range(
        math.ceil((view.first + 0.5) / step) * step or 1, math.floor(view.last + 0.5) + 1, step
    ):
        x = x_of(number - 1, area, view)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
        label = translate(_T("heat", "token {n}")).format(n=f"{number:,}")
        painter.drawText(QRectF(x - 60, y, 120, height), centre, label)


def _nice(value: float) -> int:
    """1, 2 or 5 times a power of ten, at least `value`."""
    power = int(10 ** max(math.floor(math.log10(max(value, 1.0))), 0))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
