"""The look: named colours for light, dark and high contrast, and the style sheet made of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.paths import resource


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour the app uses, as #RRGGBB."""

    dark: bool
    paper: str  # behind the text
    surface: str  # panels, menus, fields
    line: str  # borders and dividers
    field: str  # the border of something one can type in or click (contrast >= 3 on surface)
    ink: str  # the user's words
    quiet: str  # what can be overlooked
    accent: str  # generated words, the main button, focus
    on_accent: str  # text on accent
    tint: str  # a breath of accent: selection in lists, hover
    select: str  # selected text
    warn: str
    error: str
    bar: str  # probability after sampling
    outline: str  # probability under the model itself
    heat: str  # behind the most surprising words; less surprising ones get less of it
    more: str  # behind words that the other side likes better
    less: str  # behind words that it likes less
    plus: str  # a bar upwards; never without a sign beside it
    minus: str  # a bar downwards


LIGHT = Theme(
    dark=False, paper="#FCFBF8", surface="#FFFFFF", line="#E4E0D8", field="#8C867B", ink="#1F1D1A",
    quiet="#6B665E", accent="#2F6F6D", on_accent="#FFFFFF", tint="#E8F0EE", select="#CFE3E0", warn="#9A5B00",
    error="#A8322A", bar="#4E8C89", outline="#6B665E",
    heat="#F2B04A", more="#8FBBE8", less="#F0A868",
    plus="#2B6CB0", minus="#B45309",
)  # fmt: skip
DARK = Theme(
    dark=True, paper="#16181A", surface="#1D2023", line="#2C3034", field="#70767C", ink="#E6E3DD",
    quiet="#A19C93", accent="#6FC2BD", on_accent="#10201F", tint="#233130", select="#2E4B49", warn="#E0A458",
    error="#F08A80", bar="#57A39E", outline="#A19C93",
    heat="#7A4A08", more="#1F5487", less="#84450F",
    plus="#7DB3E8", minus="#E8964A",
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance, 0..1 (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1..21 (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def choose(setting: str) -> Theme:
    """The theme for the setting "light", "dark" or "system"."""
    if setting == "system":
        scheme = QGuiApplication.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if setting == "dark" else LIGHT


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole app this theme."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: theme.surface,
        roles.WindowText: theme.ink,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.paper,
        roles.Text: theme.ink,
        roles.Button: theme.surface,
        roles.ButtonText: theme.ink,
        roles.ToolTipBase: theme.surface,
        roles.ToolTipText: theme.ink,
        roles.PlaceholderText: theme.quiet,
        roles.Highlight: theme.select,
        roles.HighlightedText: theme.ink,
        roles.Link: theme.accent,
        roles.Mid: theme.line,
    }.items():
        palette.setColor(role, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(disabled, role, QColor(theme.quiet))
    app.setPalette(palette)
    app.setStyleSheet(stylesheet(theme))


def stylesheet(theme: Theme) -> str:
    """resources/studio.qss with the theme's colours in it."""
    template = Template(resource("studio.qss").read_text(encoding="utf-8"))
    chevron = resource("icons", "dark" if theme.dark else "light").as_posix()
    return template.substitute({f.name: getattr(theme, f.name) for f in fields(theme)}, icons=chevron)


_HAN_SANS = (
    "Noto Sans CJK SC",
    "PingFang SC",
    "Microsoft YaHei UI",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)


def interface_font(font: QFont) -> QFont:
    """The system's font with a named Chinese one beside it: fontconfig's own choice may be a bold one."""
    installed = set(QFontDatabase.families())
    result = QFont(font)
    result.setFamilies([font.family(), *(name for name in _HAN_SANS if name in installed)])
    return result


_SERIFS = (
    "Source Serif 4",
    "Source Serif Pro",
    "Charter",
    "Iowan Old Style",
    "Georgia",
    "Noto Serif",
    "DejaVu Serif",
)
_HAN_SERIFS = ("Noto Serif CJK SC", "Songti SC", "SimSun", "Noto Sans CJK SC")


def text_font(family: str, size_pt: float) -> QFont:
    """The font of the text: the user's choice, else a good serif the system has, Chinese beside it."""
    installed = set(QFontDatabase.families())
    families = [family] if family in installed else [name for name in _SERIFS if name in installed][:1]
    font = QFont(QGuiApplication.font())
    font.setFamilies([*families, *(name for name in _HAN_SERIFS if name in installed), font.family()])
    font.setPointSizeF(size_pt)
    return font
