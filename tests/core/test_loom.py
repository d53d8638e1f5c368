"""The tree of continuations: the numbers of one step at a time, in exact order, from what is known."""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers

from studio.core import chain as chains
from studio.core.choice import sampling_probs
from studio.core.engine import Engine
from studio.core.loom import BATCH, Loom
from studio.core.loom_messages import GrowTree, PathTold, TellPath, TreeFinished, TreeGrown, TreeNode
from studio.core.memory import LogitMemory
from studio.core.messages import Generate, Message, TokensGenerated
from studio.core.model import GPT2, CausalLM, never
from studio.core.other_model import TransformersLM
from studio.core.processors import (
    LogitsProcessor,
    Mirostat,
    NoRepeatNgram,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
    Xtc,
)
from studio.core.reading_messages import GeneratedPlace
from studio.core.running import RunStart, begin_all
from studio.core.tokenizer import Tokenizer

PLACE = GeneratedPlace("Once upon a time, there was a little", (), 16, ())
CHAINS: list[tuple[LogitsProcessor, ...]] = [
    (),
    (RepetitionPenalty(1.2), Temperature(0.8), TopK(40), TopP(0.95)),
    (NoRepeatNgram(2), Xtc(0.5, 0.05)),
    (Mirostat(4.0, 0.3),),
]


def ask(**changes: Any) -> GrowTree:
    return replace(GrowTree(5, PLACE, width=4, depth=5, max_nodes=120, min_prob=1e-5), **changes)


def grown(messages: Any) -> tuple[list[TreeNode], TreeFinished]:
    nodes: list[TreeNode] = []
    for message in messages:
        if isinstance(message, TreeGrown):
            nodes += message.nodes
        last: Message = message
    assert isinstance(last, TreeFinished)
    return nodes, last


def plain(
    model: CausalLM, tokenizer: Tokenizer, ids: list[int], request: GrowTree
) -> list[tuple[tuple[int, ...], float]]:
    """The same tree, one leaf after the other, each text read whole: (path, cumulative)."""
    heap: list[tuple[float, int, tuple[int, ...]]] = [(-0.0, 0, ())]
    found: list[tuple[tuple[int, ...], float]] = []
    while heap and len(found) < request.max_nodes:
        cost, _, path = heapq.heappop(heap)
        chain = begin_all(request.processors, RunStart(request.seed, len(ids), tokenizer))
        for n in range(len(path) + 1):
            model.truncate(0)
            whole = torch.tensor([*ids, *path[:n]])
            logits = model.forward(whole)
            probs = sampling_probs(chain, whole, logits)
            if n < len(path):
                for stage in chain:
                    stage.chosen(path[n])
        top = probs.topk(request.width)
        for token_id, prob in zip(top.indices.tolist(), top.values.tolist(), strict=True):
            total = -cost + (math.log(prob) if prob else -math.inf)
            if total < math.log(request.min_prob) or len(found) >= request.max_nodes:
                break
            found.append(((*path, token_id), total))
            if token_id != tokenizer.end_of_text_id and len(path) + 1 < request.depth:
                heapq.heappush(heap, (-total, len(found), (*path, token_id)))
    return found


