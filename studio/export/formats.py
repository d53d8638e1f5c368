"""The formats that sessions can be written in: one module each, and the tuple EXPORTERS."""

from studio.export.epub import EPUB
from studio.export.full_json import FULL_JSON
from studio.export.generations_csv import GENERATIONS_CSV
from studio.export.markdown import MARKDOWN
from studio.export.pairs_jsonl import PAIRS_JSONL
from studio.export.plain_text import PLAIN_TEXT
from studio.export.web_page import WEB_PAGE
from studio.export.word import WORD

EXPORTERS = (PLAIN_TEXT, MARKDOWN, WEB_PAGE, WORD, EPUB, FULL_JSON, PAIRS_JSONL, GENERATIONS_CSV)
"""In the order of the menu."""
