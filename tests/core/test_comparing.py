"""Two models, or two settings, on one text: the figures are those of reading it twice."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from studio.core import messages as m
from studio.core.chain import Chain
from studio.core.compared import difference_bits, summarise
from studio.core.comparing import divergences
from studio.core.engine import Engine
from studio.core.errors import STOPPED
from studio.core.model import GPT2Config
from studio.core.processors import RepetitionPenalty, Temperature, TopK
from tests.core.tiny import RESOURCES, STARTER, TINY, config_json, random_weights

TEXT = "Once upon a time a little dog 🙂 ran to 春眠.\nThe end."
LONG = TEXT * 12
Make = Callable[..., Path]


def run(
    engine: Engine, text: str, path: Path | str = "", a: Chain = (), b: Chain = (), max_tokens: int = 8192
) -> tuple[list[m.ComparedStretch], m.ComparisonFinished | m.JobFailed]:
    stretches: list[m.ComparedStretch] = []
    fraction = 0.0
    for message in engine.run(m.CompareText(7, text, (), str(path), a, b, max_tokens=max_tokens)):
        match message:
            case m.TextCompared():
                stretches += message.stretches
            case m.Progress():
                assert fraction <= message.fraction <= 1
                fraction = message.fraction
            case m.ComparisonFinished() | m.JobFailed():
                return stretches, message
    raise AssertionError


def loaded(path: Path) -> Engine:
    engine = Engine()
    *_, last = engine.run(m.LoadModel(1, str(path), "cpu"))
    assert isinstance(last, m.ModelLoaded)
    return engine


def read(engine: Engine, text: str) -> Iterator[m.ReadToken]:
    for message in engine.run(m.ReadText(3, text, ())):
        if isinstance(message, m.TextRead):
            yield from message.tokens


@pytest.fixture
def tuned(make_folder: Make) -> Path:
    """The tiny model, a little further trained, as it were."""
    weights = random_weights(TINY)
    noise = random_weights(TINY, seed=1)
    return make_folder({name: w + 0.05 * noise[name] for name, w in weights.items()}, "tuned")


@pytest.mark.parametrize("text", [TEXT, LONG, "a", " ", "🙂"])
def test_two_models_have_the_numbers_each_has_alone(make_folder: Make, tuned: Path, text: str) -> None:
    base = make_folder()
    stretches, finished = run(loaded(base), text, tuned)
    assert isinstance(finished, m.ComparisonFinished)
    assert (finished.name_a, finished.name_b) == ("tiny", "tuned")
    assert finished.same_vocabulary
    assert not finished.same_weights
    assert finished.n_characters == len(text)
    assert "".join(text[s.start : s.end] for s in stretches) == text
    for side, folder in (("a", base), ("b", tuned)):
        alone = list(read(loaded(folder), text))
        assert math.fsum(getattr(s, f"logprob_{side}") for s in stretches) == pytest.approx(
            math.fsum(t.logprob for t in alone), rel=1e-4
        )
        ranks = {t.end: t.rank for t in alone if t.end > t.start}
        for stretch in stretches:
            if stretch.n_a == 1:
                assert getattr(stretch, f"rank_{side}") == ranks[stretch.end]
    assert any(s.n_a > 1 for s in stretches) == ("🙂" in text)
    assert all(s.kl > 0 and 0 < s.js <= math.log(2) * s.n_a for s in stretches)


def test_divergences_are_those_of_the_book() -> None:
    a, b = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.5, 0.25])
    kl, js = divergences(a.log(), b.log())
    assert kl == pytest.approx(0.5 * math.log(2))
    middle = (a + b) / 2
    expected = (a.xlogy(a / middle).sum() + b.xlogy(b / middle).sum()) / 2
    assert js == pytest.approx(float(expected))
    kl, js = divergences(b.log(), a.log())
    assert kl == math.inf
    assert js == pytest.approx(float(expected))
    assert divergences(a.log(), a.log()) == (0, 0)


def test_two_settings_are_compared_on_the_stored_logits(
    starter_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Once upon a time, there was a little fox. " * 3
    alone = list(read(starter_engine, text))
    model = starter_engine._loaded().model

    def refuse(*_: object) -> torch.Tensor:
        raise AssertionError("a forward pass")

    monkeypatch.setattr(model, "forward", refuse)
    monkeypatch.setattr(model, "forward_all", refuse)
    stretches, finished = run(starter_engine, text, "", (), (Temperature(0.5), TopK(3)))
    assert isinstance(finished, m.ComparisonFinished)
    assert finished.same_weights
    assert [s.logprob_a for s in stretches] == pytest.approx([t.logprob for t in alone], abs=2e-2)
    for stretch, token in zip(stretches, alone, strict=True):
        assert (stretch.logprob_b == -math.inf) == (token.rank > 3)
        assert stretch.kl == math.inf
        assert stretch.js <= math.log(2)
    assert any(s.logprob_b == -math.inf for s in stretches)
    figures = summarise(stretches, text)
    assert figures.perplexity_b == math.inf
    assert figures.impossible_b == sum(t.rank > 3 for t in alone)
    assert figures.agreement == 1  # neither stage changes the favourite


def test_a_chain_that_remembers_sees_what_stands_before(starter_engine: Engine) -> None:
    text = "The dog saw the dog and the dog"
    stretches, _ = run(starter_engine, text, "", (), (RepetitionPenalty(1.5),))
    assert difference_bits(stretches[-1]) < -1  # " dog" has been there before
    assert difference_bits(stretches[0]) == pytest.approx(0, abs=1e-3)


@pytest.fixture
def other_tokenizer(tmp_path: Path) -> Path:
    """A small random model with GPT-2's own vocabulary."""
    folder = tmp_path / "other"
    folder.mkdir()
    config = GPT2Config(vocab_size=50257, n_positions=32, n_embd=8, n_layer=1, n_head=2, n_inner=16)
    shutil.copy(RESOURCES / "gpt2-bpe" / "encoder.json", folder / "vocab.json")
    shutil.copy(RESOURCES / "gpt2-bpe" / "vocab.bpe", folder / "merges.txt")
    (folder / "config.json").write_text(json.dumps(config_json(config, eos_token_id=50256)), "utf-8")
    save_file(random_weights(config), folder / "model.safetensors")
    return folder


