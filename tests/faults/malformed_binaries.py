"""GGUF files and Python pickles that a stranger made to cheat, generated from a seed."""

from __future__ import annotations

import io
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.faults.malformed_files import ROOT, Make, put
from tests.models.test_gguf_header import LIES, MAGIC, U32, gguf, key, tensor, text

MAGIC_NUMBER, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

_MAKE_GOOD = """
import sys
from pathlib import Path
from tests.conversion.tiny_gguf import gpt2_file
from tests.conversion.checkpoints import write_nanogpt
gpt2_file(Path(sys.argv[1], "good.gguf"))
write_nanogpt(Path(sys.argv[1], "ckpt.pt"))
"""


def make_good(folder: Path) -> None:
    """good.gguf and ckpt.pt, by a process of its own: this one is to stay small."""
    subprocess.run([sys.executable, "-c", _MAKE_GOOD, str(folder)], cwd=ROOT, check=True)


# -- GGUF --------------------------------------------------------------------------------------------------


def gguf_makers(good: bytes) -> list[Make]:
    """Lies about each field, and a good file that was cut, lengthened, flipped or told something else."""

    def file(change: Callable[[random.Random], bytes]) -> Make:
        def make(folder: Path, chance: random.Random) -> Path:
            (folder / "model.gguf").write_bytes(change(chance))
            return folder / "model.gguf"

        return make

    def told(name: str, value: int) -> Callable[[random.Random], bytes]:
        at = good.index(text(f"gpt2.{name}")) + len(text(f"gpt2.{name}")) + 4
        return lambda _: good[:at] + struct.pack("<I", value) + good[at + 4 :]

    def renamed(old: str, new: str) -> Callable[[random.Random], bytes]:
        assert len(old) == len(new)
        return lambda _: good.replace(old.encode(), new.encode(), 1)

    def same(raw: bytes) -> Callable[[random.Random], bytes]:
        return lambda _: raw

    lies = [file(same(lie)) for lie in LIES.values()]
    changed = [
        lambda r: good[: r.randrange(32, len(good))],
        lambda r: good[: len(good) - r.randrange(1, 5000)],
        lambda r: good[: r.randrange(24, 4000)],
        lambda r: good[:24] + r.randbytes(len(good) - 24),
        lambda r: good[:4] + r.randbytes(20) + good[24:],
        lambda r: MAGIC + r.randbytes(r.randrange(1, 100_000)),
        lambda r: MAGIC + bytes(r.randrange(100, 100_000)),
        lambda r: MAGIC + b"\xff" * r.randrange(100, 100_000),
        told("block_count", 0),
        told("block_count", 2),
        told("block_count", 2**31),
        told("embedding_length", 255),
        told("embedding_length", 2**31 - 1),
        told("attention.head_count", 0),
        told("attention.head_count", 7),
        told("context_length", 2**31),
        told("context_length", 0),
        renamed("blk.0.attn_qkv.weight", "blk.9.attn_qkv.weight"),
        renamed("token_embd.weight", "token_emxx.weight"),
        renamed("tokenizer.ggml.tokens", "tokenizer.ggml.tokenz"),
        renamed("general.architecture", "general.architexture"),
        renamed("position_embd.weight", "../../../etc/passwds"),
        lambda _: gguf([key("general.architecture", 8, text("no such\n\x1b[31m kind"))], []),
        lambda _: gguf([key("general.architecture", U32, bytes(4))], [tensor("a", (8,))], bytes(32)),
    ]
    return [*lies, *map(file, changed)]


# -- pickles -----------------------------------------------------------------------------------------------


