"""Beam search finds the texts that transformers' generate finds."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from studio.core import beam_tree
from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.processors import BeamSearch, TopK
from tests.core.tiny import STARTER, TINY, random_weights

PROMPT = "Once upon a time, there was a little girl who had a"


def rows_of(
    engine: Engine, request: m.GenerateAlternatives, cancelled: Any = lambda: False
) -> list[list[int]]:
    events = list(engine.run(request, cancelled))
    assert isinstance(events[-1], m.GenerationFinished), events[-1]
    rows: list[list[int]] = [[] for _ in request.seeds]
    for event in events:
        if isinstance(event, m.AlternativeTokens):
            rows[event.index] += [token.token_id for token in event.tokens]
    return rows


@pytest.mark.parametrize(("n", "penalty"), [(2, 1.0), (4, 1.0), (4, 0.0), (3, 2.0), (5, -1.0)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_texts_are_those_of_transformers(make_folder: Any, seed: int, n: int, penalty: float) -> None:
    weights = random_weights(TINY, seed, std=0.15)
    folder = make_folder(weights=weights)
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(folder), "cpu")))
    auto: Any = transformers.AutoModelForCausalLM
    theirs = auto.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = engine._loaded().tokenizer
    ids = tokenizer.encode(PROMPT).ids
    # A token that is likely after the prompt ends the text, so that lengths differ.
    end = tokenizer.end_of_text_id
    options = {"num_beams": n, "do_sample": False, "length_penalty": penalty, "max_new_tokens": 12}
    found = theirs.generate(
        torch.tensor([ids]), eos_token_id=end, pad_token_id=end, num_return_sequences=n, **options
    )
    wanted = [[token for token in row[len(ids) :].tolist() if token != end] for row in found]
    seeds = tuple(range(n))
    assert (
        rows_of(engine, m.GenerateAlternatives(5, PROMPT, (), (BeamSearch(n, penalty),), 12, seeds)) == wanted
    )


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
def test_texts_that_end_are_those_of_transformers(starter_engine: Engine, penalty: float) -> None:
    checkpoint = starter_engine._loaded()
    auto: Any = transformers.AutoModelForCausalLM
    theirs = auto.from_pretrained(STARTER, dtype=torch.float32).eval()
    prompt = "They all went home and were very happy. The"
    ids, end = checkpoint.tokenizer.encode(prompt).ids, checkpoint.tokenizer.end_of_text_id
    found = theirs.generate(
        torch.tensor([ids]), eos_token_id=end, pad_token_id=end, num_return_sequences=4, num_beams=4,
        do_sample=False, length_penalty=penalty, max_new_tokens=60,
    )  # fmt: skip
    wanted = [[token for token in row[len(ids) :].tolist() if token != end] for row in found]
    request = m.GenerateAlternatives(5, prompt, (), (BeamSearch(4, penalty),), 60, (1, 2, 3, 4))
    assert rows_of(starter_engine, request) == wanted
    assert any(len(row) < 60 for row in wanted)  # some did end


def test_a_single_text_is_the_best_one_and_no_seed_changes_it(starter_engine: Engine) -> None:
    chain = (BeamSearch(4),)
    several = rows_of(starter_engine, m.GenerateAlternatives(5, PROMPT, (), chain, 15, (1, 2, 3, 4)))
    assert len({tuple(row) for row in several}) == 4
    for seed in (3, 99):
        events = list(starter_engine.run(m.Generate(5, PROMPT, (), chain, 15, seed)))
        tokens = [token for e in events if isinstance(e, m.TokensGenerated) for token in e.tokens]
        assert [token.token_id for token in tokens] == several[0]
        assert all(token.text for token in tokens)


def test_the_other_stages_count_and_a_stop_string_ends_a_text(starter_engine: Engine) -> None:
    events = list(starter_engine.run(m.Generate(5, PROMPT, (), (TopK(1), BeamSearch(4)), 15, 3)))
    searched = [token.token_id for e in events if isinstance(e, m.TokensGenerated) for token in e.tokens]
    events = list(starter_engine.run(m.Generate(5, PROMPT, (), (TopK(1),), 15, 3)))
    assert searched == [
        token.token_id for e in events if isinstance(e, m.TokensGenerated) for token in e.tokens
    ]
    events = list(starter_engine.run(m.Generate(5, PROMPT, (), (BeamSearch(4),), 40, 3, (".",))))
    text = "".join(token.text for e in events if isinstance(e, m.TokensGenerated) for token in e.tokens)
    assert text
    assert "." not in text
    assert isinstance(events[-1], m.GenerationFinished)
    assert events[-1].reason is m.FinishReason.STOP
    assert events[-1].stop_string == "."


def test_stopped_it_gives_the_best_so_far(starter_engine: Engine) -> None:
    asked = iter([False] * 12 + [True] * 1000)
    request = m.GenerateAlternatives(5, PROMPT, (), (BeamSearch(3),), 60, (1, 2, 3, 4))
    rows = rows_of(starter_engine, request, lambda: next(asked))
    assert all(0 < len(row) < 60 for row in rows[:3])
    assert rows[3] == []


def tree_of(messages: list[Any]) -> m.BeamsSearched:
    (tree,) = [message for message in messages if isinstance(message, m.BeamsSearched)]
    return tree


def path_of(tree: m.BeamsSearched, node: m.TreeNode) -> list[m.TreeNode]:
    nodes = {each.id: each for each in tree.nodes}
    path = [node]
    while path[0].parent:
        path.insert(0, nodes[path[0].parent])
    return path


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_the_tree_holds_every_text_and_what_was_dropped(starter_engine: Engine, penalty: float) -> None:
    prompt = "They all went home and were very happy. The"
    request = m.GenerateAlternatives(5, prompt, (), (BeamSearch(4, penalty),), 30, (1, 2, 3, 4))
    messages: list[Any] = list(starter_engine.run(request))
    tree = tree_of(messages)
    assert messages.index(tree) < min(
        i for i, message in enumerate(messages) if isinstance(message, m.AlternativeTokens)
    )
    ids = [node.id for node in tree.nodes]
    assert ids == list(range(1, len(ids) + 1))
    assert all(node.parent < node.id for node in tree.nodes)
    for node in tree.nodes:
        path = path_of(tree, node)
        assert sum(one.logprob for one in path) == pytest.approx(node.cumulative, abs=1e-4)
    inner = {node.parent for node in tree.nodes}
    leaves = sorted((n for n in tree.nodes if n.rank > 0 and n.id not in inner), key=lambda n: n.rank)
    assert [leaf.rank for leaf in leaves] == [1, 2, 3, 4]
    rows = rows_of(starter_engine, request)
    for leaf, row in zip(leaves, rows, strict=True):
        assert [n.token_id for n in path_of(tree, leaf) if not n.ends] == row
    scores = [leaf.cumulative / len(path_of(tree, leaf)) ** penalty for leaf in leaves]
    assert scores == sorted(scores, reverse=True)
    dropped = [node for node in tree.nodes if node.rank == 0]
    assert len(dropped) > 4
    assert tree.n_weighed == len(tree.nodes)
    # at every depth no more than `beams` beginnings went on, and none that went on was less likely than one
    # that was dropped at once
    for depth in range(1, 30):
        level = [n for n in tree.nodes if len(path_of(tree, n)) == depth]
        assert len({n.id for n in level} & inner) <= 4


def test_the_tree_of_a_long_search_is_bounded_and_keeps_its_texts(
    starter_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beam_tree, "MAX_NODES", 60)
    request = m.GenerateAlternatives(5, PROMPT, (), (BeamSearch(4),), 40, (1, 2))
    messages: list[Any] = list(starter_engine.run(request))
    tree = tree_of(messages)
    texts = {node.id for node in tree.nodes if node.rank > 0}
    assert len(tree.nodes) <= max(60, len(texts))
    assert tree.n_weighed > len(tree.nodes)
    (best,) = [n for n in tree.nodes if n.rank == 1 and n.id not in {each.parent for each in tree.nodes}]
    written = [
        t.token_id for e in messages if isinstance(e, m.AlternativeTokens) and not e.index for t in e.tokens
    ]
    assert [node.token_id for node in path_of(tree, best)] == written


def test_nothing_is_told_of_texts_that_are_not_there(starter_engine: Engine) -> None:
    for chain, n in (((BeamSearch(2),), 2), ((TopK(1), BeamSearch(4)), 1)):
        request = m.GenerateAlternatives(5, PROMPT, (), chain, 8, (1, 2, 3, 4, 5))
        ends = [e for e in starter_engine.run(request) if isinstance(e, m.AlternativeFinished)]
        assert [end.index for end in ends] == list(range(n))
        assert all(end.n_tokens for end in ends)


def test_a_stopped_search_tells_its_tree_too(starter_engine: Engine) -> None:
    asked = iter([False] * 12 + [True] * 1000)
    messages: list[Any] = list(
        starter_engine.run(m.Generate(5, PROMPT, (), (BeamSearch(3),), 60, 3), lambda: next(asked))
    )
    assert {node.rank for node in tree_of(messages).nodes} == {0, 1, 2, 3}
