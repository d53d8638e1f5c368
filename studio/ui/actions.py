"""Everything one can do, one row each. Menus, buttons and shortcuts derive from these rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.ui.icons import icon
from studio.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action. `icon` names a file in resources/icons."""

    name: str
    text: str
    shortcut: str
    icon: str
    tip: str
    checkable: bool = False


_T = QT_TRANSLATE_NOOP

ACTIONS: tuple[ActionRow, ...] = (
    ActionRow("new", _T("actions", "&New session"), "Ctrl+N", "plus", _T("actions", "Start an empty text; this one stays in the list")),
    ActionRow("rename", _T("actions", "&Rename session…"), "Ctrl+Shift+R", "pencil", _T("actions", "Give this session a name")),
    ActionRow("delete", _T("actions", "&Delete session"), "Ctrl+Shift+Delete", "trash-2", _T("actions", "Take this session out of the list; it can be brought back at once")),
    ActionRow("pin", _T("actions", "&Pin to the top"), "Ctrl+Shift+I", "pin", _T("actions", "Keep this session at the top of the list"), True),
    ActionRow("tags", _T("actions", "&Tags…"), "Ctrl+T", "tag", _T("actions", "Give this session tags to find it by")),
    ActionRow("duplicate", _T("actions", "D&uplicate"), "Ctrl+Shift+D", "copy-plus", _T("actions", "Make a copy of this session, with its whole history, and open it")),
    ActionRow("archive", _T("actions", "&Archive"), "Ctrl+Shift+A", "archive", _T("actions", "Take this session off the list, or put it back; it stays in the library"), True),
    ActionRow("restore", _T("actions", "Rest&ore from the trash"), "Ctrl+Shift+Backspace", "archive-restore", _T("actions", "Put a deleted session back on the list")),
    ActionRow("filter_sessions", _T("actions", "&Filter the list"), "Ctrl+L", "search", _T("actions", "Put the keyboard into the field above the list of sessions")),
    ActionRow("view_current", _T("actions", "&List the sessions"), "Ctrl+1", "list", _T("actions", "Show the sessions in the list")),
    ActionRow("view_archived", _T("actions", "List the archi&ve"), "Ctrl+2", "archive", _T("actions", "Show the archived sessions in the list")),
    ActionRow("view_trash", _T("actions", "List the tras&h"), "Ctrl+3", "trash-2", _T("actions", "Show the deleted sessions in the list")),
    ActionRow("empty_trash", _T("actions", "&Empty trash…"), "", "trash-2", _T("actions", "Destroy the deleted sessions for good; you are asked twice")),
    ActionRow("save", _T("actions", "&Save now"), "Ctrl+S", "save", _T("actions", "Everything is saved as you write; this does it at once")),
    ActionRow("export", _T("actions", "&Export…"), "Ctrl+Shift+S", "download", _T("actions", "Write this session to a file: text, Markdown, web page, Word, e-book, JSON and more")),
    ActionRow("export_coloured", _T("actions", "Export coloured te&xt…"), "", "palette", _T("actions", "Write the text with its heat colours and every word's numbers to a web page")),
    ActionRow("import", _T("actions", "&Import…"), "Ctrl+O", "upload", _T("actions", "Make a session of a text, a Word document, or another program's save file")),
    ActionRow("backups", _T("actions", "&Backups…"), "Ctrl+Shift+B", "history", _T("actions", "See the backups of your texts, make one, or restore one beside them")),
    ActionRow("quit", _T("actions", "&Quit"), "Ctrl+Q", "x", _T("actions", "Save and close the app")),
    ActionRow("undo", _T("actions", "&Undo"), "Ctrl+Z", "undo-2", _T("actions", "Take back the last step; a whole generation is one step")),
    ActionRow("redo", _T("actions", "&Redo"), "Ctrl+Shift+Z", "redo-2", _T("actions", "Do again what was taken back")),
    ActionRow("cut", _T("actions", "Cu&t"), "Ctrl+X", "copy", _T("actions", "Cut the selected text")),
    ActionRow("copy", _T("actions", "&Copy"), "Ctrl+C", "copy", _T("actions", "Copy the selected text")),
    ActionRow("paste", _T("actions", "&Paste"), "Ctrl+V", "file-text", _T("actions", "Insert the clipboard's text")),
    ActionRow("select_all", _T("actions", "Select &all"), "Ctrl+A", "list", _T("actions", "Select the whole text")),
    ActionRow("find", _T("actions", "&Find…"), "Ctrl+F", "search", _T("actions", "Find words in this text")),
    ActionRow("find_next", _T("actions", "Find &next"), "F3", "chevron-down", _T("actions", "Go to the next place found")),
    ActionRow("find_previous", _T("actions", "Find pre&vious"), "Shift+F3", "chevron-up", _T("actions", "Go to the place found before")),
    ActionRow("replace", _T("actions", "Find and r&eplace…"), "Ctrl+Shift+F", "replace", _T("actions", "Find words in this text and put others in their place")),
    ActionRow("find_anything", _T("actions", "Find an&ything…"), "Ctrl+K", "command", _T("actions", "Find an action, a session, or words in any of your texts")),
    ActionRow("insert_end_of_text", _T("actions", "Insert &end-of-text token"), "Ctrl+Shift+E", "x", _T("actions", "Insert the token that ends a text for the model, not the characters")),
    ActionRow("generate", _T("actions", "&Continue"), "Ctrl+Return", "play", _T("actions", "Let the model write on from the caret")),
    ActionRow("generate_several", _T("actions", "Continue with se&veral"), "Ctrl+Shift+Return", "git-branch", _T("actions", "Let the model write several continuations at once, side by side; all are kept")),
    ActionRow("retry", _T("actions", "&Retry"), "Ctrl+R", "rotate-ccw", _T("actions", "Replace the last generation by another; the earlier one is kept")),
    ActionRow("previous_variant", _T("actions", "&Previous variant"), "Alt+Left", "chevron-left", _T("actions", "Show the variant before, with what follows it there")),
    ActionRow("next_variant", _T("actions", "&Next variant"), "Alt+Right", "chevron-right", _T("actions", "Show the variant after, with what follows it there")),
    ActionRow("prune", _T("actions", "Pr&une this branch"), "Alt+Delete", "eye-off", _T("actions", "Hide this state and all that comes after it; it can be brought back")),
    ActionRow("stop", _T("actions", "&Stop"), "Esc", "square", _T("actions", "Stop writing; what is there stays")),
    ActionRow("models", _T("actions", "&Models…"), "Ctrl+M", "list", _T("actions", "See all models, choose one to write with, and look after them")),
    ActionRow("unload_model", _T("actions", "&Unload the model"), "", "x", _T("actions", "Give the model's memory back; Continue loads it again")),
    ActionRow("open_model", _T("actions", "&Open model folder…"), "Ctrl+Shift+M", "folder", _T("actions", "Write with another GPT-2 model from a folder on this computer")),
    ActionRow("download_model", _T("actions", "Downl&oad a model…"), "Ctrl+Shift+L", "download", _T("actions", "Fetch a model from the Hugging Face Hub; nothing is connected to before you say so")),
    ActionRow("import_model", _T("actions", "&Import model…"), "Alt+Shift+I", "upload", _T("actions", "Put a model from a file on this computer on the shelf: safetensors, GGUF, or an old checkpoint")),
    ActionRow("import_model_folder", _T("actions", "Import model &folder…"), "", "folder", _T("actions", "Put a copy of a model's folder on the shelf; nothing of it is run")),
    ActionRow("export_model", _T("actions", "E&xport model…"), "Alt+Shift+E", "save", _T("actions", "Write the model that writes as a GGUF file for llama.cpp, or as a folder for other programs")),
    ActionRow("starter_model", _T("actions", "Use the &starter model"), "", "cpu", _T("actions", "Write with the small model that ships with the app")),
    ActionRow("optimise_model", _T("actions", "Op&timise model…"), "Alt+Shift+T", "sliders-horizontal", _T("actions", "Make a smaller or faster model of one, beside it: fewer bits, layers, heads, neurons or tokens")),
    ActionRow("precision", _T("actions", "&Precision…"), "Ctrl+Shift+K", "cpu", _T("actions", "Choose how exactly the model computes, and see what that costs and brings")),
    ActionRow("draft_ahead", _T("actions", "&Draft ahead"), "", "chevron-right", _T("actions", "Guess the next words and check several at once: faster where the text repeats itself. The text stays the same to the letter"), True),
    ActionRow("draft_model", _T("actions", "Draft with a s&maller model…"), "", "folder", _T("actions", "Let a smaller model with the same vocabulary guess too; every word is still the chosen model's own")),
    ActionRow("no_draft_model", _T("actions", "Draft &without a smaller model"), "", "x", _T("actions", "Guess only from what the text has said before")),
    ActionRow("left_panel", _T("actions", "&Sessions"), "Ctrl+B", "panel-left", _T("actions", "Show or hide the sessions"), True),
    ActionRow("right_panel", _T("actions", "S&ampling"), "Ctrl+J", "panel-right", _T("actions", "Show or hide the sampling settings"), True),
    ActionRow("bottom_panel", _T("actions", "&Probabilities"), "F9", "panel-bottom", _T("actions", "Show or hide the token probabilities"), True),
    ActionRow("alternatives", _T("actions", "Go to the a&lternatives"), "Alt+Down", "list", _T("actions", "Put the keyboard into the list of what else could have been written")),
    ActionRow("what_next", _T("actions", "What could come ne&xt"), "Alt+N", "chevron-right", _T("actions", "In the Token tab, show what could come after the token instead of what could stand in its place"), True),
    ActionRow("history", _T("actions", "Go to the &history"), "Ctrl+H", "git-branch", _T("actions", "Put the keyboard into the tree of what this text has been")),
    ActionRow("variants", _T("actions", "Go to the &variants"), "Shift+F9", "git-branch", _T("actions", "Put the keyboard into the variants: arrows and Enter, or a number, take one")),
    ActionRow("provenance", _T("actions", "Go to the origi&n"), "Alt+Shift+O", "info", _T("actions", "Say who wrote the words under the caret, with which model and settings, and when")),
    ActionRow("reproduce", _T("actions", "R&eproduce this"), "Alt+Shift+R", "rotate-ccw", _T("actions", "Run the generation under the caret again and compare; the text is not touched")),
    ActionRow("compare", _T("actions", "Co&mpare…"), "Alt+Shift+C", "chart-column", _T("actions", "See where two models, or two settings, disagree about this text")),
    ActionRow("xray", _T("actions", "Go to the &X-ray"), "Alt+Shift+X", "list", _T("actions", "Show stage by stage what the sampling settings do to the word under the caret")),
    ActionRow("effect", _T("actions", "Show the e&ffect on the text"), "Ctrl+Shift+X", "eye-off", _T("actions", "Strike out the words that could not have been written with these sampling settings"), True),
    ActionRow("presets", _T("actions", "Go to the p&resets"), "Ctrl+Shift+P", "sliders-horizontal", _T("actions", "Put the keyboard into the sampling presets")),
    ActionRow("inside", _T("actions", "Go &inside the model"), "F7", "cpu", _T("actions", "Show what the model looked at for the word at the caret, what its layers would have said, and what mattered")),
    ActionRow("origins", _T("actions", "&Colour by origin"), "Ctrl+Shift+O", "palette", _T("actions", "Show which words were generated and which are your own"), True),
    ActionRow("heat", _T("actions", "&Heat colours"), "F4", "flame", _T("actions", "Colour every word by what the model thought of it, or stop doing so"), True),
    ActionRow("heat_next", _T("actions", "Ne&xt kind of heat"), "Shift+F4", "flame", _T("actions", "Colour by the next: probability, rank, entropy, surprisal, origin")),
    ActionRow("ribbon", _T("actions", "Surprisal ri&bbon"), "Ctrl+Shift+U", "chart-column", _T("actions", "Show how surprising the whole text is, in a strip beside it"), True),
    ActionRow("curve", _T("actions", "Go to the cur&ve"), "F6", "chart-line", _T("actions", "Put the keyboard into the curve of surprisal, entropy and rank along the text")),
    ActionRow("read_all", _T("actions", "Read the &whole text"), "Shift+F6", "book-open", _T("actions", "Let the model read all of a long text, not just what is around the caret; again: stop"), True),
    ActionRow("loom", _T("actions", "Go to the loo&m"), "F5", "git-branch", _T("actions", "Show what the model would most probably write at the caret, as a tree, and put the keyboard there")),
    ActionRow("beams", _T("actions", "Go to the &beam search"), "Shift+F7", "git-branch", _T("actions", "Show what the last beam search weighed, as a tree, and put the keyboard there")),
    ActionRow("find_settings", _T("actions", "Find settin&gs…"), "Shift+F5", "sliders-horizontal", _T("actions", "Find the sampling settings that make the selected words likely, or a word possible")),
    ActionRow("focus", _T("actions", "&Focus mode"), "F8", "focus", _T("actions", "Nothing but the text"), True),
    ActionRow("full_screen", _T("actions", "F&ull screen"), "F11", "maximize", _T("actions", "Use the whole screen"), True),
    ActionRow("zoom_in", _T("actions", "Zoom &in"), "Ctrl++", "zoom-in", _T("actions", "Larger text")),
    ActionRow("zoom_out", _T("actions", "Zoom &out"), "Ctrl+-", "zoom-out", _T("actions", "Smaller text")),
    ActionRow("zoom_reset", _T("actions", "Normal si&ze"), "Ctrl+0", "search", _T("actions", "The text at its normal size")),
    ActionRow("shortcuts", _T("actions", "&Keyboard shortcuts"), "F1", "keyboard", _T("actions", "All shortcuts on one page")),
    ActionRow("performance", _T("actions", "&Performance…"), "Shift+F1", "chart-column", _T("actions", "How fast the model is on this computer, and how much memory it takes")),
    ActionRow("about", _T("actions", "&About GPT-2 Studio"), "", "info", _T("actions", "Version, where your texts are kept, licences")),
)  # fmt: skip

MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_T("actions", "&File"), ("new", "save", "", "import", "export", "export_coloured", "", "backups", "", "quit")),
    (
        _T("actions", "&Edit"),
        ("undo", "redo", "", "cut", "copy", "paste", "select_all", "", "find", "find_next", "find_previous",
         "replace", "find_anything", "", "insert_end_of_text"),
    ),
    (
        _T("actions", "&Session"),
        ("rename", "tags", "pin", "duplicate", "archive", "delete", "restore", "", "view_current", "view_archived",
         "view_trash", "filter_sessions", "", "empty_trash"),
    ),
    (_T("actions", "&Write"), ("generate", "generate_several", "retry", "stop", "", "previous_variant", "next_variant", "", "prune", "reproduce")),
    (_T("actions", "&Model"), ("models", "download_model", "import_model", "import_model_folder", "export_model", "", "open_model", "starter_model", "unload_model", "", "draft_ahead", "draft_model", "no_draft_model", "", "precision", "optimise_model", "@device")),
    (
        _T("actions", "&View"),
        ("left_panel", "right_panel", "bottom_panel", "", "alternatives", "what_next", "history", "provenance", "variants", "curve", "compare", "loom", "beams", "presets", "find_settings", "xray", "inside", "", "heat", "heat_next", "ribbon", "origins", "effect", "read_all", "", "focus",
         "full_screen", "", "zoom_in", "zoom_out", "zoom_reset", "", "@theme", "@language"),
    ),
    (_T("actions", "&Help"), ("shortcuts", "performance", "about")),
)  # fmt: skip
"""Menus in order; "" is a separator, "@name" a menu of choices that the window makes."""

