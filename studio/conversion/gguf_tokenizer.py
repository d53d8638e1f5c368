"""The tokenizer that a GGUF's metadata describe -> the files of an HF folder.

Chat templates are programs; none is run or kept.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.gguf_header import Header, shown

_CONTROL, _USER_DEFINED, _BYTE = 3, 4, 6
_NORMAL = 1
_ROLES = {"bos": "bos_token_id", "eos": "eos_token_id", "unk": "unknown_token_id", "pad": "padding_token_id"}
_GPT2_WAY = frozenset(["gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling"])
_SINGLE_DIGITS = frozenset(
    ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"]
)
_LLAMA3 = frozenset(["llama-bpe", "llama3", "llama-v3"])
_QWEN2 = frozenset(["qwen2", "deepseek-r1-qwen", "megrez"])
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLITS = {"llama-bpe": _WORDS + r"\p{N}{1,3}" + _REST, "qwen2": _WORDS + r"\p{N}" + _REST}
"""The regular expressions of two ways to cut a text into words, by llama.cpp's names for them."""
_DAMAGED = (
    QT_TRANSLATE_NOOP("StudioError", "The tokenizer in “{path}” is damaged."),
    QT_TRANSLATE_NOOP("StudioError", "Choose another file of this model."),
)
_UNKNOWN = (
    QT_TRANSLATE_NOOP(
        "StudioError", "The tokenizer in “{path}” is of a kind (“{kind}”) that is not supported."
    ),
    QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
)


@dataclass(frozen=True, slots=True)
class Described:
    """What the metadata say, checked."""

    tokens: tuple[str, ...]
    types: Sequence[int]
    roles: Mapping[str, int]  # "bos", "eos", "unk", "pad" -> a token's id
    add_bos: bool
    special: frozenset[int]

    @property
    def vocab(self) -> dict[str, int]:
        """Token -> id."""
        return {token: i for i, token in enumerate(self.tokens)}


def write_tokenizer(header: Header, n_embedded: int, file: Path, folder: Path) -> tuple[Described, list[str]]:
    """Write the tokenizer's files into `folder`; what it is, and notes about it.

    `n_embedded`: tokens that the model knows. Raises StudioError if it is damaged or of a kind that we do not
    know.
    """
    kind = header.text("tokenizer.ggml.model")
    if kind not in {"gpt2", "llama"}:
        raise StudioError(*_UNKNOWN, path=file.name, kind=shown(kind))
    damaged = StudioError(*_DAMAGED, path=file.name)
    described = _described(header, n_embedded, by_bos=kind == "llama")
    if described is None:
        raise damaged
    notes: list[str] = []
    if kind == "gpt2":
        pre = header.text("tokenizer.ggml.pre")
        if pre in {"", "default"}:
            pre = "gpt-2"
            notes.append("The file does not say how it cuts texts into words; they are cut as GPT-2 does it.")
        cut = _cut(pre)
        if cut is None:
            raise StudioError(*_UNKNOWN, path=file.name, kind=shown(pre))
        merges = _merges(header, described)
        if merges is None:
            raise damaged
        _write(folder / "vocab.json", described.vocab)
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges), ""]
        (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8", newline="\n")
        full = _byte_level(described, merges, cut, pre)
    else:
        spelled = _pieces(header, described)
        if spelled is None:
            raise damaged
        full = spelled
    if "tokenizer.chat_template" in header.metadata:
        notes.append("The chat template was left out: it is a program, and none is run here.")
    _write(folder / "tokenizer.json", full)
    _write(folder / "tokenizer_config.json", _config(described))
    _try(folder / "tokenizer.json", damaged)
    return described, notes


def _described(header: Header, n_embedded: int, *, by_bos: bool) -> Described | None:
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not 1 <= len(tokens) <= n_embedded:
        return None
    types = header.metadata.get("tokenizer.ggml.token_type", array("i", [_NORMAL] * len(tokens)))
    if not isinstance(types, array) or types.typecode == "f" or len(types) != len(tokens):
        return None
    if len(set(tokens)) != len(tokens) or not all(tokens):
        return None
    roles = {}
    for role, key in _ROLES.items():
        value = header.metadata.get(f"tokenizer.ggml.{key}")
        if type(value) is int and 0 <= value < len(tokens):
            roles[role] = value
    add_bos = header.metadata.get("tokenizer.ggml.add_bos_token")
    if type(add_bos) is not bool:
        add_bos = by_bos or header.text("tokenizer.ggml.pre") in _LLAMA3
    special = {i for i, kind in enumerate(types) if kind == _CONTROL} | set(roles.values())
    return Described(tuple(tokens), types, roles, add_bos and "bos" in roles, frozenset(special))


def _cut(pre: str) -> list[dict[str, Any]] | None:
    """The pre-tokenizers of that name in llama.cpp; the last one spells bytes."""
    gpt2 = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    if pre in _GPT2_WAY:
        return [gpt2]
    if pre in _SINGLE_DIGITS:
        return [{"type": "Digits", "individual_digits": True}, gpt2]
    if pre in _LLAMA3 or pre in _QWEN2:
        pattern = {"Regex": SPLITS["llama-bpe" if pre in _LLAMA3 else "qwen2"]}
        split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
        return [split, gpt2 | {"use_regex": False}]
    return None


def _merges(header: Header, described: Described) -> list[tuple[str, str]] | None:
    """The merges as pairs, each of which makes a token."""
    lines = header.metadata.get("tokenizer.ggml.merges")
    if not isinstance(lines, list):
        return None
    vocab = described.vocab
    pairs = []
    for line in lines:
        first, gap, second = line.partition(" ")
        if not gap or first not in vocab or second not in vocab or first + second not in vocab:
            return None
        pairs.append((first, second))
    return pairs


def _byte_level(
    described: Described, merges: list[tuple[str, str]], cut: list[dict[str, Any]], pre: str
) -> dict[str, Any]:
    """tokenizer.json of a byte-level BPE."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(described),
        "normalizer": {"type": "NFC"} if pre in _QWEN2 else None,
        "pre_tokenizer": cut[0] if len(cut) == 1 else {"type": "Sequence", "pretokenizers": cut},
        "post_processor": _template(described) or byte_level,
        "decoder": byte_level,
        "model": _bpe(described, merges, unknown=None, byte_fallback=False, whole=pre in _LLAMA3),
    }


def _pieces(header: Header, described: Described) -> dict[str, Any] | None:
    """tokenizer.json of SentencePiece's BPE, whose merges are told by the scores of what they make."""
    scores = header.metadata.get("tokenizer.ggml.scores")
    if not isinstance(scores, array) or scores.typecode not in "fd" or len(scores) != len(described.tokens):
        return None
    if any(score != score for score in scores):
        return None
    ids = {
        token: i
        for i, token in enumerate(described.tokens)
        if described.types[i] in {_NORMAL, _USER_DEFINED} and i not in described.special
    }
    ranked = []
    for token, i in ids.items():
        if described.types[i] == _NORMAL:
            for at in range(1, len(token)):
                first, second = ids.get(token[:at]), ids.get(token[at:])
                if first is not None and second is not None:
                    ranked.append((-scores[i], i, first, second))
    ranked.sort(key=lambda entry: (entry[0], entry[2], entry[3]))
    merges = [(described.tokens[first], described.tokens[second]) for _, _, first, second in ranked]
    in_front = header.metadata.get("tokenizer.ggml.add_space_prefix", True) is not False
    normalizers: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    decoders: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if in_front:
        normalizers.insert(0, {"type": "Prepend", "prepend": "▁"})
        decoders.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    vocab = described.vocab
    bytes_there = all(
        described.types[vocab[name]] == _BYTE if (name := f"<0x{byte:02X}>") in vocab else False
        for byte in range(256)
    )
    unknown = described.tokens[described.roles.get("unk", 0)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(described),
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": None,
        "post_processor": _template(described),
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": _bpe(described, merges, unknown=unknown, byte_fallback=bytes_there, whole=False),
    }


def _bpe(
    described: Described,
    merges: list[tuple[str, str]],
    *,
    unknown: str | None,
    byte_fallback: bool,
    whole: bool,
) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unknown,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": unknown is not None,
        "byte_fallback": byte_fallback,
        "ignore_merges": whole,
        "vocab": described.vocab,
        "merges": merges,
    }


def _added(described: Described) -> list[dict[str, Any]]:
    """The tokens that no merge makes."""
    return [
        {
            "id": i,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": i in described.special,
        }
        for i, token in enumerate(described.tokens)
        if i in described.special or described.types[i] == _USER_DEFINED
    ]


def _template(described: Described) -> dict[str, Any] | None:
    """What puts the token of the beginning before a text; None if none is put there."""
    if not described.add_bos:
        return None
    i = described.roles["bos"]
    token = described.tokens[i]
    mark = {"SpecialToken": {"id": token, "type_id": 0}}
    text, second = ({"Sequence": {"id": name, "type_id": n}} for n, name in enumerate("AB"))
    return {
        "type": "TemplateProcessing",
        "single": [mark, text],
        "pair": [mark, text, second],
        "special_tokens": {token: {"id": token, "ids": [i], "tokens": [token]}},
    }


def _config(described: Described) -> dict[str, Any]:
    named = {f"{role}_token": described.tokens[i] for role, i in described.roles.items()}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "add_bos_token": described.add_bos,
        **named,
    }


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _try(path: Path, damaged: StudioError) -> None:
    """Open what was written, as whoever uses the model will."""
    import tokenizers

    try:
        tokenizers.Tokenizer.from_file(str(path)).encode("a")
    except Exception as error:  # tokenizers raises nothing more specific
        raise damaged from error
