"""Token ids, offsets and bytes: equal to Hugging Face's, for any text, at any length, without a network."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import StudioError
from studio.core.messages import END_OF_TEXT
from studio.core.other_tokenizer import HuggingFaceTokenizer, load_tokenizer
from studio.core.tokenizer import (
    BytePairTokenizer,
    Chunk,
    IncrementalDecoder,
    Tokenizer,
    clean_text,
    cut,
)
from tests.core.tiny import RESOURCES, STARTER

# What BPE finds hard: white space of all kinds, contractions, half characters, marks, joined emoji.
PIECES = st.sampled_from([
    "\n", "\n\n", " ", "  ", "\t", "\r\n", "\u00a0", "\u2028", "\u2029", "\x1c", "\x1f", "\x85", "\u3000",
    "\x00", "'s", "'ll", "'", "’s", "word", " the", "The", "a", "1", "12", "…", "-", "...", "<|endoftext|>",
    "<|", "é", "e\u0301", "\u0301", "ß", "İ", "春眠", "中", "🙂", "👩‍👩‍👧",
    "🇫🇷", "שלום", "مرحبا", "\ufeff", "\ufffd",
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join).map(clean_text)
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "gpt2_tokens.json"


@pytest.fixture(scope="module")
def reference() -> tokenizers.Tokenizer:
    """The starter's tokenizer as Hugging Face reads it; special tokens in a text are text."""
    backend = tokenizers.Tokenizer.from_file(str(STARTER / "tokenizer.json"))
    backend.encode_special_tokens = True
    return backend


@pytest.fixture(scope="module")
def gpt2_reference() -> tokenizers.Tokenizer:
    files = RESOURCES / "gpt2-bpe"
    model = tokenizers.models.BPE.from_file(str(files / "encoder.json"), str(files / "vocab.bpe"))
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return backend


def assert_same(tokenizer: Tokenizer, reference: tokenizers.Tokenizer, text: str) -> None:
    expected = reference.encode(text, add_special_tokens=False)
    encoded = tokenizer.encode(text)
    assert encoded.ids == expected.ids
    assert len(encoded) == len(expected.ids)
    assert [encoded.start_of(k) for k in range(len(encoded))] == [begin for begin, _ in expected.offsets]
    assert encoded.start_of(len(encoded)) == len(text)


@given(text=TEXTS)
def test_tokens_and_offsets_are_hugging_faces(
    starter_tokenizer: Tokenizer, reference: tokenizers.Tokenizer, text: str
) -> None:
    assert_same(starter_tokenizer, reference, text)


@given(text=TEXTS)
def test_gpt2s_own_vocabulary_gives_hugging_faces_tokens(
    gpt2_tokenizer: Tokenizer, gpt2_reference: tokenizers.Tokenizer, text: str
) -> None:
    assert gpt2_tokenizer.encode(text).ids == gpt2_reference.encode(text).ids


def test_every_word_of_the_vocabulary_is_split_as_the_merges_say(
    gpt2_tokenizer: Tokenizer, gpt2_reference: tokenizers.Tokenizer
) -> None:
    words = (gpt2_tokenizer.display(token_id) for token_id in range(50256))
    pairs = zip(words, random.Random(0).sample(range(50256), 50256), strict=True)
    text = "\n".join(word + gpt2_tokenizer.display(other) for word, other in pairs)
    assert gpt2_tokenizer.encode(text).ids == gpt2_reference.encode(text).ids


def test_prose_of_the_project_is_split_like_hugging_face(
    starter_tokenizer: Tokenizer, reference: tokenizers.Tokenizer
) -> None:
    sources = sorted(RESOURCES.parent.joinpath("studio").rglob("*.py"))
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert len(text) > 50_000
    encoded = starter_tokenizer.encode(text)
    assert encoded.ids == reference.encode(text).ids


@given(text=TEXTS)
def test_the_tokens_bytes_are_the_text(starter_tokenizer: Tokenizer, text: str) -> None:
    raw = b"".join(map(starter_tokenizer.token_bytes, starter_tokenizer.encode(text).ids))
    assert raw == text.encode("utf-8")