ALSO = {
    "generate": ("Ctrl+Enter",),
    "generate_several": ("Ctrl+Shift+Enter",),
    "redo": ("Ctrl+Y",),
    "zoom_in": ("Ctrl+=",),
}
"""Second shortcuts: the keypad's Enter, the other habit, the unshifted key."""


def make_actions(parent: QWidget, theme: Theme) -> dict[str, QAction]:
    """A QAction for every row, by name, with text, shortcut, icon and tip."""
    actions = {}
    for row in ACTIONS:
        action = QAction(parent)
        action.setObjectName(f"action_{row.name}")
        text = QCoreApplication.translate("actions", row.text)
        tip = QCoreApplication.translate("actions", row.tip)
        keys = [row.shortcut, *ALSO.get(row.name, ())] if row.shortcut else []
        action.setText(text)
        action.setShortcuts([QKeySequence(key) for key in keys])
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({shown})" if shown else tip)
        action.setStatusTip(tip)
        action.setCheckable(row.checkable)
        action.setIconVisibleInMenu(not row.checkable)  # a menu has room for an icon or a check mark
        actions[row.name] = action
        parent.addAction(action)
    set_icons(actions, theme)
    return actions


def plain(text: str) -> str:
    """A text without its mnemonic: "&Stop" and "停止(&S)" lose what only a menu needs."""
    return re.sub(r"\s?\(&.\)|&", "", text).removesuffix("…")


def plain_text(action: QAction) -> str:
    """An action's text without its mnemonic."""
    return plain(action.text())


def set_icons(actions: dict[str, QAction], theme: Theme) -> None:
    """Draw the icons in a theme's colours."""
    for row in ACTIONS:
        actions[row.name].setIcon(icon(row.icon, theme.ink, theme.quiet))
