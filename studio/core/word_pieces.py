"""BERT's tokenizer from a vocab.txt, as Chinese GPT-2 have it, and how its pieces are spelt.

Such a vocabulary does not know where there was a space. Pieces are spelt so that a text reads well: no space
before Chinese characters, punctuation and the rest of a word ("##ing"), one before everything else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

if TYPE_CHECKING:
    import tokenizers

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_REST = "##"
_MOSTLY = 0.2  # a vocabulary with that share of Chinese characters writes numbers without a space, too


def open_word_pieces(path: Path, config: Mapping[str, Any]) -> tokenizers.Tokenizer:
    """Make BERT's tokenizer of a vocab.txt; `config` is tokenizer_config.json. Raises StudioError."""
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers, processors

    try:
        if path.stat().st_size > files.MAX_TOKENIZER_BYTES:
            raise ValueError(path)
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise files.unreadable(path, error) from error
    except ValueError as error:
        raise _damaged(path) from error
    vocab = {line.rstrip("\r"): k for k, line in enumerate(lines)}
    special = [token for token in _SPECIAL if token in vocab]
    if "[UNK]" not in vocab:
        raise _damaged(path)
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))  # noqa: S106 (no password)
    lower = config.get("do_lower_case")
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower if isinstance(lower, bool) else True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if "[CLS]" in vocab and "[SEP]" in vocab:
        ends = [(token, vocab[token]) for token in ("[SEP]", "[CLS]")]
        tokenizer.post_processor = processors.BertProcessing(ends[0], ends[1])
    tokenizer.add_special_tokens(special)
    return tokenizer


def spelt(vocab: Mapping[str, int]) -> dict[str, str]:
    """How each piece is written into a text."""
    chinese = sum(is_chinese(token[0]) for token in vocab if token) > _MOSTLY * len(vocab)
    return {token: _spelt(token, chinese=chinese) for token in vocab}


def is_chinese(character: str) -> bool:
    """Whether BERT treats a character as a word of its own."""
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character > "\U0001ffff"


def _spelt(token: str, *, chinese: bool) -> str:
    if token.startswith(_REST) and len(token) > len(_REST):
        return token[len(_REST) :]
    first = token[:1]
    if not first or is_chinese(first) or not first.isalnum() or (chinese and first.isdecimal()):
        return token
    return token if unicodedata.category(first) == "Lo" and chinese else f" {token}"


def _damaged(path: Path) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” is damaged."),
        QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
        path=path.name,
    )