@given(text=TEXTS)
def test_chunks_join_to_the_text_and_to_its_tokens(starter_tokenizer: Tokenizer, text: str) -> None:
    assert isinstance(starter_tokenizer, BytePairTokenizer)
    assert "".join(cut(text)) == text
    whole = starter_tokenizer._bpe.encode_ordinary(text)
    assert starter_tokenizer.encode(text).ids == whole


@given(text=TEXTS.filter(bool) | st.text("\n\n \ta", min_size=1), times=st.integers(1, 5))
def test_long_lines_are_cut_without_changing_a_token(
    gpt2_tokenizer: Tokenizer, text: str, times: int
) -> None:
    assert isinstance(gpt2_tokenizer, BytePairTokenizer)
    long = text * times
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.core.tokenizer._LONG_CHUNK", 3)
        parts = list(cut(long))
    assert "".join(parts) == long
    ids = [token for part in parts for token in gpt2_tokenizer._bpe.encode_ordinary(part)]
    assert ids == gpt2_tokenizer._bpe.encode_ordinary(long)


def test_golden_ids_and_offsets_of_gpt2(gpt2_tokenizer: Tokenizer) -> None:
    for case in json.loads(GOLDEN.read_text(encoding="utf-8")):
        encoded = gpt2_tokenizer.encode(case["text"])
        assert encoded.ids == case["ids"], case["text"]
        assert [encoded.start_of(k) for k in range(len(encoded))] == case["starts"], case["text"]


def test_an_edit_encodes_only_the_changed_line(starter_tokenizer: Tokenizer) -> None:
    lines = [f"Line {n} of a long text." for n in range(2000)]
    before = starter_tokenizer.encode("\n".join(lines))
    lines[1000] += " It changed."
    after = starter_tokenizer.encode("\n".join(lines))
    same = {id(chunk) for chunk in before.chunks} & {id(chunk) for chunk in after.chunks}
    assert len(same) == len(before.chunks) - 1 == len(after.chunks) - 1


def test_the_cache_forgets_the_oldest_and_stays_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.core.tokenizer._CACHED_CHARACTERS", 100)
    tokenizer = load_tokenizer(STARTER, 4096, 0)
    assert isinstance(tokenizer, BytePairTokenizer)
    text = "\n".join(f"word {n % 7}" for n in range(100))
    first = tokenizer.encode(text).ids
    assert sum(map(len, tokenizer._cache)) == tokenizer._cached_characters <= 100
    assert tokenizer.encode(text).ids == first


@pytest.mark.parametrize("n", [0, 1, 5, 1000])
def test_tail_is_the_end_of_the_tokens(starter_tokenizer: Tokenizer, n: int) -> None:
    encoded = starter_tokenizer.encode("One two.\nThree four.\nFive six.")
    assert encoded.tail(n) == (encoded.ids[-n:] if n else [])


def test_offsets_outside_the_text_are_errors(starter_tokenizer: Tokenizer) -> None:
    encoded = starter_tokenizer.encode("Hello.")
    with pytest.raises(IndexError):
        encoded.start_of(len(encoded) + 1)
    with pytest.raises(IndexError):
        encoded.start_of(-1)


def test_typed_end_of_text_is_text_except_where_it_was_inserted(starter_tokenizer: Tokenizer) -> None:
    text = f"a{END_OF_TEXT}b{END_OF_TEXT}"
    plain = starter_tokenizer.encode(text).ids
    assert 0 not in plain
    encoded = starter_tokenizer.encode(text, (1 + len(END_OF_TEXT) + 1,))
    assert encoded.ids == [*starter_tokenizer.encode(f"a{END_OF_TEXT}b").ids, 0]
    assert encoded.start_of(len(encoded) - 1) == len(text) - len(END_OF_TEXT)
    assert starter_tokenizer.encode(text, (1, 0, 3, 99)).ids.count(0) == 1


def test_text_between_two_real_ends_of_text_keeps_its_offsets(starter_tokenizer: Tokenizer) -> None:
    text = f"{END_OF_TEXT}é{END_OF_TEXT}{END_OF_TEXT}x"
    n = len(END_OF_TEXT)
    encoded = starter_tokenizer.encode(text, (0, n + 1, 2 * n + 1))
    starts = [encoded.start_of(k) for k in range(len(encoded))]
    assert encoded.ids.count(0) == 3
    assert starts[0] == 0
    assert starts[-1] == 3 * n + 1


