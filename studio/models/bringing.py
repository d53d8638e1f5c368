"""Bringing a model that lies somewhere on this computer: what it is, and which job puts it on the shelf.

What a file is, its first bytes say, not its name. Nothing here reads further than those: the job does, in a
process of its own. Pipes, devices and sockets are never opened.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.records import About, ShelfModel
from studio.models.shelf import Shelf, clean_name

FOLDER, SAFETENSORS, GGUF, PICKLE = "import_folder", "import_safetensors", "import_gguf", "import_pickle"
PICKLE_WARNING = QT_TRANSLATE_NOOP(
    "StudioError",
    "“{name}” is a Python pickle, a kind of file that can hide a program. It is read in a closed process "
    "that runs nothing of it, and only its numbers are kept. Import it only if you trust where it came from.",
)
"""What must be accepted before a pickle is read."""

_SPACE = 64 << 20  # bytes that are left free for the user's texts
_GB = 1 << 30
_MAX_NAMES = 10_000
_MAX_NOTES, _MAX_NOTE = 20, 400  # as many, as long
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.safetensors$")
_TORCH_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the number that torch.save began with until 1.6
_ARCHIVES = {
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
}
_OTHER_WEIGHTS = ("tf_model.h5", "flax_model.msgpack", "model.ckpt.index", "rust_model.ot", "model.onnx")
_WHAT_TO_CHOOSE = QT_TRANSLATE_NOOP(
    "StudioError", "Choose a folder with config.json and model.safetensors, or a .safetensors or .gguf file."
)


_SUFFIXES = frozenset([".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt"])


def seems_a_model(path: Path) -> bool:
    """Whether something dropped on the window is rather a model than a text: a folder, or by its name."""
    return path.suffix.lower() in _SUFFIXES or path.name == "config.json" or path.is_dir()


@dataclass(frozen=True, slots=True)
class Found:
    """A model that can be brought, as far as one can tell without reading it."""

    path: Path  # the file, or the folder
    job: str  # a key of jobs.JOBS
    name: str  # what to call it
    n_bytes: int  # what its copy takes on the disk, about

    @property
    def needs_consent(self) -> bool:
        """Whether the user must have agreed to PICKLE_WARNING before."""
        return self.job == PICKLE

    @property
    def warning(self) -> tuple[str, dict[str, str]]:
        """PICKLE_WARNING and the values for it."""
        return PICKLE_WARNING, {"name": self.path.name}


def recognise(path: Path) -> Found:
    """What lies at `path`. Raises StudioError for what is no model, in one sentence, and what to do."""
    path = path.absolute()
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _folder(path)
        if stat.S_ISREG(mode):
            return _file(path)
    except OSError as error:
        raise files.unreadable(path, error) from error
    raise StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{name}” is a pipe, a socket or a device, not a model."),
        _WHAT_TO_CHOOSE,
        name=clean_name(path.name),
    )


def check_room(found: Found, folder: Path) -> None:
    """Raise StudioError if the disk of `folder` has no room for the copy."""
    place = next((place for place in (folder, *folder.parents) if place.is_dir()), Path(folder.anchor))
    free = shutil.disk_usage(place).free
    if found.n_bytes + _SPACE > free:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "“{name}” needs {needed} GB on the disk, but only {free} GB are free.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Make room on the disk, or use the folder where it is."),
            name=clean_name(found.path.name),
            needed=f"{found.n_bytes / 1e9:.2f}",
            free=f"{free / 1e9:.2f}",
        )


def spec(found: Found, staging: Path) -> dict[str, Any]:
    """The job that makes the model's folder in `staging`, and what its process may take."""
    n = found.n_bytes
    memory = {FOLDER: 2 * _GB, SAFETENSORS: 2 * _GB + 2 * n, GGUF: 3 * _GB + 2 * n, PICKLE: 2 * _GB + 3 * n}
    return {
        "job": found.job,
        "file": str(found.path),
        "staging": str(staging),
        "memory_bytes": memory[found.job],
        "cpu_s": 120 + n // (10 << 20),
        "offline": True,
    }


