"""One model after another: the one before works until the next is ready, and unloading gives memory back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio.core import hardware
from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.errors import STOPPED
from studio.core.serve import Mailbox, answer
from tests.core.tiny import STARTER

GENERATE = m.Generate(20, "Once upon a time", (), (), 5, 1)


def kinds(messages: list[m.Message]) -> list[str]:
    return [type(message).__name__ for message in messages if not isinstance(message, m.Progress)]


@pytest.fixture
def loaded() -> Engine:
    engine = Engine()
    *_, last = engine.run(m.LoadModel(1, str(STARTER), "cpu", "float16"))
    assert isinstance(last, m.ModelLoaded)
    return engine


def test_the_model_before_writes_while_the_next_one_loads(
    loaded: Engine, make_folder: Callable[..., Path]
) -> None:
    mailbox, sent = Mailbox(), list[m.Message]()
    mailbox.put(m.LoadModel(2, str(make_folder()), "cpu", "float16"))
    old = m.MeasureContext(18, "a", (), 1)  # the newer one makes it needless

    def send(message: m.Message) -> None:
        sent.append(message)
        if sum(isinstance(one, m.Progress) for one in sent) == 1 and isinstance(message, m.Progress):
            for request in (GENERATE, old, m.MeasureContext(19, "a", (), 1)):
                mailbox.put(request)
        if isinstance(message, m.ModelLoaded):
            mailbox.close()

    answer(loaded, mailbox, send)
    alone = list(loaded_anew().run(GENERATE))
    assert kinds(sent)[-3:] == ["GenerationFinished", "ContextMeasured", "ModelLoaded"]
    assert words(sent) == words(alone)  # the starter's, not the new one's


def loaded_anew() -> Engine:
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(STARTER), "cpu", "float16")))
    return engine


def words(messages: list[m.Message]) -> str:
    return "".join(t.text for one in messages if isinstance(one, m.TokensGenerated) for t in one.tokens)


def test_two_models_are_loaded_one_after_the_other(loaded: Engine, make_folder: Callable[..., Path]) -> None:
    mailbox, sent = Mailbox(), list[m.Message]()
    for request in (m.LoadModel(2, str(make_folder())), m.LoadModel(3, str(STARTER)), m.UnloadModel(4)):
        mailbox.put(request)

    def send(message: m.Message) -> None:
        sent.append(message)
        if isinstance(message, m.ModelUnloaded):
            mailbox.close()

    answer(loaded, mailbox, send)
    ends = [one.job_id for one in sent if isinstance(one, m.ModelLoaded | m.ModelUnloaded)]
    assert ends == [2, 3, 4]


def test_a_stopped_loading_keeps_the_model_and_its_threads(
    loaded: Engine, make_folder: Callable[..., Path]
) -> None:
    torch.set_num_threads(1)
    *_, stopped = loaded.run(m.LoadModel(2, str(make_folder())), lambda: True)
    assert stopped == m.JobFailed(2, *STOPPED, templates=STOPPED)
    assert torch.get_num_threads() == 1
    assert kinds(list(loaded.run(GENERATE)))[-1] == "GenerationFinished"


def test_where_memory_holds_one_model_only_the_first_makes_room(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([10_000_000, 40_000_000, 40_000_000])  # too little beside the first, enough without it
    monkeypatch.setattr(hardware, "available_memory_bytes", lambda: next(free))
    messages = list(loaded.run(m.LoadModel(2, str(STARTER), "cpu", "float16")))
    assert kinds(messages) == ["ModelUnloaded", "ModelLoaded"]
    unloaded = next(one for one in messages if isinstance(one, m.ModelUnloaded))
    assert (unloaded.job_id, unloaded.makes_room) == (2, True)


def test_a_model_that_would_not_fit_even_alone_leaves_the_other_one_loaded(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hardware, "available_memory_bytes", lambda: 1000)
        *_, failed = loaded.run(m.LoadModel(2, str(STARTER), "cpu"))
    assert isinstance(failed, m.JobFailed)
    assert "GB of memory" in failed.what_happened
    assert kinds(list(loaded.run(GENERATE)))[-1] == "GenerationFinished"


def test_unloading_leaves_nothing_and_the_model_can_be_loaded_again(loaded: Engine) -> None:
    (unloaded,) = loaded.run(m.UnloadModel(2))
    assert isinstance(unloaded, m.ModelUnloaded)
    assert unloaded.bytes_after <= unloaded.bytes_before
    assert not loaded.is_loaded
    *_, failed = loaded.run(GENERATE)
    assert isinstance(failed, m.JobFailed)
    assert failed.what_happened == "No model is loaded."
    assert kinds(list(loaded.run(m.UnloadModel(3)))) == ["ModelUnloaded"]
    assert kinds(list(loaded.run(m.LoadModel(4, str(STARTER))))) == ["ModelLoaded"]
