"""A smaller model drafts if it has the same tokens; what is wrong with it is said, and none drafts then."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from studio.core import messages as m
from studio.core.engine import Engine
from studio.kernels import library
from tests.core.loading import MakeFolder
from tests.core.tiny import STARTER, TINY, random_weights

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())

ASKED = m.Generate(9, "one two three one two three one", (), (), 30, seed=3)


def engine() -> Engine:
    made = Engine()
    assert isinstance(list(made.run(m.LoadModel(1, str(STARTER))))[-1], m.ModelLoaded)
    return made


def answer(made: Engine, path: str) -> m.Message:
    *progress, last = made.run(m.ChooseDrafter(2, path))
    assert all(isinstance(message, m.Progress) for message in progress)
    return last


def tokens(made: Engine, asked: m.Generate = ASKED) -> tuple[list[int], m.GenerationFinished]:
    messages = list(made.run(asked))
    finished = messages[-1]
    assert isinstance(finished, m.GenerationFinished)
    return [t.token_id for x in messages if isinstance(x, m.TokensGenerated) for t in x.tokens], finished


def test_a_smaller_model_with_the_same_tokens_drafts_and_the_text_stays_the_same(
    make_folder: MakeFolder,
) -> None:
    made = engine()
    plain, finished = tokens(made, replace(ASKED, draft=False))
    assert (finished.n_guessed, finished.n_right, finished.saved_s) == (0, 0, 0.0)
    n_threads = torch.get_num_threads()
    folder = make_folder()
    chosen = answer(made, str(folder))
    assert isinstance(chosen, m.DrafterChosen)
    assert chosen.name == "tiny"
    assert 0 < chosen.n_parameters < 1_000_000
    assert torch.get_num_threads() == n_threads
    for _ in range(3):
        assert tokens(made)[0] == plain
    assert answer(made, "") == m.DrafterChosen(2, "")
    assert tokens(made)[0] == plain


def test_one_with_other_tokens_is_refused_in_a_sentence(make_folder: MakeFolder) -> None:
    made = engine()
    more = replace(TINY, vocab_size=4160)
    refused = answer(made, str(make_folder(random_weights(more), vocab_size=4160)))
    assert isinstance(refused, m.JobFailed)
    assert (
        refused.what_happened
        == "“tiny” does not have the same tokens as “starter”, so it cannot guess for it."
    )
    assert refused.what_to_do.endswith(".")
    assert not refused.report
    assert len(tokens(made)[0]) > 0


def test_one_that_is_not_smaller_is_refused() -> None:
    refused = answer(engine(), str(STARTER))
    assert isinstance(refused, m.JobFailed)
    assert "is not smaller" in refused.what_happened


def test_a_folder_that_is_no_model_is_refused_and_no_model_at_all(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    refused = answer(engine(), str(tmp_path_factory.mktemp("empty")))
    assert isinstance(refused, m.JobFailed)
    assert "config.json" in refused.what_happened
    nothing = list(Engine().run(m.ChooseDrafter(2, str(STARTER))))[-1]
    assert isinstance(nothing, m.JobFailed)


def test_it_can_be_stopped_while_it_is_loaded(make_folder: MakeFolder) -> None:
    made = engine()
    messages = list(made.run(m.ChooseDrafter(2, str(make_folder())), lambda: True))
    assert isinstance(messages[-1], m.JobFailed)
    assert messages[-1].what_happened == "The work was stopped."
    assert tokens(made)[1].n_tokens > 0


def test_it_is_forgotten_with_the_model_it_suits(make_folder: MakeFolder) -> None:
    made = engine()
    small = make_folder()
    answer(made, str(small))
    list(made.run(m.LoadModel(3, str(small))))  # it cannot draft for itself
    assert tokens(made)[1].n_tokens > 0
    assert made._drafts._smaller is None
