"""What a checkpoint's pickle would call, read without running it: the opcodes are looked at, one by one.

torch's own restricted reader refuses such files as well. This comes before torch is even imported, and can
say what the file wanted.
"""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

from studio.conversion.staging import open_regular
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.shelf import clean_name

MAX_PICKLE_BYTES = 32_000_000
_MAX_ENTRIES = 100_000
_STORAGES = ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool")
_ALLOWED = frozenset(
    [
        *("collections OrderedDict", "torch Size", "torch device", "torch Tensor"),
        *(f"torch._utils _rebuild_{what}" for what in ("tensor", "tensor_v2", "parameter")),
        *(f"torch {kind}Storage" for kind in _STORAGES),
        *(f"torch {kind}" for kind in ("float32", "float16", "bfloat16", "float64", "int64", "uint8")),
        "torch.serialization _get_layout",
        "torch.nn.parameter Parameter",
    ]
)  # fmt: skip
_CALLS = (
    "INST",
    "STACK_GLOBAL",
    "EXT1",
    "EXT2",
    "EXT4",
    "OBJ",
    "NEWOBJ_EX",
    "NEXT_BUFFER",
    "READONLY_BUFFER",
)


def scan(path: Path) -> bool:
    """Look through a checkpoint; whether it is a ZIP, which can be mapped.

    StudioError if it would call anything but what puts tensors together, or is no checkpoint at all.
    """
    with open_regular(path) as file:
        is_zip = file.read(4) == b"PK\x03\x04"  # as torch decides it
        file.seek(0)
        if not is_zip:
            _look(path, file.read(MAX_PICKLE_BYTES), legacy=True)
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                _check_archive(path, archive)
                for entry in archive.infolist():
                    if entry.filename.endswith(".pkl"):
                        _look(path, archive.read(entry), legacy=False)
        except (
            zipfile.BadZipFile,
            OSError,
            EOFError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise broken(path) from error
    return True


def _check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    """A checkpoint's entries are stored as they are: nothing in it can swell."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    plain = all(entry.file_size <= entry.compress_size for entry in entries)
    pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
    small = all(entry.file_size <= MAX_PICKLE_BYTES for entry in pickles)
    if (
        len(entries) > _MAX_ENTRIES
        or len(set(names)) < len(names)
        or not (stored and plain and small)
        or len(pickles) != 1
        or any(".." in name or name.startswith("/") for name in names)
    ):
        raise broken(path)


def _look(path: Path, raw: bytes, *, legacy: bool) -> None:
    """Raise StudioError for what may not be in a pickle; of a legacy file, several pickles in a row."""
    try:
        position = 0
        for _ in range(5 if legacy else 1):  # magic number, version, system, the objects, names of storages
            last = position
            for opcode, argument, at in pickletools.genops(raw[position:]):
                last = position + (at or 0) + 1
                if opcode.name in _CALLS or (opcode.name == "GLOBAL" and argument not in _ALLOWED):
                    raise _wants(path, _called(opcode.name, argument))
            position = last
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise broken(path) from error


def _called(name: str, argument: object) -> str:
    return clean_name(str(argument).replace(" ", ".", 1)) if name in ("GLOBAL", "INST") else name.lower()


def _wants(path: Path, what: str) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "Opened the usual way, “{name}” would run “{what}” on your computer."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Do not open it anywhere, and do not use models from there."),
        name=clean_name(path.name),
        what=what,
    )


def broken(path: Path) -> StudioError:
    """What is said of a file that is not what torch writes."""
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "“{name}” is not a checkpoint that PyTorch wrote, or it is damaged."
        ),
        QT_TRANSLATE_NOOP(
            "StudioError", "Copy or download the model again, or choose its safetensors version."
        ),
        name=clean_name(path.name),
    )
