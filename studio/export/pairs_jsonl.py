"""Prompt and completion of each generation, one JSON object a line, as fine-tuning programs read them.

Of a session, selection or branch: the generations that something of is in the text; of a tree or the library:
all. A generation without text is left away. Line separators within a text are escaped, lone surrogates are
written as U+FFFD.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.export.archive import Archive
from studio.export.characters import utf8
from studio.export.exporter import Exporter, Options, Steps, chosen_generations

_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    for _, generation in chosen_generations(archives, options):
        if generation.text:
            pair = {"prompt": generation.prompt, "completion": generation.text}
            file.write(utf8(json.dumps(pair, ensure_ascii=False).translate(_LINE_ENDS) + "\n"))
        yield


PAIRS_JSONL = Exporter(
    "jsonl",
    QT_TRANSLATE_NOOP("export", "Prompts and completions for fine-tuning (JSONL)"),
    QT_TRANSLATE_NOOP(
        "export",
        "What the model was given and what it wrote, one pair a line; no settings.",
    ),
    ".jsonl",
    (),
    _render,
)
