"""Write studio/store/SCHEMA.md from the database: `PYTHONPATH=. python tests/store/schema_document.py`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from studio.store import migrations, schema

FILE = Path(__file__).parents[2] / "studio" / "store" / "SCHEMA.md"

_HEAD = f"""# The schema of `{schema.FILE_NAME}`

Made by `tests/store/schema_document.py` from a new library; a test compares. What a column means is told in
`migrations.py`, `packing.py` (tokens) and `search.py` (the index). The file is SQLite with a write-ahead log,
`application_id` {schema.APPLICATION_ID:#x}, `user_version` {schema.MAJOR_VERSION}. Close the window before
reading it with another program, and only read: texts have checksums. For example

    sqlite-utils rows {schema.FILE_NAME} sessions -c id -c title -c updated_utc
"""


def document() -> str:
    """The schema as Markdown."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(connection)
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'search_%'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name"
    )
    parts = [f"## {name}\n\n```sql\n{sql};\n```\n" for name, sql in found]
    connection.close()
    return "\n".join((_HEAD, *parts))


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8", newline="\n")
