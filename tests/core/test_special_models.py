"""GPT-2s with other vocabularies: BERT's, SentencePiece's, one without an end; they write, read and score."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from safetensors.torch import save_file

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer
from tests.core.loading import MakeFolder, refusal
from tests.core.tiny import TINY, config_json, random_weights

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = (*SPECIAL, *"你好世界，。狐狸a", "hello", "##ing", "2023", "!", "fox", "s", "##s")
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "sentencepiece"


def write(folder: Path, vocab_size: int, **changes: Any) -> Path:
    """A tiny GPT-2 of that vocabulary, without a tokenizer and without an end-of-text token."""
    folder.mkdir(exist_ok=True)
    config = replace(TINY, vocab_size=vocab_size)
    told = config_json(config, **changes)
    told = {key: value for key, value in told.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    save_file(random_weights(config), folder / "model.safetensors")
    return folder


def chinese(folder: Path) -> Path:
    """As people train GPT-2 on Chinese: BERT's vocab.txt, and a config.json that does not name an end."""
    write(folder, len(PIECES), eos_token_id=None)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return folder


def used(folder: Path, text: str) -> tuple[m.ModelInfo, str, list[m.ReadToken]]:
    """Load, write on, colour, score: the model, what it wrote, what it read."""
    engine = Engine()
    *_, loaded = engine.run(m.LoadModel(1, str(folder), "cpu"))
    assert isinstance(loaded, m.ModelLoaded), loaded
    *told, written = engine.run(m.Generate(2, text, (), (), 6, 1, stop_at_end_of_text=False))
    assert isinstance(written, m.GenerationFinished), written
    assert written.n_tokens == 6
    new = "".join(
        t.text for message in told if isinstance(message, m.TokensGenerated) for t in message.tokens
    )
    *told, last = engine.run(m.ReadText(3, text, ()))
    assert isinstance(last, m.ReadingFinished), last
    tokens = [t for message in told if isinstance(message, m.TextRead) for t in message.tokens]
    *_, scored = engine.run(m.ScoreText(4, text))
    assert isinstance(scored, m.TextScored), scored
    return loaded.model, new, tokens


def spelt(tokenizer: Tokenizer, ids: list[int]) -> str:
    return b"".join(map(tokenizer.token_bytes, ids)).decode("utf-8")


def test_a_chinese_vocabulary_of_berts_kind_reads_and_writes_without_spaces(tmp_path: Path) -> None:
    folder = chinese(tmp_path / "zh")
    tokenizer = load_tokenizer(folder, len(PIECES), None)
    text = "你好，世界。Hello狐2023!"
    encoded = tokenizer.encode(text)
    assert encoded.ids == [PIECES.index(p) for p in (*"你好，世界。", "hello", "狐", "2023", "!")]
    assert [encoded.start_of(k) for k in range(len(encoded.ids))] == [0, 1, 2, 3, 4, 5, 6, 11, 12, 16]
    assert spelt(tokenizer, encoded.ids) == "你好，世界。 hello狐2023!"
    assert spelt(tokenizer, tokenizer.encode("fox foxs helloing").ids) == " fox foxs helloing"
    assert tokenizer.prefix_ids == (PIECES.index("[CLS]"),)
    assert tokenizer.end_of_text_id == PIECES.index("[SEP]")
    info, _, tokens = used(folder, text)
    assert info.end_of_text_id == PIECES.index("[SEP]")
    assert [text[t.start : t.end] for t in tokens] == [*"你好，世界。", "Hello", "狐", "2023", "!"]


def test_the_end_is_the_real_token_only_where_it_was_put(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(chinese(tmp_path / "zh"), len(PIECES), None)
    end = PIECES.index("[SEP]")
    assert end not in tokenizer.encode(f"你{m.END_OF_TEXT}[SEP]").ids
    assert tokenizer.encode(f"你{m.END_OF_TEXT}好", (1,)).ids[1] == end
    assert tokenizer.token_bytes(end) == m.END_OF_TEXT.encode()


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_sentencepieces_own_file_is_read_as_its_library_reads_it(tmp_path: Path, kind: str) -> None:
    expected = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
    folder = write(tmp_path / "sp", 400, eos_token_id=None)
    (folder / "tokenizer.model").write_bytes((GOLDEN / f"{kind}.model").read_bytes())
    tokenizer = load_tokenizer(folder, 400, None)
    for text, ids in zip(expected["texts"], expected[kind], strict=True):
        assert tokenizer.encode(text).ids == ids, text
    assert tokenizer.end_of_text_id == 2  # </s>
    text = "the model sees"
    assert spelt(tokenizer, tokenizer.encode(text).ids) == f" {text}"
    _, _, tokens = used(folder, text)
    assert "".join(text[t.start : t.end] for t in tokens) == text


@pytest.mark.parametrize(
    ("name", "raw"),
    [("tokenizer.model", b"x" * 99), ("tokenizer.model", b""), ("spiece.model", b"\x0a\xff\xff\xff\xff\x0f"),
     ("vocab.txt", b"a\nb\n"), ("vocab.txt", b"\xff\xfe")],
)  # fmt: skip
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, name: str, raw: bytes) -> None:
    folder = write(tmp_path / "bad", 400)
    (folder / name).write_bytes(raw)
    assert name in refusal(folder).what_happened


def test_a_model_without_an_end_writes_on_for_ever(make_folder: MakeFolder) -> None:
    folder = make_folder(eos_token_id=None)
    vocab = json.loads((folder / "vocab.json").read_text("utf-8"))
    changed = {f"{key}?" if key == m.END_OF_TEXT else key: value for key, value in vocab.items()}
    (folder / "vocab.json").write_text(json.dumps(changed), encoding="utf-8")
    info, _, tokens = used(folder, f"Once upon{m.END_OF_TEXT} a time")
    assert info.end_of_text_id is None
    assert tokens[-1].end == len(f"Once upon{m.END_OF_TEXT} a time")


def test_a_chat_models_turns_end_with_the_real_token(make_folder: MakeFolder) -> None:
    """DialoGPT's way: turn, end of text, turn, end of text; the answer ends by itself."""
    engine = Engine()
    *_, loaded = engine.run(m.LoadModel(1, str(make_folder()), "cpu"))
    assert isinstance(loaded, m.ModelLoaded)
    text = f"Hello.{m.END_OF_TEXT}Hi!{m.END_OF_TEXT}"
    places = (6, 6 + len(m.END_OF_TEXT) + 3)
    *told, _ = engine.run(m.ReadText(2, text, places))
    tokens = [t for message in told if isinstance(message, m.TextRead) for t in message.tokens]
    assert [text[t.start : t.end] for t in tokens if t.token_id == 0] == [m.END_OF_TEXT] * 2


def test_other_contexts_than_1024_are_kept_to(tmp_path: Path) -> None:
    folder = chinese(tmp_path / "zh")
    engine = Engine()
    *_, loaded = engine.run(m.LoadModel(1, str(folder), "cpu"))
    assert cast("m.ModelLoaded", loaded).model.n_positions == 64
    *_, last = engine.run(m.Generate(2, "你好" * 100, (), (), 9, 1, stop_at_end_of_text=False))
    assert isinstance(last, m.GenerationFinished)
    assert last.n_tokens == 9
