"""Requests in, messages out: each ends as the contract says, and a failed one leaves the engine usable."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from studio.core import context, engine
from studio.core.engine import Engine
from studio.core.errors import STOPPED
from studio.core.messages import (
    END_OF_TEXT,
    Cancel,
    ContextMeasured,
    FinishReason,
    Generate,
    GenerationFinished,
    GenerationStarted,
    JobFailed,
    LoadModel,
    MeasureContext,
    Message,
    ModelLoaded,
    Progress,
    Request,
    ScoreText,
    TextScored,
    TokensGenerated,
)
from studio.core.parameters import Stage
from studio.core.processors import Temperature
from studio.core.running import Pure
from tests.core.tiny import STARTER, TINY, random_weights

PROMPT = "Once upon a time, there was a little"


class RustPanic(BaseException):
    """What tokenizers and safetensors raise when their own code panics: not an Exception."""


@dataclass(frozen=True)
class Failing(Pure):
    """A processor with a bug that shows at its third token."""

    stage: ClassVar[Stage] = Temperature.stage
    error: BaseException
    n_context: int

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        if len(ids) >= self.n_context + 2:
            raise self.error
        return logits


def generate(job_id: int = 2, n: int = 10, **changes: Any) -> Generate:
    options: dict[str, Any] = {"prompt": PROMPT, "special_offsets": (), "processors": (), "seed": 3} | changes
    return Generate(job_id, max_new_tokens=n, **options)


def text_of(messages: Sequence[Message]) -> str:
    return "".join(token.text for m in messages if isinstance(m, TokensGenerated) for token in m.tokens)


def assert_usable(ready: Engine) -> None:
    *_, last = ready.run(generate())
    assert isinstance(last, GenerationFinished)
    assert last.reason is FinishReason.LENGTH


def test_loading_reports_progress_and_ends_with_the_model() -> None:
    *progress, last = Engine().run(LoadModel(7, str(STARTER), "cpu"))
    assert all(isinstance(message, Progress) for message in progress)
    assert isinstance(last, ModelLoaded)
    assert {message.job_id for message in (*progress, last)} == {7}
    assert last.model.name == "starter"


def test_a_generation_starts_writes_and_finishes(starter_engine: Engine) -> None:
    started, *tokens, finished = starter_engine.run(generate(5, 12))
    assert isinstance(started, GenerationStarted)
    assert isinstance(finished, GenerationFinished)
    assert len(text_of(tokens)) > 20
    assert (started.n_prompt_tokens, started.visible_start, finished.n_tokens) == (9, 0, 12)
    assert finished.prefill_s > 0
    assert finished.decode_s > 0
    assert {message.job_id for message in (started, *tokens, finished)} == {5}


def test_two_engines_write_the_same(starter_engine: Engine) -> None:
    other = Engine()
    list(other.run(LoadModel(1, str(STARTER), "cpu")))
    list(other.run(generate(prompt="Something else, of another length", n=30)))
    assert text_of(list(starter_engine.run(generate(n=40)))) == text_of(list(other.run(generate(n=40))))


def test_the_context_is_measured_as_it_will_be_read(starter_engine: Engine) -> None:
    text = "The dog ran over the hill 🙂. " * 100
    (measured,) = starter_engine.run(MeasureContext(3, text, (), 100))
    started = next(iter(starter_engine.run(generate(n=100, prompt=text))))
    assert isinstance(measured, ContextMeasured)
    assert isinstance(started, GenerationStarted)
    assert (measured.n_tokens, measured.n_context_tokens, measured.visible_start) == (
        started.n_prompt_tokens, started.n_context_tokens, started.visible_start,
    )  # fmt: skip
    assert (measured.n_context_tokens, measured.n_positions) == (412, 512)
    (empty,) = starter_engine.run(MeasureContext(4, "", (), 100))
    assert isinstance(empty, ContextMeasured)
    assert (empty.n_tokens, empty.n_context_tokens, empty.visible_start) == (0, 1, 0)
    (special,) = starter_engine.run(MeasureContext(5, END_OF_TEXT, (0,), 100))
    assert isinstance(special, ContextMeasured)
    assert special.n_tokens == 1


def test_a_text_of_100_000_tokens_is_continued(starter_engine: Engine) -> None:
    started, *_, finished = starter_engine.run(generate(prompt="and so on, " * 35_000, n=3))
    assert isinstance(started, GenerationStarted)
    assert started.n_prompt_tokens > 100_000
    assert isinstance(finished, GenerationFinished)
    assert finished.n_tokens == 3


def test_scoring_reports_progress_and_ends_with_the_scores(starter_engine: Engine) -> None:
    *progress, last = starter_engine.run(ScoreText(6, PROMPT * 100))
    assert all(isinstance(message, Progress) for message in progress)
    assert isinstance(last, TextScored)
    assert last.perplexity < 100
    (failed,) = starter_engine.run(ScoreText(7, ""))
    assert isinstance(failed, JobFailed)
    assert not failed.report


def test_cancel_itself_is_never_answered(starter_engine: Engine) -> None:
    assert list(starter_engine.run(Cancel(1))) == []


@pytest.mark.parametrize("request_", [generate(), MeasureContext(2, "x", (), 1), ScoreText(2, "x")])
def test_without_a_model_every_request_says_so(request_: Request) -> None:
    (failed,) = Engine().run(request_)
    assert isinstance(failed, JobFailed)
    assert (failed.job_id, failed.report) == (2, "")
    assert "No model is loaded" in failed.what_happened


def test_a_failed_load_keeps_the_model_there_was(starter_engine: Engine, tmp_path: Path) -> None:
    *_, failed = starter_engine.run(LoadModel(2, str(tmp_path)))
    assert isinstance(failed, JobFailed)
    assert not failed.report
    assert_usable(starter_engine)


def test_another_model_replaces_the_one_there_was(
    starter_engine: Engine, make_folder: Callable[..., Path]
) -> None:
    *_, loaded = starter_engine.run(LoadModel(2, str(make_folder())))
    assert isinstance(loaded, ModelLoaded)
    assert loaded.model.n_positions == TINY.n_positions
    (measured,) = starter_engine.run(MeasureContext(3, "x", (), 10))
    assert isinstance(measured, ContextMeasured)
    assert measured.n_positions == TINY.n_positions


@pytest.mark.parametrize(
    "error", [ValueError("my secret diary"), RustPanic("my secret diary")], ids=["bug", "panic"]
)
def test_a_bug_while_writing_keeps_the_text_and_is_reported_without_it(
    starter_engine: Engine, error: BaseException
) -> None:
    messages = list(starter_engine.run(generate(processors=(Failing(error, 9),))))
    *_, failed, finished = messages
    assert text_of(messages) == text_of(list(starter_engine.run(generate(n=2))))
    assert isinstance(failed, JobFailed)
    assert type(error).__name__ in failed.report
    assert "test_engine.py" in failed.report
    assert "diary" not in str(failed)
    assert str(Path(__file__).parent) not in failed.report
    assert isinstance(finished, GenerationFinished)
    assert (finished.reason, finished.n_tokens) == (FinishReason.FAILED, 2)
    assert_usable(starter_engine)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_the_end_of_the_program_is_not_caught(starter_engine: Engine, error: BaseException) -> None:
    with pytest.raises(type(error)):
        list(starter_engine.run(generate(processors=(Failing(error, 9),))))


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("x"), RuntimeError("not enough memory: x")]
)
def test_too_little_memory_while_writing_is_no_bug(starter_engine: Engine, error: BaseException) -> None:
    *_, failed, finished = starter_engine.run(generate(processors=(Failing(error, 9),)))
    assert isinstance(failed, JobFailed)
    assert not failed.report
    assert "memory" in failed.what_happened
    assert isinstance(finished, GenerationFinished)


def test_a_bug_before_the_first_message_is_one_failure(
    starter_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(context, "measure", broken)
        for request in (generate(), MeasureContext(2, "x", (), 1)):
            (failed,) = starter_engine.run(request)
            assert isinstance(failed, JobFailed)
            assert "ZeroDivisionError" in failed.report
    assert_usable(starter_engine)


def test_nan_weights_that_slip_through_end_with_a_sentence(make_folder: Callable[..., Path]) -> None:
    weights = random_weights(TINY)
    weights["ln_f.bias"][:] = 3e38  # finite, and yet no logit is
    ready = Engine()
    list(ready.run(LoadModel(1, str(make_folder(weights)))))
    *_, failed, finished = ready.run(generate())
    assert isinstance(failed, JobFailed)
    assert "token 1" in failed.what_happened
    assert not failed.report
    assert isinstance(finished, GenerationFinished)
    assert finished.reason is FinishReason.FAILED


def test_stop_ends_each_kind_of_work(starter_engine: Engine) -> None:
    *_, finished = starter_engine.run(generate(), lambda: True)
    assert isinstance(finished, GenerationFinished)
    assert finished.reason is FinishReason.CANCELLED
    for request in (ScoreText(2, PROMPT), LoadModel(2, str(STARTER))):
        *_, stopped = starter_engine.run(request, lambda: True)
        assert stopped == JobFailed(2, *STOPPED, templates=STOPPED)
    assert_usable(starter_engine)


def test_a_generation_nobody_listens_to_any_more_leaves_the_engine_usable(starter_engine: Engine) -> None:
    messages = starter_engine.run(generate(n=100))
    next(messages)
    next(messages)
    del messages
    assert_usable(starter_engine)


@pytest.mark.parametrize("backend", ["auto", "torch"])
def test_gpt2_is_loaded_written_with_and_measured_without_transformers(backend: str) -> None:
    unwanted = {"transformers", "tokenizers", "huggingface_hub", "llguidance", "torch._dynamo", "sympy"}
    code = (
        "import sys; from studio.core import messages as m, performance;"
        "from studio.core.engine import Engine;"
        "performance.READ_BYTES = 1 << 20; engine = Engine();"
        f"wishes = m.LoadModel(1, {str(STARTER)!r}, 'cpu', backend={backend!r}), "
        "m.Generate(2, 'Once', (), (), 5, 1), m.MeasurePerformance(3), m.TellUsage(4);"
        "last = [list(engine.run(wish))[-1] for wish in wishes];"
        "assert not any(isinstance(message, m.JobFailed) for message in last), last;"
        f"print(*sorted({unwanted} & set(sys.modules)))"
    )
    root = Path(engine.__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr


def test_the_engine_imports_neither_transformers_nor_qt() -> None:
    unwanted = {"transformers", "tokenizers", "PySide6", "shiboken6", "sqlite3", "requests"}
    code = f"import sys, studio.core.engine; print(*sorted({unwanted} & set(sys.modules)))"
    root = Path(engine.__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr
