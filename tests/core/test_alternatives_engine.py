"""Several continuations at once, asked of the engine: errors half way, and tokens in groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.core import chain
from studio.core.engine import Engine
from studio.core.messages import (
    AlternativeTokens,
    FinishReason,
    GenerationFinished,
    JobFailed,
    LoadModel,
    Message,
    ModelLoaded,
)
from studio.core.serve import batched
from tests.core.several import PROMPT, Failing, ask, sort


@pytest.fixture
def engine(make_folder: Callable[..., Path]) -> Engine:
    ready = Engine()
    *_, last = ready.run(LoadModel(1, str(make_folder()), "cpu"))
    assert isinstance(last, ModelLoaded)
    return ready


def test_the_engine_answers_as_the_contract_says(engine: Engine) -> None:
    written = sort(engine.run(ask()))
    assert set(written.tokens) == set(written.ends) == {0, 1, 2, 3}
    assert written.finished.job_id == 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(MemoryError(), "not enough memory"), (ZeroDivisionError(), "Something went wrong")],
)
def test_an_error_half_way_keeps_what_was_written_and_the_engine(
    engine: Engine, error: Exception, sentence: str
) -> None:
    n_context = len(engine._loaded().tokenizer.encode(PROMPT))
    *before, failed, finished = engine.run(ask(processors=(Failing(error, n_context),)))
    assert isinstance(failed, JobFailed)
    assert sentence in failed.what_happened
    assert bool(failed.report) == isinstance(error, ZeroDivisionError)
    assert isinstance(finished, GenerationFinished)
    assert (finished.reason, finished.n_tokens) == (FinishReason.FAILED, 12)
    assert sum(len(m.tokens) for m in before if isinstance(m, AlternativeTokens)) == 12
    assert sort(engine.run(ask())).finished.reason is FinishReason.LENGTH


def test_without_a_model_there_is_one_answer() -> None:
    (failed,) = Engine().run(ask())
    assert isinstance(failed, JobFailed)


def test_tokens_are_grouped_for_each_alternative_and_none_comes_after_its_end(engine: Engine) -> None:
    asked = ask(n=25, processors=chain.default_chain(), stop=("z",))
    plain = sort(engine.run(asked))
    now = iter(range(10_000))
    messages: list[Message] = list(batched(engine.run(asked), 20.0, lambda: float(next(now))))
    grouped = sort(iter(messages))
    assert grouped.tokens == plain.tokens
    assert grouped.ends == plain.ends
    assert sum(isinstance(m, AlternativeTokens) for m in messages) < plain.finished.n_tokens