def paths(nodes: list[TreeNode]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {0: ()}
    for node in nodes:
        found[node.id] = (*found[node.parent], node.token_id)
    return found


@pytest.fixture(params=["ours", "transformers"])
def model(request: pytest.FixtureRequest) -> CausalLM:
    if request.param == "ours":
        made: GPT2 = request.getfixturevalue("tiny_model")
        return made
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=4096, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    backend: Any = transformers.LlamaForCausalLM(config)  # untyped
    return TransformersLM(backend.eval(), config, torch.device("cpu"))


@pytest.mark.parametrize("stages", CHAINS, ids=str)
def test_the_tree_is_that_of_one_step_at_a_time_in_exact_order(
    model: CausalLM, starter_tokenizer: Tokenizer, stages: tuple[LogitsProcessor, ...]
) -> None:
    request = ask(processors=stages, max_nodes=60, min_prob=1e-9)
    ids = starter_tokenizer.encode(PLACE.prompt).ids
    nodes, _ = grown(Loom(model, starter_tokenizer, LogitMemory()).grow(request, ids, never))
    expected = plain(model, starter_tokenizer, ids, request)
    known = paths(nodes)
    assert [known[node.id] for node in nodes] == [path for path, _ in expected]
    assert [node.cumulative for node in nodes] == pytest.approx([c for _, c in expected], abs=1e-3)


def test_the_starter_s_tree_agrees_too(starter_engine: Engine) -> None:
    checkpoint = starter_engine._loaded()
    request = ask()
    nodes, end = grown(starter_engine.run(request))
    ids = checkpoint.tokenizer.encode(PLACE.prompt).ids
    expected = plain(checkpoint.model, checkpoint.tokenizer, ids, request)
    known = paths(nodes)
    assert [known[node.id] for node in nodes] == [path for path, _ in expected]
    assert [node.cumulative for node in nodes] == pytest.approx([c for _, c in expected], abs=1e-3)
    assert end.n_nodes == len(nodes)
    assert not end.cancelled


def test_forked_rows_give_the_logits_of_the_whole_text(model: CausalLM) -> None:
    generator = torch.Generator().manual_seed(3)
    model.forward(torch.randint(1, 4000, (30,), generator=generator))
    tree = model.tree(64)
    known: list[list[int]] = []
    n_shared = len(model.cached_ids)
    for n in (1, 3, 8, 8, 8):
        parents = [int(torch.randint(-1, max(len(known), 0), (1,), generator=generator)) if known else -1
                   for _ in range(n)]  # fmt: skip
        new = torch.randint(1, 4000, (n,), generator=generator)
        logits = tree.forward(parents, new)
        assert len(model.cached_ids) == n_shared
        fresh = [[*(known[p] if p >= 0 else []), t] for p, t in zip(parents, new.tolist(), strict=True)]
        known += fresh
        for row, text in zip(logits, fresh, strict=True):
            single = model.forward(torch.tensor(text))
            model.truncate(n_shared)
            assert float((row - single).abs().max()) < 1e-4
    assert tree.n_nodes == len(known) == 28


def test_a_tree_grown_again_takes_no_pass_and_a_deeper_one_only_what_is_new(starter_engine: Engine) -> None:
    nodes, first = grown(starter_engine.run(ask()))
    assert first.n_passes > 3
    again, second = grown(starter_engine.run(ask(job_id=6)))
    assert (again, second.n_passes) == (nodes, 0)
    narrow, third = grown(starter_engine.run(ask(width=2, max_nodes=40)))
    assert all(node.cumulative >= math.log(1e-5) for node in narrow)
    assert third.n_passes < first.n_passes / 2
    list(starter_engine.run(Generate(7, "Something else", (), (), 5, 1)))
    deeper, _ = grown(starter_engine.run(ask(depth=7, max_nodes=200)))
    by_path = {path: node for node, path in _with_paths(deeper)}
    for node, path in _with_paths(nodes):
        if path in by_path:
            assert by_path[path].cumulative == pytest.approx(node.cumulative, abs=1e-3)


def _with_paths(nodes: list[TreeNode]) -> list[tuple[TreeNode, tuple[int, ...]]]:
    known = paths(nodes)
    return [(node, known[node.id]) for node in nodes]


def test_a_node_is_grown_further_from_its_own_path(starter_engine: Engine) -> None:
    nodes, _ = grown(starter_engine.run(ask(depth=3)))
    leaf, path = next((n, p) for n, p in _with_paths(nodes) if len(p) == 3)
    below, _ = grown(
        starter_engine.run(ask(place=replace(PLACE, token_ids=path), depth=1, min_prob=0.0, width=5))
    )
    assert len(below) == 5
    whole, _ = grown(starter_engine.run(ask(depth=4, width=5, max_nodes=2000, min_prob=0.0)))
    by_path = {p: n for n, p in _with_paths(whole)}
    for node in below:
        same = by_path[(*path, node.token_id)]
        assert leaf.cumulative + node.cumulative == pytest.approx(same.cumulative, abs=1e-3)


def test_depth_width_threshold_and_number_are_kept(starter_engine: Engine) -> None:
    nodes, _ = grown(starter_engine.run(ask(width=3, depth=2, max_nodes=7, min_prob=0.0)))
    assert len(nodes) == 7
    assert max(len(path) for path in paths(nodes).values()) == 2
    nodes, _ = grown(starter_engine.run(ask(min_prob=0.02)))
    assert nodes
    assert all(node.cumulative >= math.log(0.02) for node in nodes)
    assert all(
        sum(other.parent == node.id for other in nodes) <= 4 for node in [replace(nodes[0], id=0), *nodes]
    )
    full, _ = grown(starter_engine.run(ask(place=replace(PLACE, prompt="word " * 900))))
    assert full, "a text longer than the window is cut as for writing on"


def test_it_stops_when_told_and_what_is_there_is_told(starter_engine: Engine) -> None:
    asked = 0

    def soon() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    nodes, end = grown(starter_engine.run(ask(), soon))
    assert end.cancelled
    assert len(nodes) == end.n_nodes < 120
    assert end.n_nodes <= 4 * (BATCH + 2) * 3
    _, after = grown(starter_engine.run(ask()))
    assert not after.cancelled


def test_a_path_is_told_as_if_it_had_been_drawn(starter_engine: Engine) -> None:
    stages = chains.default_chain()
    generated = [
        token
        for message in starter_engine.run(Generate(2, PLACE.prompt, (), stages, 6, 11))
        if isinstance(message, TokensGenerated)
        for token in message.tokens
    ]
    place = replace(PLACE, max_new_tokens=6)
    path = tuple(token.token_id for token in generated)
    (told,) = starter_engine.run(TellPath(3, place, path, stages, 11))
    assert isinstance(told, PathTold)
    assert [t.text for t in told.tokens] == [t.text for t in generated]
    assert [t.logprob for t in told.tokens] == pytest.approx([t.logprob for t in generated], abs=2e-3)
    assert [t.rank for t in told.tokens] == pytest.approx([t.rank for t in generated], rel=0.02)
    assert [t.sampling_prob for t in told.tokens] == pytest.approx(
        [t.sampling_prob for t in generated], abs=2e-3
    )
    assert all(len(t.candidates) == 20 for t in told.tokens)
