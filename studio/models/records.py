"""What is known of a model on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import Sentence


@dataclass(frozen=True, slots=True)
class About:
    """Where a model came from, as told when it was put on the shelf. Everything may be unknown."""

    source: str = ""  # "hf:openai-community/gpt2@607a30d…", "file:/home/…/model.gguf", "optimised", "trained"
    licence: str = ""  # SPDX id or the words of whoever published it
    base: str = ""  # id of the shelf's model that it was made from
    made_by: str = ""  # in words: "int8", "6 of 12 layers", ...
    notes: tuple[str, ...] = ()  # what was left out or changed on the way in, one English sentence each


@dataclass(frozen=True, slots=True)
class ShelfModel:
    """A model that can be loaded: what config.json and the files say, without opening the weights."""

    id: str  # name of its place on the shelf; never changes
    name: str  # what people call it; may be changed
    folder: Path  # with config.json and the weights
    in_place: bool  # the folder is the user's own and is never changed or deleted
    architecture: str  # config.json's model_type; "" if it cannot be read
    n_parameters: int  # 0: not known
    precision: str  # how the file holds the weights: "float32", "float16", "int8", ...
    n_bytes: int  # all files of the folder
    n_positions: int  # tokens in the context window; 0: not known
    vocab_size: int
    tokenizer: str  # its kind in words: "byte-level BPE", "SentencePiece", "WordPiece"
    sha256: str  # of the weights, as ModelInfo has it; "" until it is known
    added_utc: str  # ISO 8601
    about: About = About()
    trouble: str = ""  # one English sentence if it cannot be loaded, such as a folder that is gone
    why: Sentence | None = None  # the same as `trouble`, for the translators
    was_sha256: str = ""  # when it was put on the shelf, if its weights have been changed since
    n_cached: int = 0  # numbers that the KV cache holds for each token; 0: not known