def test_a_token_inside_a_character_begins_at_that_character(starter_tokenizer: Tokenizer) -> None:
    encoded = starter_tokenizer.encode("ab🙂")
    assert len(encoded) > 3
    inside = [
        k for k in range(len(encoded)) if starter_tokenizer.token_bytes(encoded.ids[k])[0] & 0xC0 == 0x80
    ]
    assert inside
    assert {encoded.start_of(k) for k in inside} == {2}


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "^" * 1_000_000,
        " " * 1_000_000,
        " " * 1_000_000 + "x",
        "\n\t" * 300_000 + "x",
        "\n" * 300_000,
        "e" + "\u0301" * 150_000,
        "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=300_000)),
        "春眠不觉晓" * 60_000,
        "🙂" * 50_000,
    ],
    ids=["a", "^", "spaces", "spaces x", "tabs", "newlines", "marks", "no space", "chinese", "emoji"],
)
def test_monstrous_texts_are_encoded_quickly(starter_tokenizer: Tokenizer, text: str) -> None:
    started = time.process_time()
    encoded = starter_tokenizer.encode(text)
    assert encoded.start_of(len(encoded) - 1) < len(text)
    assert b"".join(map(starter_tokenizer.token_bytes, encoded.ids)) == text.encode("utf-8")
    assert time.process_time() - started < 4  # measured: under 0.7 s, on a machine of its own


def test_lone_surrogates_become_replacement_characters_one_for_one(starter_tokenizer: Tokenizer) -> None:
    assert clean_text("a\ud83db\udc00\x00") == "a\ufffdb\ufffd\x00"
    assert starter_tokenizer.encode("a\ud83db").ids == starter_tokenizer.encode("a\ufffdb").ids


@given(text=st.text(), cuts=st.lists(st.integers(0, 200)))
def test_bytes_in_any_pieces_decode_to_the_text(text: str, cuts: list[int]) -> None:
    raw = clean_text(text).encode("utf-8")
    borders = sorted({0, len(raw), *(c for c in cuts if c < len(raw))})
    decoder = IncrementalDecoder()
    pieces = [decoder.feed(raw[a:b]) for a, b in pairwise(borders)]
    assert "".join(pieces) == clean_text(text)


@given(raw=st.binary(max_size=30))
def test_broken_bytes_decode_as_python_would_except_an_unfinished_end(raw: bytes) -> None:
    decoder = IncrementalDecoder()
    text = "".join(decoder.feed(bytes([byte])) for byte in raw)
    whole = raw.decode("utf-8", errors="replace")
    assert whole.startswith(text)
    assert set(whole[len(text) :]) <= {"\ufffd"}
    assert len(whole) - len(text) <= 1


def test_half_a_character_shows_nothing_until_it_is_whole_or_hopeless() -> None:
    decoder = IncrementalDecoder()
    assert [decoder.feed(bytes([byte])) for byte in "🙂".encode()] == ["", "", "", "🙂"]
    assert decoder.feed(b"\xf0\x9f") == ""
    assert decoder.feed(b"a") == "\ufffda"
    assert decoder.feed(b"\xe6") == ""
    decoder.reset()
    assert decoder.feed(b"a") == "a"


def test_a_token_alone_reads_as_text(starter_tokenizer: Tokenizer) -> None:
    assert starter_tokenizer.display(0) == END_OF_TEXT
    assert starter_tokenizer.display(999_999) == ""
    half = starter_tokenizer.encode("🙂").ids[0]
    assert starter_tokenizer.display(half) == "\ufffd"
    assert starter_tokenizer.max_token_bytes == max(
        len(starter_tokenizer.token_bytes(i)) for i in range(4096)
    )


