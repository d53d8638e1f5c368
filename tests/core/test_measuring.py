"""What is measured of a model, and what it leaves behind: nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from studio import paths
from studio.core import messages as m
from studio.core import performance
from studio.core.engine import Engine
from studio.core.generate import generate
from studio.core.hardware import THREADS_VARIABLE, choose_threads, one_thread
from studio.core.model import never
from studio.core.parameters import Stage
from studio.core.processors import TopK
from studio.core.running import Pure
from studio.core.seeded_model import CONFIG, write_seeded
from tests.core.tiny import STARTER


@pytest.fixture(autouse=True)
def _small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "READ_BYTES", 1 << 20)


def loaded(precision: str = "float32", backend: str = "auto") -> Engine:
    engine = Engine()
    *_, last = engine.run(m.LoadModel(1, str(STARTER), "cpu", precision, backend))
    assert isinstance(last, m.ModelLoaded)
    return engine


@pytest.mark.parametrize(("precision", "backend"), [("float32", "torch"), ("int8", "auto")])
def test_every_quantity_is_measured_in_order(precision: str, backend: str) -> None:
    messages = list(loaded(precision, backend).run(m.MeasurePerformance(7, quick=True)))
    *progress, measured = messages
    fractions = [message.fraction for message in progress if isinstance(message, m.Progress)]
    assert len(fractions) == len(progress) > 5
    assert fractions == sorted(fractions)
    assert isinstance(measured, m.PerformanceMeasured)
    assert measured.job_id == 7
    assert all(figure.value > 0 for figure in measured.figures)
    by_quantity = {q: [f.size for f in measured.figures if f.quantity == q] for q in m.Quantity}
    assert by_quantity[m.Quantity.DECODE] == [64, 504]  # the window holds 512, of which 8 are written
    assert by_quantity[m.Quantity.PREFILL] == [128, 512]
    assert by_quantity[m.Quantity.BATCH] == [1, 4, 8]
    for quantity in ("bandwidth", "first_token", "sampling", "load"):
        assert len(by_quantity[m.Quantity(quantity)]) == 1
    order = list(m.Quantity)
    assert measured.figures == tuple(
        sorted(measured.figures, key=lambda f: (order.index(f.quantity), f.size))
    )
    assert all(
        (figure.share_of_bandwidth > 0) == (figure.quantity == m.Quantity.DECODE)
        for figure in measured.figures
    )


def test_a_measurement_is_stopped_at_once_and_the_model_writes_as_before() -> None:
    engine = loaded()
    wanted = m.Generate(2, "Once upon a time", (), (), 12, seed=3)

    def text() -> str:
        return "".join(
            token.text for x in engine.run(wanted) if isinstance(x, m.TokensGenerated) for token in x.tokens
        )

    before = text()
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 30

    *_, last = engine.run(m.MeasurePerformance(3), cancelled)
    assert isinstance(last, m.JobFailed)
    assert not last.report
    assert asked < 40
    assert text() == before
    *_, last = engine.run(m.MeasurePerformance(3))
    assert isinstance(last, m.PerformanceMeasured)
    assert text() == before


def test_what_was_read_before_a_measurement_need_not_be_read_again() -> None:
    engine = loaded()
    prompt = "Once upon a time there was a little dog who lived near the sea. " * 3
    wanted = m.Generate(2, prompt, (), (), 1, seed=3)
    list(engine.run(wanted))
    list(engine.run(m.MeasurePerformance(3)))
    started = next(x for x in engine.run(wanted) if isinstance(x, m.GenerationStarted))
    assert started.n_reused_tokens >= started.n_context_tokens - 1


def test_without_a_model_nothing_is_measured() -> None:
    for request in (m.MeasurePerformance(1), m.TellUsage(1)):
        (answer,) = Engine().run(request)
        assert isinstance(answer, m.JobFailed)
        assert answer.what_happened == "No model is loaded."


def test_usage_counts_what_each_precision_takes_and_what_is_remembered() -> None:
    usages = {}
    for precision, backend in (("float32", "torch"), ("float32", "auto"), ("int8", "auto")):
        engine = loaded(precision, backend)
        list(engine.run(m.Generate(2, "Once upon a time", (), (), 5, seed=3)))
        (usage,) = engine.run(m.TellUsage(3))
        assert isinstance(usage, m.UsageTold)
        usages[precision, backend] = usage
        assert (usage.n_kept_logits, usage.kept_bytes) == (5, 0)
        assert usage.logit_bytes > 5 * 4096 * 3
        assert usage.instructions
    torch_bytes, float_bytes, int8_bytes = (usage.weight_bytes for usage in usages.values())
    assert torch_bytes == pytest.approx(float_bytes, rel=0.05)
    if usages["int8", "auto"].cache_bytes != usages["float32", "auto"].cache_bytes:  # there are kernels
        assert int8_bytes < 0.3 * float_bytes
    process = usages["float32", "torch"].process_bytes
    assert process == 0 or process > torch_bytes


def test_a_token_reads_all_weights_but_the_positions_and_the_cache_so_far() -> None:
    engine = loaded("float32", "torch")
    checkpoint = engine._loaded()
    info = checkpoint.info
    nothing = performance.bytes_per_token(checkpoint, 0)
    assert nothing == 4 * (info.n_parameters - info.n_positions * info.n_embd)
    assert performance.bytes_per_token(checkpoint, 10) - nothing == 10 * 2 * 4 * info.n_layer * info.n_embd


def test_the_number_of_threads_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, "3")
    assert choose_threads(10**6) == choose_threads(10**9) == 3
    for nonsense in ("", "0", "-1", "many", "1000"):
        monkeypatch.setenv(THREADS_VARIABLE, nonsense)
        assert choose_threads(10**6) == 1


def test_a_seeded_model_is_gpt2_in_its_smallest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIG, "n_layer", 1)  # 12 take 0.5 GB
    vocabulary = (paths.resource("gpt2-bpe", name) for name in ("encoder.json", "vocab.bpe"))
    folder = write_seeded(tmp_path / "random", 0, *vocabulary)
    assert json.loads((folder / "config.json").read_text("utf-8"))["n_embd"] == 768
    engine = Engine()
    *_, last = engine.run(m.LoadModel(1, str(folder), "cpu"))
    assert isinstance(last, m.ModelLoaded)
    assert (last.model.vocab_size, last.model.n_positions, last.model.n_head) == (50257, 1024, 12)
    logits = engine._loaded().model.forward(torch.tensor([464, 3290]))
    assert logits.isfinite().all()


def test_what_follows_a_pass_is_done_by_one_thread_and_then_all_are_there_again() -> None:
    model = loaded()._loaded()
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = []
    try:
        wanted = m.Generate(2, "Once upon a time", (), (_Spy(),), 4, seed=3)
        for event in generate(model.model, model.tokenizer, wanted, never):
            if isinstance(event, m.Token):
                seen.append(torch.get_num_threads())
        assert _Spy.seen == [1, 1, 1, 1]
        assert seen == [2, 2, 2, 2]
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(n_threads)


@dataclass(frozen=True)
class _Spy(Pure):
    """A stage that changes nothing and notes how many threads torch has."""

    stage: ClassVar[Stage] = TopK.stage
    seen: ClassVar[list[int]] = []

    def __call__(self, ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        self.seen.append(torch.get_num_threads())
        return logits
