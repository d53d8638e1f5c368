"""The library on disk (SQLite). Knows nothing of Qt or torch."""
