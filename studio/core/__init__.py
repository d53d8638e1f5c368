"""The model, its tokenizer and its sampling. Knows nothing of Qt or SQLite."""