class Call:
    """Unpickled the usual way, it calls something."""

    def __init__(self, what: Callable[..., object], *arguments: object) -> None:
        self._call = (what, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


def payloads(canary: Path, port: int) -> list[object]:
    """What leaves a trace if it is run: a file, or a connection."""
    import builtins
    import os
    import runpy
    import shutil
    import socket
    import webbrowser

    touch = f"touch {canary}"
    code = f"open({str(canary)!r}, 'w').close()"
    return [
        Call(os.system, touch),
        Call(subprocess.Popen, ["touch", str(canary)]),
        Call(builtins.eval, code),
        Call(builtins.exec, code),
        Call(socket.create_connection, ("127.0.0.1", port)),
        Call(builtins.open, str(canary), "w"),
        Call(os.mkdir, str(canary)),
        Call(shutil.copy, "/etc/hostname", str(canary)),
        Call(runpy.run_path, "/etc/hostname"),
        Call(webbrowser.open, f"http://127.0.0.1:{port}/"),
        Call(builtins.getattr, Call(builtins.__import__, "os"), "system"),
    ]


def in_zip(objects: bytes, *, deflated: bool = False, also: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """As torch.save writes it, with any objects."""
    buffer = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", how) as archive:
        archive.writestr("archive/data.pkl", objects)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
        for name, data in also:
            archive.writestr(name, data)
    return buffer.getvalue()


def in_legacy(objects: bytes) -> bytes:
    """As torch.save wrote it until 1.6, with any objects."""
    first = [pickle.dumps(part, 2) for part in (MAGIC_NUMBER, PROTOCOL, {"little_endian": True})]
    return b"".join([*first, objects, pickle.dumps([], 2)])


def pickle_makers(good: bytes, canary: Path, port: int) -> list[Make]:
    """20 of them: each payload in another wrapping, and a few without one."""
    calls = payloads(canary, port)

    def file(name: str, raw: bytes, *, in_folder: bool = False) -> Make:
        def make(folder: Path, _: random.Random) -> Path:
            if in_folder:
                put(folder)
                (folder / "model.safetensors").unlink()
            (folder / name).write_bytes(raw)
            return folder if in_folder else folder / name

        return make

    wrappings: tuple[Callable[[object], Make], ...] = (
        lambda call: file("ckpt.pt", in_zip(pickle.dumps(call, 2))),
        lambda call: file("pytorch_model.bin", in_legacy(pickle.dumps(call, 2)), in_folder=True),
        lambda call: file("ckpt.pt", in_zip(pickle.dumps({"model": {"wte.weight": call}}, 2))),
        lambda call: file("pytorch_model.bin", in_zip(pickle.dumps([call], 4)), in_folder=True),
        lambda call: file("model.pt", in_legacy(pickle.dumps({"a": [{"b": (call,)}]}, 2))),
        lambda call: file("training_args.bin", pickle.dumps(call, 4)),
    )
    made = [wrappings[k % len(wrappings)](call) for k, call in enumerate(calls)]
    nothing = pickle.dumps({}, 2)
    doubled = (b"]q" + bytes([k]) + b"(" + 2 * (b"h" + bytes([k - 1])) + b"e" for k in range(1, 200))
    bomb = b"\x80\x02]q\x00" + b"".join(doubled) + b"."  # lists of two, each of the one before
    return [
        *made,
        file("ckpt.pt", in_zip(pickle.dumps(calls[0], 2), deflated=True)),
        file("ckpt.pt", in_zip(nothing, also=(("archive/other.pkl", pickle.dumps(calls[0], 2)),))),
        file("ckpt.pt", in_zip(nothing, also=(("../../evil.py", b"1/0"),))),
        file("ckpt.pt", b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR."),
        file("ckpt.pt", b"7z\xbc\xaf\x27\x1c\x00\x04" + pickle.dumps(calls[0], 2)),
        file("ckpt.pt", in_zip(bomb)),
        file("ckpt.pt", good[: len(good) // 2]),
        file("ckpt.pt", in_zip(b"\x80\x02" + b"\x8a\xff" + b"\x7f" * 99)),
        file("pytorch_model.bin", in_zip(pickle.dumps({"a": 1}, 2)), in_folder=True),
    ]  # fmt: skip
