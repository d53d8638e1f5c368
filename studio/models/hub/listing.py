"""What the Hub says of a repository: its commit, licence and files, and which of these are fetched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.hub.names import Wanted, is_commit, is_repository

SMALL_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_PAPERS = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|README)[\w.-]{0,20}", re.IGNORECASE)
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_SINGLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_MAX_SMALL_BYTES = 100_000_000
_MAX_PAPER_BYTES = 2_000_000
_MAX_LEFT_OUT = 40


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a commit. One of the two hashes is known: without one nothing could be verified."""

    name: str
    n_bytes: int
    sha256: str = ""  # of the content, for what is kept in LFS
    git_sha1: str = ""  # of the git blob, for what is small


@dataclass(frozen=True, slots=True)
class Listing:
    """What of a commit is fetched, small files first, and the names of what is not."""

    repo: str
    commit: str
    licence: str  # as published on the card; empty: it says none
    files: tuple[RemoteFile, ...]
    left_out: tuple[str, ...]

    @property
    def gguf(self) -> str:
        """The name of the GGUF file, if the model comes as one."""
        return next((file.name for file in self.files if is_gguf(file.name)), "")

    @property
    def source(self) -> str:
        """What this is, to the last bit."""
        return f"hf:{self.repo}@{self.commit}" + (f"/{self.gguf}" if self.gguf else "")

    @property
    def n_bytes(self) -> int:
        """Size of all that is fetched."""
        return sum(file.n_bytes for file in self.files)


def from_hub(info: Any, wanted: Wanted) -> Listing:
    """Read what `HfApi.model_info(files_metadata=True)` returned. Raises StudioError.

    Everything in it is a stranger's word.
    """
    commit, siblings = info.sha, info.siblings
    if not is_commit(commit) or not isinstance(siblings, list):
        raise unclear()
    if is_commit(wanted.revision) and commit != wanted.revision:
        raise unclear()
    files = [_remote(sibling) for sibling in siblings if _PLAIN_NAME.fullmatch(str(sibling.rfilename))]
    known = [file for file in files if file is not None]
    chosen = choose(known, [str(s.rfilename) for s in siblings], wanted.file)
    names = {file.name for file in chosen}
    others = sorted(str(s.rfilename)[:120] for s in siblings if s.rfilename not in names)
    repo = info.id if is_repository(info.id) else wanted.repo
    return Listing(repo, commit, _licence(info), chosen, tuple(others[:_MAX_LEFT_OUT]))


def is_gguf(name: str) -> bool:
    """Whether this is the name of a GGUF file."""
    return name.lower().endswith(".gguf")


def choose(files: Sequence[RemoteFile], all_names: Sequence[str], gguf: str = "") -> tuple[RemoteFile, ...]:
    """The files that make a model, small ones first. Raises StudioError if they do not make one.

    `gguf`: the GGUF file that is wanted. Without it, one is taken only if there is nothing else.
    """
    by_name = {file.name: file for file in files}
    papers = [file for file in files if _PAPERS.fullmatch(file.name) and file.n_bytes <= _MAX_PAPER_BYTES]
    papers.sort(key=lambda file: file.n_bytes)
    if gguf:
        if gguf not in by_name:
            raise _no_weights(all_names)
        return (*papers, by_name[gguf])
    weights = [by_name[_SINGLE]] if _SINGLE in by_name else []
    if not weights and _INDEX in by_name:
        weights = [file for name, file in by_name.items() if _SHARD.fullmatch(name)]
    if not weights:
        ggufs = [file for file in files if is_gguf(file.name)]
        if len(ggufs) == 1:
            return (*papers, ggufs[0])
        raise _several(ggufs) if ggufs else _no_weights(all_names)
    if "config.json" not in by_name:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This repository has weights but no config.json."),
            QT_TRANSLATE_NOOP("StudioError", "Choose another repository: this one is not a whole model."),
        )
    small = [by_name[name] for name in SMALL_FILES if name in by_name]
    small += [by_name[_INDEX]] if _SINGLE not in by_name else []
    too_large = [file for file in small if file.n_bytes > _MAX_SMALL_BYTES]
    if too_large:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The repository's “{name}” is {size} bytes long; no such file needs that."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose another repository."),
            name=too_large[0].name,
            size=f"{too_large[0].n_bytes:,}",
        )
    return tuple(sorted({*small, *papers}, key=lambda file: file.n_bytes)) + tuple(
        sorted(weights, key=lambda file: file.name)
    )


def _remote(sibling: Any) -> RemoteFile | None:
    """A file, if its size and a hash of it are told."""
    lfs = sibling.lfs
    size = lfs.size if lfs else sibling.size
    if type(size) is not int or not 0 <= size < 1 << 50:
        return None
    if lfs:
        right = re.fullmatch(r"[0-9a-f]{64}", str(lfs.sha256))
        return RemoteFile(sibling.rfilename, size, sha256=lfs.sha256) if right else None
    return (
        RemoteFile(sibling.rfilename, size, git_sha1=sibling.blob_id) if is_commit(sibling.blob_id) else None
    )


def _licence(info: Any) -> str:
    """The licence of the card: its id, and its name if it is one of the publisher's own."""
    card = info.card_data
    said = getattr(card, "license", None)
    if isinstance(said, list):
        said = ", ".join(str(one) for one in said)
    own = getattr(card, "license_name", None)
    if not said:
        tags = info.tags if isinstance(info.tags, list) else []
        said = next((tag.removeprefix("license:") for tag in tags if str(tag).startswith("license:")), "")
    text = f"{said} ({own})" if own and str(said) == "other" else str(said)
    return "".join(c for c in text if c.isprintable())[:120]


def _several(ggufs: Sequence[RemoteFile]) -> StudioError:
    names = sorted(file.name for file in ggufs)
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "This repository holds {n} GGUF files, each of them a model: {names}."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Paste the address of the page of the one that you want."),
        n=len(names),
        names=", ".join(names[:12]) + (", …" if len(names) > 12 else ""),
    )


def _no_weights(names: Sequence[str]) -> StudioError:
    if any(name.endswith(_PICKLES) for name in names):
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "This repository offers its weights only as Python pickles, which could run any program on "
                "your computer; they are not fetched.",
            ),
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Choose a repository or a revision with a model.safetensors; often “refs/pr/1” has one.",
            ),
        )
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "This repository holds no weights: there is no model.safetensors and no GGUF file."
        ),
        QT_TRANSLATE_NOOP(
            "StudioError", "Choose a repository of a language model with safetensors or GGUF files."
        ),
    )


def unclear() -> StudioError:
    """What is said of an answer that makes no sense."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The answer cannot be understood: it is not as the Hub answers."),
        QT_TRANSLATE_NOOP("StudioError", "Check the endpoint in the download settings, or try again later."),
    )