def wall_s(found: Found) -> float:
    """How long the job may take, whatever the disk: seconds."""
    return 300 + found.n_bytes / (2 << 20)


def adopt(
    shelf: Shelf,
    staged: Path,
    found: Found,
    done: Mapping[str, Any],
    name: str = "",
    source: str = "",
    licence: str = "",
) -> ShelfModel:
    """Put what the job made on the shelf. What it says is a stranger's words: cut to size, never trusted.

    `source` and `licence`, if they are known better than by the file.
    """
    notes = done.get("notes")
    words = [_line(note, _MAX_NOTE) for note in notes[:_MAX_NOTES]] if isinstance(notes, list) else []
    digest = done.get("sha256")
    about = About(
        source=source or f"file:{found.path}",
        licence=licence or _line(done.get("licence"), 80),
        notes=tuple(word for word in words if word),
    )
    whole = digest if isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) else ""
    return shelf.adopt(staged, name or found.name or _line(done.get("name"), 80), about, whole)


def _line(text: object, n: int) -> str:
    """One line of printable characters, or nothing."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * n]).split())[:n]


def read_start(path: Path, n: int) -> tuple[bytes, int]:
    """The first `n` bytes of a regular file, and its size. Never waits for anybody; OSError."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(2, "No such file or directory")
        return os.read(handle, n), status.st_size
    finally:
        os.close(handle)


# -- files -------------------------------------------------------------------------------------------------


def _file(path: Path) -> Found:
    start, size = read_start(path, 512)
    if not size:
        raise _refused(path, QT_TRANSLATE_NOOP("StudioError", "“{name}” is empty."))
    if path.name == "config.json" or path.name.endswith(".index.json"):
        return _folder(path.parent)
    if start.startswith(b"GGUF"):
        return Found(path, GGUF, _stem(path), 2 * size)
    if start.startswith(b"PK\x03\x04"):
        if not _first_entry(start).endswith(b"/data.pkl"):
            raise _archive(path, "ZIP")
        return _pickle(path, size)
    if start.startswith(_TORCH_LEGACY):
        return _pickle(path, size)
    if (
        len(start) > 8
        and start[8:9] == b"{"
        and int.from_bytes(start[:8], "little") <= files.MAX_HEADER_BYTES
    ):
        beside = _is_file(path.parent / "config.json")
        if beside and (path.name == "model.safetensors" or _SHARD.search(path.name)):
            return _folder(path.parent)
        return Found(path, SAFETENSORS, _stem(path), size)
    raise _no_model(path, start)


def _pickle(path: Path, size: int) -> Found:
    if path.name.startswith("pytorch_model") and _is_file(path.parent / "config.json"):
        return _folder(path.parent)
    return Found(path, PICKLE, _stem(path), size)


def _no_model(path: Path, start: bytes) -> StudioError:
    for magic, kind in _ARCHIVES.items():
        if start.startswith(magic):
            return _archive(path, kind)
    if start[257:262] == b"ustar":
        return _archive(path, "tar")
    if start.startswith(b"version https://git-lfs"):
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is only a placeholder that Git LFS left."),
            QT_TRANSLATE_NOOP("StudioError", "Download the model's real files, then choose them."),
            name=clean_name(path.name),
        )
    if start.lstrip()[:9].lower() in (b"<!doctype", b"<html") or start.lstrip()[:5].lower() == b"<html":
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is a web page, not a model."),
            QT_TRANSLATE_NOOP("StudioError", "Download the model's file again; the page came in its place."),
            name=clean_name(path.name),
        )
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "“{name}” is a Python pickle, but not a checkpoint that PyTorch wrote."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Do not open it anywhere; choose a .safetensors file."),
            name=clean_name(path.name),
        )
    return _refused(
        path, QT_TRANSLATE_NOOP("StudioError", "“{name}” is no kind of model file that is known here.")
    )


