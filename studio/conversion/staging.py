"""Filling a new model's folder: copies of a stranger's files, written to the disk before the job is done."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from studio.conversion.allowed_config import tokenizer_config
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer
from studio.paths import resource

TOKENIZER_FILES = (
    *("tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model"),
    *("sentencepiece.bpe.model", "special_tokens_map.json", "added_tokens.json"),
)
TEXTS = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "NOTICE", "README.md", "MODEL_CARD.md")
GPT2_VOCABULARY = 50_257
_MAX_TEXT_BYTES = 2_000_000
_BLOCK = 4 << 20
_LICENCE = re.compile(r"^licen[sc]e:[ \t]*[\"']?([\w.+-]{1,60})", re.MULTILINE | re.IGNORECASE)


@contextmanager
def writing() -> Iterator[None]:
    """Around whatever writes: a full disk is said in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The disk is full: the model could not be written to the end."),
            QT_TRANSLATE_NOOP("StudioError", "Make room on the library's disk, then try again."),
        ) from error


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; a pipe that took its place is not waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path.resolve(), flags | getattr(os, "O_NOFOLLOW", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "Not a file")
    except OSError as error:
        raise files.unreadable(path, error) from error
    return os.fdopen(handle, "rb")


def copy(sources: Sequence[Path], staging: Path, names: Sequence[str] = ()) -> Iterator[float | str]:
    """Copy files, yielding the fraction done, lastly the SHA-256 of all their bytes in order."""
    total = sum(source.stat().st_size for source in sources) or 1
    digest = hashlib.sha256()
    done = 0
    for source, name in zip(sources, names or [source.name for source in sources], strict=True):
        with writing(), open_regular(source) as reader, (staging / name).open("xb") as writer:
            while block := reader.read(_BLOCK):
                digest.update(block)
                writer.write(block)
                done += len(block)
                yield min(1.0, done / total)
            sync(writer)
    yield digest.hexdigest()


def copy_texts(folder: Path, staging: Path) -> str:
    """Copy licence and description; what they call the licence, "" if nothing."""
    licence = ""
    for name in TEXTS:
        source = files.regular_file(folder, name)
        if source is None or source.stat().st_size > _MAX_TEXT_BYTES:
            continue
        with open_regular(source) as reader:
            raw = reader.read(_MAX_TEXT_BYTES)
        write(staging / name, raw)
        if name == "README.md" and (match := _LICENCE.search(raw[:20_000].decode("utf-8", "replace"))):
            licence = match[1]
    return licence


def _copy_tokenizer(folder: Path, staging: Path) -> list[str]:
    """Copy the tokenizer's files that are there. Returns notes."""
    notes: list[str] = []
    for name in TOKENIZER_FILES:
        source = files.regular_file(folder, name)
        if source is not None:
            if source.stat().st_size > files.MAX_TOKENIZER_BYTES:
                raise _too_large(source)
            for _ in copy([source], staging):
                pass
    source = files.regular_file(folder, "tokenizer_config.json")
    if source is not None:
        kept, notes = tokenizer_config(files.read_json(source, files.MAX_TOKENIZER_BYTES))
        write_json(staging / "tokenizer_config.json", kept)
    return notes


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds a whole tokenizer."""
    there = {name for name in TOKENIZER_FILES if files.regular_file(folder, name) is not None}
    return bool(there & {"tokenizer.json", "vocab.txt", "tokenizer.model", "spiece.model"}) or (
        there >= {"vocab.json", "merges.txt"}
    )


def find_tokenizer(
    folder: Path, staging: Path, vocab_size: int, end_of_text_id: int | None = None
) -> list[str]:
    """Copy the tokenizer that lies beside the weights, or give them GPT-2's own. Returns notes.

    `vocab_size` and `end_of_text_id` as config.json has them; 0 and None if it does not say. Raises
    StudioError for a tokenizer that does not work.
    """
    if has_tokenizer(folder):
        notes = _copy_tokenizer(folder, staging)
        if vocab_size:
            notes += _differences(staging, load_tokenizer(staging, vocab_size, end_of_text_id))
        return notes
    if vocab_size != GPT2_VOCABULARY:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The model knows {n} tokens, and no tokenizer lies beside it that says which."
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Put its tokenizer.json, or vocab.json and merges.txt, into the same folder."
            ),
            n=f"{vocab_size:,}",
        )
    for theirs, ours in (("encoder.json", "vocab.json"), ("vocab.bpe", "merges.txt")):
        write(staging / ours, resource("gpt2-bpe", theirs).read_bytes())
    return ["No tokenizer lay beside the file; it got GPT-2's own."]


def _differences(staging: Path, tokenizer: Tokenizer) -> list[str]:
    """What a writer should know of a tokenizer that is not GPT-2's own."""
    notes = []
    there = {path.name for path in staging.iterdir()}
    if "vocab.txt" in there and not there & {"tokenizer.json", "merges.txt"}:
        notes.append("Its tokenizer is BERT's: it knows no line breaks, and guesses where spaces were.")
    if tokenizer.end_of_text_id is None:
        notes.append("It knows no end-of-text token: it writes on until it is stopped.")
    return notes


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON, on the disk."""
    write(path, json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace"))


def write(path: Path, raw: bytes) -> None:
    """Write a file, on the disk."""
    with writing(), path.open("xb") as file:
        file.write(raw)
        sync(file)


def sync(file: BinaryIO) -> None:
    """Have what was written on the disk: whoever adopts the folder then need not wait for it."""
    file.flush()
    os.fsync(file.fileno())


def _too_large(path: Path) -> StudioError:
    """What is said of a tokenizer's file that is larger than any."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” is larger than the tokenizer of any model."),
        QT_TRANSLATE_NOOP("StudioError", "Download the model again, or choose another one."),
        path=path.name,
    )
