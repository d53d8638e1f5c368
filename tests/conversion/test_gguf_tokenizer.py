"""Tokenizers from a GGUF's metadata, against a plain reading of the same metadata."""

from __future__ import annotations

import itertools
import json
import random
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import regex
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from studio.conversion.gguf_tokenizer import write_tokenizer
from studio.conversion.gguf_vocabulary import read_vocabulary
from studio.core.errors import StudioError
from studio.core.other_tokenizer import byte_of_character, load_tokenizer
from studio.models.gguf_header import Header

CHARACTER = {byte: character for character, byte in byte_of_character().items()}
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LATE = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EARLY = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
CUTS = {
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [EARLY + r"|\p{N}{1,3}|" + LATE],
    "qwen2": [EARLY + r"|\p{N}|" + LATE],
}
"""How llama.cpp cuts texts into words: one regular expression after the other, each on what is left whole."""

SEED = "the cat sat on the mat, the 1234 cats' 12 hats don't. Ünï 日本 日本 \n\n  the  the THE 😀😀"


def learnt(n: int) -> tuple[list[str], list[str]]:
    """A byte-level vocabulary with n merges that occur in SEED, some over the borders of words."""
    word = [CHARACTER[byte] for byte in (SEED * 2).encode()]
    tokens, merges = list(CHARACTER.values()), []
    for _ in range(n):
        pairs: dict[tuple[str, str], int] = {}
        for pair in itertools.pairwise(word):
            if "".join(pair) not in tokens:
                pairs[pair] = pairs.get(pair, 0) + 1
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        tokens.append(first + second)
        merges.append(f"{first} {second}")
        word = merged(word, first, second)
    return tokens, merges


def merged(word: Sequence[str], first: str, second: str) -> list[str]:
    out: list[str] = []
    for symbol in word:
        if out and out[-1] == first and symbol == second and len(out[-1]) == len(first):
            out[-1] += symbol
        else:
            out.append(symbol)
    return out


TOKENS, MERGES = learnt(60)


def header(**metadata: Any) -> Header:
    return Header(3, {f"tokenizer.ggml.{key}": value for key, value in metadata.items()}, {})


def byte_level(pre: str, **more: Any) -> Header:
    tokens = [*TOKENS, "<|end|>", "<tool>"]
    told = {"model": "gpt2", "pre": pre, "tokens": tokens, "merges": MERGES, "eos_token_id": len(TOKENS)}
    types = array("i", [1] * len(TOKENS) + [3, 4])
    return header(**told | {"token_type": types} | more)


def words(pre: str, text: str) -> list[str]:
    parts = [text]
    for n, pattern in enumerate(CUTS[pre]):
        cut: list[str] = []
        for part in parts:
            if n and regex.fullmatch(CUTS[pre][0], part):
                cut.append(part)
                continue
            end = 0
            for match in regex.finditer(pattern, part):
                cut += [part[end : match.start()], match.group()]
                end = match.end()
            cut.append(part[end:])
        parts = [part for part in cut if part]
    return parts


def by_hand(pre: str, text: str) -> list[int]:
    ids = []
    for part in words(pre, text):
        word = [CHARACTER[byte] for byte in part.encode()]
        if pre == "llama-bpe" and "".join(word) in TOKENS:
            ids.append(TOKENS.index("".join(word)))
            continue
        for line in MERGES:
            word = merged(word, *line.split(" "))
        ids += [TOKENS.index(symbol) for symbol in word]
    return ids


@pytest.fixture(scope="module")
def byte_level_tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tokenizers.Tokenizer]:
    made = {}
    for pre in CUTS:
        folder = tmp_path_factory.mktemp(pre)
        write_tokenizer(byte_level(pre), 500, Path("x.gguf"), folder)
        made[pre] = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    return made


PIECES = [
    "the",
    " cat",
    "THE",
    "1",
    "12",
    "1234",
    " 7",
    "½",
    "'s",
    "'S",
    "don't",
    "\n",
    "\r\n",
    "  ",
    "\t",
    "日本",
    "😀",
    "é",
    "!?",
    ".",
]


@pytest.mark.parametrize("pre", CUTS)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=12))
def test_byte_level_tokens_are_those_of_the_metadata(
    byte_level_tokenizers: dict[str, tokenizers.Tokenizer], pre: str, parts: list[str]
) -> None:
    text = "".join(parts)
    encoded = byte_level_tokenizers[pre].encode(text)
    assert encoded.ids == by_hand(pre, text)
    assert byte_level_tokenizers[pre].decode(encoded.ids) == text


def test_special_and_added_tokens_are_known_as_such(tmp_path: Path) -> None:
    described, notes = write_tokenizer(byte_level("gpt-2"), 500, Path("x.gguf"), tmp_path)
    full = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    assert [(token["content"], token["special"]) for token in full["added_tokens"]] == [
        ("<|end|>", True),
        ("<tool>", False),
    ]
    assert described.roles == {"eos": len(TOKENS)}
    assert notes == []
    ours = load_tokenizer(tmp_path, 500, len(TOKENS))
    assert list(ours.encode("the <|end|>").ids) == by_hand("gpt-2", "the <|end|>")  # spelled out is text


@pytest.mark.parametrize(
    ("add", "pre"), [(True, "gpt-2"), (None, "llama-bpe"), (None, "gpt-2"), (False, "llama-bpe")]
)
def test_a_token_for_the_beginning_is_put_there_only_where_the_file_asks_for_it(
    tmp_path: Path, add: bool | None, pre: str
) -> None:
    more = {} if add is None else {"add_bos_token": add}
    write_tokenizer(byte_level(pre, bos_token_id=len(TOKENS), **more), 500, Path("x.gguf"), tmp_path)
    expected = (len(TOKENS),) if add or (add is None and pre == "llama-bpe") else ()
    assert load_tokenizer(tmp_path, 500, None).prefix_ids == expected
    assert read_vocabulary(tmp_path, 500, {"bos_token_id": len(TOKENS)}).add_bos is bool(expected)


@pytest.mark.parametrize("pre", CUTS)
def test_what_came_in_goes_out_the_same(tmp_path: Path, pre: str) -> None:
    write_tokenizer(byte_level(pre), 500, Path("x.gguf"), tmp_path)
    out = read_vocabulary(tmp_path, len(TOKENS) + 3, {"eos_token_id": len(TOKENS)})
    assert out.pre == pre
    assert out.tokens == [*TOKENS, "<|end|>", "<tool>", f"[PAD{len(TOKENS) + 2}]"]
    assert out.types == [*[1] * len(TOKENS), 3, 4, 5]
    assert (out.merges, out.eos, out.bos) == (MERGES, len(TOKENS), None)


def test_a_file_that_does_not_say_how_words_are_cut_gets_gpt2s_way_and_a_note(tmp_path: Path) -> None:
    _, notes = write_tokenizer(byte_level(""), 500, Path("x.gguf"), tmp_path)
    assert len(notes) == 1
    assert list(load_tokenizer(tmp_path, 500, None).encode("the 1234").ids) == by_hand("gpt-2", "the 1234")


# -- SentencePiece's BPE ----------------------------------------------------------------------------------

CHARACTERS = sorted(set("▁" + SEED.replace(" ", "").replace("\n", "")) - {"😀"})
LONGER = [
    "▁▁",
    "▁t",
    "he",
    "▁the",
    "th",
    "the",
    "at",
    "▁c",
    "▁cat",
    "cat",
    "12",
    "▁▁▁▁",
    "23",
    "234",
    "日本",
    "an",
]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SPM = ["<unk>", "<s>", "</s>", *BYTES, *LONGER, *CHARACTERS]
SPM_TYPES = array("i", [2, 3, 3, *[6] * 256, *[1] * (len(LONGER) + len(CHARACTERS))])
SPM_SCORES = array("f", [0.0] * 259 + [float(-n) for n in range(len(LONGER) + len(CHARACTERS))])


def sentencepiece(**more: Any) -> Header:
    told = {"model": "llama", "pre": "default", "tokens": SPM, "token_type": SPM_TYPES, "scores": SPM_SCORES}
    return header(**told | {"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0} | more)


def by_scores(text: str) -> list[int]:
    """SentencePiece's own way: of all neighbours the pair that makes the best piece, the leftmost first."""
    symbols = list("▁" + text.replace(" ", "▁")) if text else []
    score = {SPM[i]: SPM_SCORES[i] for i in range(259, len(SPM))}
    while True:
        made = [(-score[a + b], n) for n, (a, b) in enumerate(itertools.pairwise(symbols)) if a + b in score]
        if not made:
            break
        _, n = min(made)
        symbols[n : n + 2] = ["".join(symbols[n : n + 2])]
    ids: list[int] = []
    for symbol in symbols:
        ids += [SPM.index(symbol)] if symbol in score else [3 + byte for byte in symbol.encode()]
    return ids


def test_sentencepiece_tokens_are_those_of_its_scores(tmp_path: Path) -> None:
    write_tokenizer(sentencepiece(), 1000, Path("x.gguf"), tmp_path)
    ours = load_tokenizer(tmp_path, 1000, 2)
    assert ours.prefix_ids == (1,)
    chance = random.Random(3)
    letters = ["the", " cat", "1234", " ", "  ", "日本", "😀", "\n", "an", "1", "t", "é", "the", "</s>"]
    for _ in range(300):
        text = "".join(chance.choices(letters, k=chance.randint(0, 9)))
        ids = list(ours.encode(text).ids)
        assert ids == by_scores(text), text
        said = b"".join(ours.token_bytes(i) for i in ids).decode()
        assert said == (f" {text}" if text else "")


def test_what_came_in_as_pieces_goes_out_with_scores_that_merge_the_same(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    write_tokenizer(sentencepiece(), 1000, Path("x.gguf"), tmp_path / "first")
    out = read_vocabulary(tmp_path / "first", len(SPM) + 1, {"bos_token_id": 1, "eos_token_id": 2})
    assert (out.tokens, out.add_bos, out.space_in_front) == ([*SPM, f"[PAD{len(SPM)}]"], True, True)
    assert out.unk == 0
    assert out.types[3:-1] == list(SPM_TYPES)[3:]
    told = {"tokens": out.tokens, "token_type": array("i", out.types), "scores": array("f", out.scores)}
    write_tokenizer(sentencepiece(**told), 1000, Path("x.gguf"), tmp_path)
    first, again = (
        json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["merges"]
        for folder in (tmp_path / "first", tmp_path)
    )
    assert first == again


@pytest.mark.parametrize("change", [lambda merges: merges[:-1], lambda merges: merges[1:] + merges[:1]])
def test_merges_that_no_scores_tell_are_refused(tmp_path: Path, change: Any) -> None:
    write_tokenizer(sentencepiece(), 1000, Path("x.gguf"), tmp_path)
    file = tmp_path / "tokenizer.json"
    full = json.loads(file.read_text("utf-8"))
    made = ["".join(pair) for pair in full["model"]["merges"]]
    several = next(made.index(token) for token in made if made.count(token) > 1)
    full["model"]["merges"] = change(full["model"]["merges"][several:] + full["model"]["merges"][:several])
    file.write_text(json.dumps(full), "utf-8")
    with pytest.raises(StudioError, match="cannot be written into a GGUF"):
        read_vocabulary(tmp_path, 1000, {})


def test_a_space_is_put_in_front_only_where_the_file_does_not_forbid_it(tmp_path: Path) -> None:
    write_tokenizer(
        sentencepiece(add_space_prefix=False, add_bos_token=False), 1000, Path("x.gguf"), tmp_path
    )
    ours = load_tokenizer(tmp_path, 1000, 2)
    assert ours.prefix_ids == ()
    assert list(ours.encode("the").ids) == [SPM.index("the")]


def test_the_chat_template_is_not_kept(tmp_path: Path) -> None:
    told = byte_level("gpt-2")
    metadata = {**told.metadata, "tokenizer.chat_template": "{{ ''.__class__ }}"}
    _, notes = write_tokenizer(Header(3, metadata, {}), 500, Path("x.gguf"), tmp_path)
    assert any("chat template" in note for note in notes)
    assert not any("__class__" in path.read_text("utf-8") for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "told",
    [
        sentencepiece(scores=SPM_SCORES[:-1]),
        sentencepiece(scores=array("f", [float("nan")] * len(SPM))),
        sentencepiece(tokens=[*SPM[:-1], SPM[-2]]),
        sentencepiece(tokens=[*SPM[:-1], ""]),
        sentencepiece(tokens=7),
        sentencepiece(token_type=array("f", [1.0] * len(SPM))),
        byte_level("gpt-2", merges=["no such"]),
        byte_level("gpt-2", merges=["th"]),
        byte_level("gpt-2", merges=7),
    ],
)
def test_a_damaged_tokenizer_is_refused_in_one_sentence(tmp_path: Path, told: Header) -> None:
    with pytest.raises(StudioError, match=r"The tokenizer in “x\.gguf” is damaged"):
        write_tokenizer(told, 1000, Path("x.gguf"), tmp_path)