def test_other_tokenizers_are_compared_where_their_borders_meet(
    starter_engine: Engine, other_tokenizer: Path
) -> None:
    text = "Once upon a time, extraordinary 🙂 geraniums flourished on the periphery. 春眠不觉晓"
    stretches, finished = run(starter_engine, text, other_tokenizer)
    assert isinstance(finished, m.ComparisonFinished)
    assert not finished.same_vocabulary
    assert all(s.kl == s.js == -1 for s in stretches)
    assert any(s.n_a != s.n_b for s in stretches)
    assert "".join(text[s.start : s.end] for s in stretches) == text
    total = math.fsum(t.logprob for t in read(loaded(other_tokenizer), text))
    assert math.fsum(s.logprob_b for s in stretches) == pytest.approx(total, rel=1e-4)
    figures = summarise(stretches, text)
    assert math.isnan(figures.mean_kl)
    assert figures.n_tokens_a > figures.n_tokens_b
    assert figures.bits_per_byte_b == pytest.approx(-total / math.log(2) / len(text.encode()), rel=1e-4)


def test_only_so_many_tokens_are_compared_to_a_common_border(starter_engine: Engine, tuned: Path) -> None:
    stretches, finished = run(starter_engine, LONG, "", (), (Temperature(2.0),), max_tokens=20)
    assert isinstance(finished, m.ComparisonFinished)
    assert sum(s.n_a for s in stretches) <= 20
    assert stretches[-1].end == finished.n_characters < len(LONG)


@pytest.mark.parametrize(
    ("text", "path", "sentence"),
    [
        ("", "tuned", "There is no text to compare."),
        (TEXT, "", "Both sides are the same model with the same settings."),
        (TEXT, "self", "Both sides are the same model with the same settings."),
        (TEXT, "nowhere", "There is no folder"),
        (TEXT, "empty", "“empty” is not a model: it holds no config.json."),
        (TEXT, "broken", "is damaged or cut short."),
    ],
)
def test_what_cannot_be_compared_is_said_and_the_model_stays(
    starter_engine: Engine, tuned: Path, text: str, path: str, sentence: str
) -> None:
    parent = tuned.parent
    (parent / "empty").mkdir()
    shutil.copytree(tuned, parent / "broken")
    (parent / "broken" / "model.safetensors").write_bytes(b"\xff" * 100)
    where = "" if path == "" else STARTER if path == "self" else parent / path
    n_threads = torch.get_num_threads()
    stretches, failed = run(starter_engine, text, where)
    assert isinstance(failed, m.JobFailed)
    assert stretches == []
    assert failed.report == ""
    assert sentence in failed.what_happened
    assert torch.get_num_threads() == n_threads
    assert list(read(starter_engine, TEXT))


def test_a_comparison_can_be_stopped_at_any_time(starter_engine: Engine, tuned: Path) -> None:
    for n in (1, 3, 6):
        left = [n]

        def cancelled(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] < 0

        request = m.CompareText(7, LONG * 4, (), str(tuned), (Temperature(0.7),), ())
        *_, last = starter_engine.run(request, cancelled)
        assert isinstance(last, m.JobFailed)
        assert last.templates == STOPPED


def test_a_model_that_does_not_fit_beside_the_first_is_refused_with_what_is_missing(
    starter_engine: Engine, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.core.hardware.available_memory_bytes", lambda: 1000)
    _, failed = run(starter_engine, TEXT, tuned)
    assert isinstance(failed, m.JobFailed)
    assert "GB" in failed.what_happened


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells")
def test_the_second_model_is_freed(starter_engine: Engine, make_folder: Make) -> None:
    big = GPT2Config(vocab_size=4096, n_positions=64, n_embd=768, n_layer=6, n_head=12, n_inner=3072)
    changes = {name: getattr(big, name) for name in ("n_embd", "n_layer", "n_head", "n_inner")}
    folder = make_folder(random_weights(big, std=0.02), "big", **changes)
    run(starter_engine, TEXT, folder)
    before = resident_bytes()
    for _ in range(3):
        _, finished = run(starter_engine, TEXT, folder)
        assert isinstance(finished, m.ComparisonFinished)
    assert resident_bytes() - before < big.memory_bytes  # kept, three of them would be there
