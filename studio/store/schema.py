"""What identifies a library file. Without sqlite-utils: opening an up-to-date library need not import it."""

from __future__ import annotations

FILE_NAME = "library.db"

APPLICATION_ID = 0x47505432
"""`PRAGMA application_id`: "GPT2" in ASCII."""

MAJOR_VERSION = 4
"""`PRAGMA user_version`: raised only by a migration after which an older program would do harm."""

MIGRATIONS = ("m001_first_schema", "m002_nodes", "m003_list_and_search", "m004_provenance")
"""The names in migrations.py, in order (a test compares). All applied: sqlite-utils need not be imported."""

TABLES = (
    "meta",
    "sessions",
    "manuscripts",
    "nodes",
    "models",
    "pieces",
    "prompts",
    "environments",
    "generations",
    "tokens",
    "stale",
    "search",
)

SEARCH_SQL = (
    "CREATE VIRTUAL TABLE search USING fts5 (body, tokenize = 'ascii', prefix = '1 2 3', columnsize = 0)"
)
"""The index of search.py. The words come folded and apart, so the simplest tokenizer will do."""
