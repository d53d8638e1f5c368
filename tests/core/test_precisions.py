"""What a precision costs, what is remembered of it, and which one is taken by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.environment import Environment
from studio.core.errors import STOPPED
from studio.core.measuring import Differences
from studio.core.precisions import NAMES, UNMEASURED, Known, choose
from studio.core.reproducing import Origin, differences
from studio.core.serve import Mailbox, answer
from studio.kernels.library import kernels
from studio.paths import resource
from tests.core.tiny import STARTER, TINY, random_weights

Make = Callable[..., Path]
TEXT = "Once upon a time there was a fox. It was sad, and it had no friend in the wood."

needs_kernels = pytest.mark.skipif(kernels() is None, reason="there are no compiled kernels")


def figures(precision: str, speed: float, kl: float) -> m.PrecisionFigures:
    return m.PrecisionFigures(precision, 1000, speed, 100, kl, kl, 1.0, 0.0, 1.0)


def known(**speeds_and_kl: tuple[float, float]) -> dict[str, m.PrecisionFigures]:
    return {name: figures(name, *pair) for name, pair in speeds_and_kl.items()}


def loaded(
    path: Path,
    precision: str = "float32",
    backend: str = "auto",
    measured: tuple[tuple[str, str], ...] = (),
) -> tuple[Engine, m.ModelInfo]:
    engine = Engine()
    *_, last = engine.run(m.LoadModel(1, str(path), "cpu", precision, backend, measured))
    assert isinstance(last, m.ModelLoaded)
    return engine, last.model


def measured(engine: Engine, text: str, *names: str) -> dict[str, m.PrecisionFigures]:
    found, fraction = {}, 0.0
    for message in engine.run(m.MeasurePrecisions(5, text, (), names)):
        match message:
            case m.Progress():
                assert fraction <= message.fraction <= 1
                fraction = message.fraction
            case m.PrecisionMeasured():
                found[message.figures.precision] = message.figures
            case m.PrecisionsMeasured():
                return found
            case _:
                raise AssertionError(message)
    raise AssertionError


def refusal(engine: Engine, text: str) -> str:
    *_, last = engine.run(m.MeasurePrecisions(5, text, (), NAMES))
    assert isinstance(last, m.JobFailed)
    assert not last.report
    return last.what_happened


# -- the choice ----------------------------------------------------------------------------------------------


def test_the_fastest_that_is_near_enough_to_float32_is_taken() -> None:
    good = known(float32=(36, 0), bfloat16=(60, 1e-4), float16=(58, 5e-6), int8=(110, 9e-4), int4=(150, 0.03))
    assert choose(good) == "int8"
    assert (
        choose(good | known(int8=(110, 1.1e-3))) == "float16"
    )  # nearly as fast as bfloat16, nearer to float32
    assert choose(good | known(int8=(40, 9e-4), float16=(40, 5e-6))) == "bfloat16"
    assert choose(good | known(int8=(1, 1), bfloat16=(1, 1), float16=(1, 1))) == "float32"


def test_what_is_not_wholly_measured_stays_at_sixteen_bits() -> None:
    assert choose({}) == UNMEASURED
    assert choose(known(float32=(90, 0), int8=(10, 0.1))) == UNMEASURED


@needs_kernels
def test_automatic_is_what_was_measured_for_these_weights_and_for_no_others(make_folder: Make) -> None:
    folder = make_folder()
    _, info = loaded(folder, precision="auto")
    assert (info.dtype, info.backend) == (UNMEASURED, "compiled")
    _, chosen = loaded(folder, precision="auto", measured=(("0" * 64, "int4"), (info.sha256, "int8")))
    assert chosen.dtype == "int8"
    _, torchs = loaded(folder, precision="auto", backend="torch", measured=((info.sha256, "int8"),))
    assert (torchs.dtype, torchs.backend) == ("float32", "studio")


# -- measuring -----------------------------------------------------------------------------------------------


@needs_kernels
def test_fewer_bits_take_less_memory_and_are_farther_from_float32() -> None:
    engine, _ = loaded(STARTER)
    found = measured(engine, resource("check", "text.txt").read_text("utf-8"), *NAMES)
    assert tuple(found) == NAMES
    assert found["float32"].mean_kl == found["float32"].mean_difference == 0.0
    assert found["float32"].agreement == found["float32"].top_50 == 1.0
    kl = [found[name].mean_kl for name in ("float32", "float16", "bfloat16", "int8", "int4")]
    assert kl == sorted(kl)
    assert kl[1] < 5e-6 < kl[2] < 1e-3
    sizes = [found[name].n_bytes for name in ("float32", "float16", "int8", "int4")]
    assert sizes == sorted(sizes, reverse=True)
    assert found["int4"].agreement < 1
    assert all(f.tokens_per_s > 0 and f.n_tokens > 100 and f.max_kl >= f.mean_kl for f in found.values())


@needs_kernels
def test_the_figures_do_not_depend_on_what_is_loaded_and_leave_it_as_it_is() -> None:
    engine, info = loaded(STARTER, precision="int4")
    request = m.Generate(2, TEXT, (), (), 8, 1)
    before = [x.tokens for x in engine.run(request) if isinstance(x, m.TokensGenerated)]
    n_threads = torch.get_num_threads()
    mine = measured(engine, TEXT, "int8")["int8"]
    others = measured(loaded(STARTER)[0], TEXT, "int8")["int8"]
    assert tuple(measured(engine, TEXT, "int8")) == ("int8",)
    assert (mine.mean_kl, mine.agreement) == (others.mean_kl, others.agreement)
    assert torch.get_num_threads() == n_threads
    assert [x.tokens for x in engine.run(request) if isinstance(x, m.TokensGenerated)] == before
    assert info.dtype == "int4"


def test_the_differences_are_those_of_the_book() -> None:
    reference = torch.tensor([0.5, 0.25, 0.25, 0.0]).log()
    other = torch.tensor([0.25, 0.5, 0.25, 0.0]).log()
    counted = Differences()
    counted.add(reference, reference)
    counted.add(reference, other)
    found = counted.figures("int8", 1, 2.0)
    kl = 0.5 * math.log(2) + 0.25 * math.log(0.5)
    assert found.mean_kl == pytest.approx(kl / 2)
    assert found.max_kl == pytest.approx(kl)
    assert found.agreement == 0.5
    assert found.mean_difference == pytest.approx(2 * math.log(2) / 6)
    assert found.top_50 == 1.0
    broken = Differences()
    broken.add(reference, torch.full((4,), math.nan))
    assert broken.figures("int8", 1, 2.0).mean_kl >= 1e9


@needs_kernels
def test_what_cannot_be_measured_is_said(make_folder: Make) -> None:
    folder = make_folder()
    engine, _ = loaded(folder)
    assert refusal(engine, "") == "There is no text to measure on."
    save_file(random_weights(TINY, seed=9), folder / "model.safetensors")
    assert refusal(engine, TEXT) == "The model's files have changed since it was loaded."
    assert (
        refusal(loaded(folder, backend="torch")[0], TEXT) == "This model is computed in one precision only."
    )
    assert refusal(Engine(), TEXT) == "No model is loaded."


@needs_kernels
@pytest.mark.parametrize("after", [0, 3, 40, 70])
def test_measuring_can_be_stopped_at_any_time(after: int) -> None:
    engine, _ = loaded(STARTER)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    *_, last = engine.run(m.MeasurePrecisions(5, TEXT, (), NAMES), cancelled)
    assert isinstance(last, m.JobFailed)
    assert last.templates == STOPPED
    assert measured(engine, TEXT, "float16")["float16"].agreement == 1.0


@pytest.mark.parametrize("gives_way", [True, False])
def test_what_nobody_asked_for_ends_as_soon_as_anything_is_asked(gives_way: bool) -> None:
    seen: list[bool] = []
    mailbox = Mailbox()

    class Busy(Engine):
        def run(self, request: m.Request, cancelled: Callable[[], bool] = bool) -> Iterator[m.Message]:
            if isinstance(request, m.MeasurePrecisions):
                seen.append(cancelled())
                mailbox.put(m.MeasureContext(2, "x", (), 1))
                seen.append(cancelled())
                mailbox.close()
            yield m.Progress(request.job_id, 1.0)

    mailbox.put(m.MeasurePrecisions(1, TEXT, (), NAMES, gives_way))
    answer(Busy(), mailbox, lambda _: None)
    assert seen == [False, gives_way]


# -- two precisions of one model -----------------------------------------------------------------------------


@needs_kernels
def test_a_model_is_compared_with_itself_in_another_precision() -> None:
    engine, _ = loaded(STARTER)
    *_, last = engine.run(m.CompareText(3, TEXT, (), "", (), (), precision="int4"))
    assert isinstance(last, m.ComparisonFinished)
    assert (last.precision_a, last.precision_b) == ("float32", "int4")
    assert last.same_weights
    assert last.same_vocabulary
    stretches = [
        s
        for x in engine.run(m.CompareText(3, TEXT, (), "", (), (), precision="int4"))
        if isinstance(x, m.TextCompared)
        for s in x.stretches
    ]
    mean = math.fsum(s.kl for s in stretches) / sum(s.n_a for s in stretches)
    assert mean == pytest.approx(measured(engine, TEXT, "int4")["int4"].mean_kl, rel=0.05)
    *_, same = engine.run(m.CompareText(3, TEXT, (), "", (), (), precision="float32"))
    assert isinstance(same, m.JobFailed)


@needs_kernels
def test_a_second_run_in_another_precision_names_it() -> None:
    origins = []
    for precision in ("int8", "float32"):
        _, info = loaded(STARTER, precision=precision)
        origins.append(Origin(info.name, info.sha256, info.device, Environment.of(info)))
    assert [(d.what, d.then, d.now) for d in differences(*origins)] == [("dtype", "int8", "float32")]


# -- remembered ----------------------------------------------------------------------------------------------


def test_what_was_measured_is_remembered_by_weights_and_machine(tmp_path: Path, make_folder: Make) -> None:
    _, info = loaded(make_folder())
    file = tmp_path / "precisions.json"
    remembered = Known.from_file(file)
    assert remembered.of(info) == {}
    assert remembered.choices() == ()
    for name, entry in known(
        float32=(36, 0), bfloat16=(60, 1e-4), float16=(58, 5e-6), int8=(110, 9e-4), int4=(150, 0.03)
    ).items():
        remembered.add(info, entry)
        assert remembered.of(info)[name] == entry
    file.write_text(remembered.to_json(), "utf-8")
    again = Known.from_file(file)
    assert again.of(info) == remembered.of(info)
    assert again.choices() == ((info.sha256, "int8"),)
    assert again.of(replace(info, sha256="0" * 64)) == {}
    assert again.of(replace(info, cpu="Another CPU")) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"\xff", b"{", b'{"a": 1}', b'{"a": {"b": 1}}', b'{"a": {"b": [1, {}]}}', b"[" * 100_000],
)
def test_a_damaged_memory_is_no_memory(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "precisions.json"
    file.write_bytes(content)
    assert Known.from_file(file).choices() == ()


@pytest.mark.parametrize("change", [{"mean_kl": "0"}, {"tokens_per_s": None}, {"precision": "int2"}])
def test_a_figure_that_is_none_is_left_out(tmp_path: Path, change: dict[str, object]) -> None:
    entry = json.loads(
        json.dumps({f: getattr(figures("int8", 1, 0), f) for f in m.PrecisionFigures.__slots__})
    )
    file = tmp_path / "precisions.json"
    file.write_text(json.dumps({"a": {"b": [entry | change]}}), "utf-8")
    assert Known.from_file(file).choices() == ()
    file.write_text(json.dumps({"a": {"b": [entry]}}), "utf-8")
    assert Known.from_file(file).choices() == (("a", UNMEASURED),)