def _archive(path: Path, kind: str) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{name}” is an archive ({kind}), not a model."),
        QT_TRANSLATE_NOOP("StudioError", "Unpack it, then choose the folder that comes out."),
        name=clean_name(path.name),
        kind=kind,
    )


def _refused(path: Path, happened: str) -> StudioError:
    return StudioError(happened, _WHAT_TO_CHOOSE, name=clean_name(path.name))


def _first_entry(start: bytes) -> bytes:
    """The name of a ZIP file's first entry, as far as it is in `start`."""
    return start[30 : 30 + int.from_bytes(start[26:28], "little")]


def _stem(path: Path) -> str:
    """What to call a file's model: the name of its folder, if the file's own says nothing."""
    plain = path.stem in ("model", "pytorch_model", "ckpt", "checkpoint", "weights", "adapter_model")
    return clean_name(path.parent.name if plain and path.parent.name else path.stem)


# -- folders -----------------------------------------------------------------------------------------------


def _folder(folder: Path) -> Found:
    names = _names(folder)
    config = "config.json" in names
    tensors = sorted(name for name in names if name.endswith(".safetensors"))
    if config and ("model.safetensors.index.json" in names or tensors):
        n_bytes = sum((folder / name).stat().st_size for name in (*tensors, *_small(names)))
        return Found(folder, FOLDER, clean_name(files.model_name(folder)), n_bytes)
    if len(tensors) == 1:
        return _file(folder / tensors[0])
    if tensors:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is not a model: it holds no config.json."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Put the model's config.json into the folder, beside its weights."
            ),
            name=clean_name(folder.name),
        )
    pickles = [name for name in names if re.fullmatch(r"pytorch_model(-\d{5}-of-\d{5})?\.bin", name)]
    if config and pickles:
        n_bytes = sum((folder / name).stat().st_size for name in pickles)
        return Found(folder, PICKLE, clean_name(files.model_name(folder)), n_bytes)
    ggufs = [name for name in names if name.lower().endswith(".gguf")]
    if len(ggufs) == 1:
        return _file(folder / ggufs[0])
    if "ckpt.pt" in names:
        return _file(folder / "ckpt.pt")
    if len(snapshots := _snapshots(folder)) == 1:
        return _folder(snapshots[0])
    raise _no_folder(folder, names, n_ggufs=len(ggufs))


def _no_folder(folder: Path, names: set[str], *, n_ggufs: int) -> StudioError:
    name = clean_name(folder.name)
    if n_ggufs:
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” holds {n} GGUF files, each of them a model."),
            QT_TRANSLATE_NOOP("StudioError", "Choose one of the files."),
            name=name,
            n=n_ggufs,
        )
    other = next((other for other in _OTHER_WEIGHTS if other in names), "")
    if other:
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "“{name}” holds its weights as {other}, which cannot be read here."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose the model's safetensors version."),
            name=name,
            other=other,
        )
    return _refused(folder, QT_TRANSLATE_NOOP("StudioError", "The folder “{name}” holds no model."))


def _names(folder: Path) -> set[str]:
    """The names of the regular files in a folder. StudioError if there are more than any model has."""
    names = set()
    with os.scandir(folder) as entries:
        for n, entry in enumerate(entries):
            if n >= _MAX_NAMES:
                raise StudioError(
                    QT_TRANSLATE_NOOP("StudioError", "“{name}” holds more files than any model has."),
                    QT_TRANSLATE_NOOP("StudioError", "Choose the model's own folder."),
                    name=clean_name(folder.name),
                )
            if _is_file(folder / entry.name):
                names.add(entry.name)
    return names


def _small(names: set[str]) -> list[str]:
    """What is copied beside the weights, roughly: for the size only."""
    return [name for name in names if name.endswith((".json", ".txt", ".model", ".md"))]


def _snapshots(folder: Path) -> list[Path]:
    """The downloaded commits in a folder of Hugging Face's cache."""
    try:
        return [path for path in (folder / "snapshots").iterdir() if path.is_dir()]
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False