@given(text=TEXTS)
def test_the_other_tokenizer_agrees_with_ours(starter_tokenizer: Tokenizer, text: str) -> None:
    other = other_tokenizer()
    a, b = starter_tokenizer.encode(text), other.encode(text)
    assert a.ids == b.ids
    assert [a.start_of(k) for k in range(len(a))] == [b.start_of(k) for k in range(len(b))]
    assert list(map(other.token_bytes, b.ids)) == list(map(starter_tokenizer.token_bytes, a.ids))


def other_tokenizer() -> HuggingFaceTokenizer:
    return HuggingFaceTokenizer(tokenizers.Tokenizer.from_file(str(STARTER / "tokenizer.json")), 0)


def test_the_other_tokenizer_takes_end_of_text_only_where_it_was_inserted() -> None:
    other = other_tokenizer()
    assert 0 not in other.encode(f"a{END_OF_TEXT}").ids
    assert other.encode(f"a{END_OF_TEXT}", (1,)).ids[-1] == 0
    assert other.display(0) == END_OF_TEXT
    assert isinstance(other.encode("x").chunks[0], Chunk)


def test_sentencepiece_vocabularies_give_their_bytes_and_their_prefix(tmp_path: Path) -> None:
    vocab = {"<unk>": 0, "<s>": 1, "<0x0A>": 2, "▁": 3, "a": 4, "▁a": 5, "<|endoftext|>": 6}
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab, [("▁", "a")], unk_token="<unk>", byte_fallback=True)
    )
    backend.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    )
    backend.add_special_tokens(["<unk>", "<s>", "<|endoftext|>"])
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = load_tokenizer(tmp_path, 7, None)
    assert tokenizer.prefix_ids == (1,)
    assert tokenizer.end_of_text_id == 6
    ids = tokenizer.encode("a a").ids
    assert b"".join(map(tokenizer.token_bytes, ids)) == b" a a"
    assert tokenizer.token_bytes(2) == b"\n"


def copied(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes((STARTER / name).read_bytes())
    return folder


def test_vocab_and_merges_are_enough(tmp_path: Path, starter_tokenizer: Tokenizer) -> None:
    tokenizer = load_tokenizer(copied(tmp_path, "vocab.json", "merges.txt"), 4096, None)
    assert isinstance(tokenizer, BytePairTokenizer)
    assert tokenizer.end_of_text_id == 0
    assert tokenizer.encode("Hello there.").ids == starter_tokenizer.encode("Hello there.").ids


def test_a_vocabulary_out_of_order_is_left_to_hugging_face(tmp_path: Path) -> None:
    copied(tmp_path, "tokenizer.json", "merges.txt")
    vocab = json.loads((STARTER / "vocab.json").read_text(encoding="utf-8"))
    a, b = [token for token, token_id in vocab.items() if token_id in {3000, 3001}]
    vocab[a], vocab[b] = vocab[b], vocab[a]
    (tmp_path / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    assert isinstance(load_tokenizer(tmp_path, 4096, 0), HuggingFaceTokenizer)


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="tokenizer"):
        load_tokenizer(tmp_path, 4096, 0)


def test_a_tokenizer_larger_than_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="4095"):
        load_tokenizer(copied(tmp_path, "vocab.json", "merges.txt"), 4095, 0)
    (tmp_path / "vocab.json").unlink()
    with pytest.raises(StudioError, match="4095"):
        load_tokenizer(copied(tmp_path, "tokenizer.json"), 4095, 0)


@pytest.mark.parametrize("name", ["vocab.json", "tokenizer.json", "merges.txt"])
def test_damaged_tokenizer_files_are_refused(tmp_path: Path, name: str) -> None:
    copied(tmp_path, "vocab.json", "merges.txt", "tokenizer.json")
    (tmp_path / name).write_bytes(b"\xff\xfe{")
    with pytest.raises(StudioError):
        load_tokenizer(tmp_path, 4096, 0)


def test_no_socket_is_ever_opened() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): raise RuntimeError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from pathlib import Path\n"
        "from studio.core.other_tokenizer import load_tokenizer\n"
        "print(len(load_tokenizer(Path(sys.argv[1]), 4096, 0).encode('Once upon a time')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(STARTER)], cwd=RESOURCES.parent, capture_output=True, text=True
    )
    assert run.stdout.strip() == "4", run.stderr
