"""Model files that a stranger made to cheat, generated from a seed: safetensors, JSON and folder tricks.

A maker gets an empty folder and a random generator, puts its trick there and returns what is to be brought.
GGUF and pickles are in `malformed_binaries.py`.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, config_json

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[[Path, random.Random], Path]
Header = dict[str, Any]


def good_weights(seed: int = 0) -> tuple[Header, bytes]:
    """The tiny model's safetensors header and data: small numbers, all of them finite."""
    header, position = {}, 0
    for name, shape in TINY.shapes().items():
        n = 4
        for length in shape:
            n *= length
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, position + n]}
        position += n
    chance = random.Random(seed)
    block = struct.pack("<256f", *(chance.gauss(0, 0.1) for _ in range(256)))
    return header, (block * (position // len(block) + 1))[:position]


HEADER, DATA = good_weights()


def pack(header: object, data: bytes = DATA) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + data


GOOD = pack(HEADER)


def put(folder: Path, weights: bytes = GOOD, **changes: Any) -> Path:
    """A whole model folder, but for what is changed."""
    for name in TOKENIZER_FILES:
        (folder / name).write_bytes((STARTER / name).read_bytes())
    (folder / "config.json").write_text(json.dumps(config_json(TINY, **changes)), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


# -- safetensors -------------------------------------------------------------------------------------------


def _changed(change: Callable[[Header, str, str], object]) -> Make:
    def make(folder: Path, chance: random.Random) -> Path:
        header: Header = json.loads(json.dumps(HEADER))
        first, second = chance.sample(sorted(header), 2)
        change(header, first, second)
        return put(folder, pack(header))

    return make


def _whole(change: Callable[[random.Random], bytes]) -> Make:
    return lambda folder, chance: put(folder, change(chance))


def _alone(change: Callable[[random.Random], bytes]) -> Make:
    """A single file, without a config.json beside it."""

    def make(folder: Path, chance: random.Random) -> Path:
        (folder / "poems.safetensors").write_bytes(change(chance))
        return folder / "poems.safetensors"

    return make


def _bad_number(chance: random.Random) -> bytes:
    data = bytearray(DATA)
    at = 4 * chance.randrange(len(data) // 4)
    data[at : at + 4] = struct.pack("<f", chance.choice([float("nan"), float("inf"), -float("inf")]))
    return pack(HEADER, bytes(data))


def _many_tensors(chance: random.Random) -> bytes:
    names = (f'"{k:x}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for k in range(120_000))
    return pack(b"{" + ",".join(names).encode() + b"}" + b" " * chance.randrange(9), b"")


LENGTHS = (2**63, 2**64 - 1, 2**32, 100_000_000, 99_999_999, 8_000_001, 0)

SAFETENSORS: tuple[Make, ...] = (
    _whole(lambda r: GOOD[: r.randrange(len(GOOD))]),
    _whole(lambda r: GOOD[: r.randrange(1, 9)]),
    _whole(lambda r: GOOD[:-1] if r.random() < 0.5 else GOOD[:-4096]),
    _whole(lambda r: GOOD + bytes(r.randrange(1, 5000))),
    _whole(lambda r: struct.pack("<Q", r.choice(LENGTHS)) + GOOD[8:]),
    _whole(lambda r: struct.pack("<Q", len(GOOD)) + GOOD[8:]),
    _whole(lambda r: GOOD[:8] + r.randbytes(len(json.dumps(HEADER))) + DATA),
    _whole(lambda r: pack(b"[" * r.choice([1000, 100_000, 7_000_000]), b"")),
    _whole(lambda r: pack(b'{"a":' * 100_000)),
    _whole(lambda r: pack(b" " * r.choice([10, 7_999_999]))),
    _whole(_many_tensors),
    _whole(_bad_number),
    _whole(lambda r: b""),
    _whole(lambda r: r.randbytes(r.randrange(1, 100_000))),
    _whole(lambda r: pack(json.dumps(HEADER).replace("F32", r.choice(["F99", "I32", "F16", ""])).encode())),
    _changed(lambda h, a, b: h[a].update(data_offsets=h[b]["data_offsets"])),
    _changed(lambda h, a, b: h[a].update(data_offsets=[0, 10**12])),
    _changed(lambda h, a, b: h[a].update(data_offsets=h[a]["data_offsets"][::-1])),
    _changed(lambda h, a, b: h[a].update(data_offsets=[0.5, 1.5])),
    _changed(lambda h, a, b: h[a].update(data_offsets=[-8, 8])),
    _changed(lambda h, a, b: h[a].update(data_offsets="0,4")),
    _changed(lambda h, a, b: h[a].update(shape=[-1, -32])),
    _changed(lambda h, a, b: h[a].update(shape=[2**40, 2**40])),
    _changed(lambda h, a, b: h[a].update(shape=[10**4000])),
    _changed(lambda h, a, b: h[a].update(shape={"0": 1})),
    _changed(lambda h, a, b: h[a].update(shape=[1] * 100_000)),
    _changed(lambda h, a, b: h[a].pop("shape")),
    _changed(lambda h, a, b: h[a].update(dtype=7)),
    _changed(lambda h, a, b: h.update({a: 5})),
    _changed(lambda h, a, b: h.update({a: [1, 2]})),
    _changed(lambda h, a, b: h.pop(a)),
    _changed(lambda h, a, b: h.update({f"{a}\n\x1b[31m\u202e": h.pop(a)})),
    _changed(lambda h, a, b: h.update({"\ud800": h.pop(a)})),
    _changed(lambda h, a, b: h.update({"../" * 900 + "x": h.pop(a)})),
    _changed(lambda h, a, b: h.update({a: h[b], b: h[a]}) if h[a]["shape"] != h[b]["shape"] else h.pop(a)),
    _changed(lambda h, a, b: h.update(__metadata__=h.pop(a))),
    _alone(lambda r: pack({"x": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}, b"")),
    _alone(lambda r: pack(HEADER | {"__metadata__": {"n_head": r.choice(["0", "5", "9" * 9, "-4", "x"])}})),
    _alone(lambda r: pack(HEADER | {"__metadata__": ["n_head"]})),
    _alone(lambda r: GOOD[: 8 + r.randrange(len(GOOD) - 8)]),
)  # fmt: skip


# -- JSON --------------------------------------------------------------------------------------------------


def _config(**changes: Any) -> Make:
    return lambda folder, _: put(folder, **changes)


def _file(name: str, text: bytes | Callable[[random.Random], bytes]) -> Make:
    def make(folder: Path, chance: random.Random) -> Path:
        put(folder)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text(chance))
        return folder

    return make


def _index(weight_map: object) -> Make:
    def make(folder: Path, _: random.Random) -> Path:
        put(folder)
        (folder / "model.safetensors").rename(folder / "a.safetensors")
        (folder.parent / "outside.safetensors").write_bytes(GOOD)
        text = json.dumps({"weight_map": weight_map}).encode("utf-8", "surrogatepass")
        (folder / "model.safetensors.index.json").write_bytes(text)
        return folder

    return make


def _vocabulary(change: Callable[[dict[str, Any]], object]) -> Make:
    def make(folder: Path, _: random.Random) -> Path:
        put(folder)
        vocab = json.loads((folder / "vocab.json").read_text("utf-8"))
        change(vocab)
        (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
        return folder

    return make


NAMES = tuple(HEADER)
JSON: tuple[Make, ...] = (
    *(_config(**{key: value}) for key, value in (
        ("n_layer", 10**9), ("n_layer", 0), ("n_layer", "2"), ("n_head", 0), ("n_head", 5), ("n_embd", -32),
        ("vocab_size", 2**31), ("n_positions", 2**40), ("n_inner", 10**12), ("layer_norm_epsilon", "x"),
        ("quantization_config", {"quant_method": "gptq"}), ("tie_word_embeddings", "yes"),
        ("model_type", "no_such\n\x1b[31m"), ("model_type", ["gpt2"]), ("model_type", {"a": {}}),
    )),
    _config(model_type="gpt_neo", attention_types=[[["global"], 10**9]], num_layers=2, hidden_size=32),
    _config(model_type="llama", num_hidden_layers=1000, hidden_size=32, intermediate_size=64),
    _config(model_type="llama", hidden_size=1 << 23, intermediate_size=1 << 24, num_hidden_layers=8),
    _config(model_type="mixtral", num_local_experts=1 << 20, hidden_size=32, num_hidden_layers=2),
    _config(model_type="llama", rope_scaling={"rope_type": "../../x", "factor": "many"}, hidden_size=32),
    *(_file("config.json", text) for text in (
        b"", b"{", b"[]", b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 150_000, b" " * 2_000_000,
        b'{"n_layer": 1' + b"0" * 5000 + b"}", b'{"model_type": "gpt2", "n_embd": NaN}', b"null",
    )),
    *(_index(weight_map) for weight_map in (
        dict.fromkeys(NAMES, "../outside.safetensors"), dict.fromkeys(NAMES, "/etc/passwd"),
        dict.fromkeys(NAMES, "b.safetensors"), {}, ["a.safetensors"], dict.fromkeys(NAMES, ".."),
        {f"{k}": f"{k}.safetensors" for k in range(50_000)}, dict.fromkeys(NAMES, "a.safetensors\x00.png"),
    )),
    _vocabulary(lambda v: v.update(dict.fromkeys(v, 2**31))),
    _vocabulary(lambda v: v.update(a=-1)),
    _vocabulary(lambda v: v.update(a="x")),
    _file("vocab.json", b"[" * 1_000_000),
    _file("tokenizer.json", lambda r: b'{"added_tokens":[' + b"[]," * 20_000_000 + b"[]]}"),
    _file("tokenizer.json", b'{"model": {"type": "BPE", "vocab": 5}}'),
    _file("tokenizer_config.json", b'{"add_prefix_space": true, "x":' + b"[" * 99_999),
)  # fmt: skip


# -- folders -----------------------------------------------------------------------------------------------


def _replaced(name: str, make_it: Callable[[Path], object]) -> Make:
    def make(folder: Path, _: random.Random) -> Path:
        put(folder)
        (folder / name).unlink()
        make_it(folder / name)
        return folder

    return make


def _huge(path: Path) -> None:
    """A terabyte without a block on the disk: its header says that all of it is one matrix."""
    header = HEADER | {
        "huge": {"dtype": "F32", "shape": [1 << 38], "data_offsets": [len(DATA), len(DATA) + (1 << 40)]}
    }
    path.write_bytes(pack(header))
    os.truncate(path, path.stat().st_size + (1 << 40))


def _sparse(n: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.touch()
        os.truncate(path, n)

    return make


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's address is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def _named(name: str) -> Make:
    def make(folder: Path, _: random.Random) -> Path:
        (folder / name).mkdir()
        put(folder / name)
        (folder / name / "model.safetensors").write_bytes(GOOD[:-1])
        return folder / name

    return make


def _many(folder: Path, _: random.Random) -> Path:
    put(folder, GOOD[:-1])
    for k in range(10_001):
        (folder / f"{k}").touch()
    return folder


def _loop(folder: Path, _: random.Random) -> Path:
    (folder / "model").symlink_to("model")
    return folder / "model"


def _at(path: str) -> Make:
    return lambda _folder, _chance: Path(path)


FOLDERS: tuple[Make, ...] = (
    _replaced("model.safetensors", os.mkfifo),
    _replaced("config.json", os.mkfifo),
    _replaced("vocab.json", os.mkfifo),
    _replaced("model.safetensors", lambda path: path.symlink_to("model.safetensors")),
    _replaced("model.safetensors", lambda path: path.symlink_to("/dev/zero")),
    _replaced("model.safetensors", lambda path: path.symlink_to("/proc/self/mem")),
    _replaced("model.safetensors", lambda path: path.symlink_to(STARTER / "model.safetensors")),
    _replaced("config.json", lambda path: path.symlink_to("/etc/passwd")),
    _replaced("merges.txt", lambda path: path.symlink_to("../../../../../../etc/hostname")),
    _replaced("model.safetensors", Path.mkdir),
    _replaced("config.json", Path.mkdir),
    _replaced("model.safetensors", _socket),
    _replaced("model.safetensors", _huge),
    _replaced("config.json", _sparse(1 << 30)),
    _replaced("merges.txt", _sparse(1 << 34)),
    _replaced("vocab.json", _sparse(1 << 40)),
    _named("a\nname\x1b[31m"),
    _many,
    _loop,
    _at("/dev/zero"),
)
