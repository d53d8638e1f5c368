"""Questions about the inside, asked as the window asks them: of the engine, and of other kinds of models."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pytest
import torch
import transformers

from studio.core import looking, memory
from studio.core.engine import Engine
from studio.core.errors import STOPPED, StudioError
from studio.core.inside_messages import SENTENCES
from studio.core.looking import open_inside, sentences
from studio.core.messages import (
    AttentionMapped,
    Generate,
    GeneratedPlace,
    InsideSeen,
    JobFailed,
    LookInside,
    MapAttention,
    Message,
    Progress,
    ReadPlace,
    ReadText,
    SwitchedOff,
    SwitchOff,
    TokensGenerated,
    WeighWords,
    WordsWeighed,
)
from studio.core.model import never
from studio.core.other_model import TransformersLM

TEXT = "Once upon a time, there was a fox. The fox was sad. It had no friend in the wood. One day the fox"
IDS = [5, 17, 300, 5, 400, 12, 9, 77, 102, 3]


def read(engine: Engine, text: str = TEXT) -> list[int]:
    """Have a text read as job 1; returns its token ids."""
    return [
        t.token_id for message in engine.run(ReadText(1, text, ())) for t in getattr(message, "tokens", ())
    ]


def only(engine: Engine, request: Any) -> Any:
    (answer,) = engine.run(request)
    return answer


def floats(data: bytes) -> Sequence[float]:
    return struct.unpack(f"<{len(data) // 2}e", data)


def weighed(engine: Engine, method: str, cancelled: Any = never) -> tuple[list[Message], WordsWeighed]:
    ids = read(engine)
    *before, last = engine.run(WeighWords(2, ReadPlace(1, len(ids) - 1), ids[-1], method), cancelled)
    assert isinstance(last, WordsWeighed), last
    return before, last


def test_what_is_seen_at_a_place_are_the_attention_of_its_context_and_the_lens(
    starter_engine: Engine,
) -> None:
    ids = read(starter_engine)
    at = len(ids) - 1
    seen = only(starter_engine, LookInside(2, ReadPlace(1, at), 1, ids[at]))
    assert isinstance(seen, InsideSeen)
    assert len(seen.tokens) == len(seen.lengths) == at
    assert "".join(seen.tokens) == TEXT[: sum(seen.lengths)]
    shares = floats(seen.attention)
    assert len(shares) == seen.n_head * at
    for head in range(seen.n_head):
        assert sum(shares[head * at : (head + 1) * at]) == pytest.approx(1, abs=0.01)
    first, *_, last = seen.lens
    assert (first.layer, last.layer) == (0, 4)
    assert last.kl == 0
    assert first.kl > 0.1
    assert all(len(row.top) == 5 and row.rank >= 1 for row in seen.lens)


def test_the_last_row_of_the_lens_is_what_reading_the_text_said(starter_engine: Engine) -> None:
    ids, told = [], []
    for message in starter_engine.run(ReadText(1, TEXT, ())):
        for token in getattr(message, "tokens", ()):
            ids.append(token.token_id)
            told.append(token)
    last = only(starter_engine, LookInside(2, ReadPlace(1, 9), 0, ids[9])).lens[-1]
    assert torch.tensor(last.probability).log().item() == pytest.approx(told[9].logprob, abs=1e-3)
    assert last.rank == told[9].rank


def test_the_strongest_links_of_a_head_are_those_of_its_map(starter_engine: Engine) -> None:
    ids = read(starter_engine)
    place = ReadPlace(1, 12)
    links = only(starter_engine, MapAttention(2, place, 2, 1, n_links=3))
    assert isinstance(links, AttentionMapped)
    assert (links.n_tokens, links.n_links) == (12, 3)
    sources = struct.unpack("<36H", links.sources)
    shares = floats(links.shares)
    checkpoint = starter_engine._checkpoint
    assert checkpoint is not None
    wanted = open_inside(checkpoint.model, ids[:12]).attention_map(2, 1)
    for token in range(12):
        for k in range(3):
            share = wanted[token, sources[3 * token + k]].item()
            assert shares[3 * token + k] == pytest.approx(share, abs=1e-3)
        assert shares[3 * token] == pytest.approx(wanted[token].amax().item(), abs=1e-3)


def test_the_place_may_be_in_a_generation(starter_engine: Engine) -> None:
    place = GeneratedPlace("Once upon", (), 10, (11, 12))
    seen = only(starter_engine, LookInside(2, place, 0, 13))
    assert len(seen.tokens) == len(seen.lengths)
    assert "".join(seen.tokens).startswith("Once upon")


def test_each_token_has_a_weight(starter_engine: Engine) -> None:
    before, answer = weighed(starter_engine, "gradient")
    assert before == []
    assert [(w.first, w.end) for w in answer.weights] == [(i, i + 1) for i in range(len(answer.tokens))]
    assert any(w.nats > 0 for w in answer.weights)


def test_leaving_out_a_sentence_loses_what_reading_without_it_says(starter_engine: Engine) -> None:
    before, answer = weighed(starter_engine, SENTENCES)
    assert [type(message) for message in before] == [Progress] * 4
    pieces = ["".join(answer.tokens[w.first : w.end]) for w in answer.weights]
    assert [piece.strip() for piece in pieces] == [
        "Once upon a time, there was a fox.",
        "The fox was sad.",
        "It had no friend in the wood.",
        pieces[3].strip(),
    ]
    ids = read(starter_engine)
    second = answer.weights[1]
    rest = ids[: second.first] + ids[second.end : -1]
    checkpoint = starter_engine._checkpoint
    assert checkpoint is not None
    without = open_inside(checkpoint.model, rest).logits().log_softmax(0)[ids[-1]].item()
    assert second.nats == pytest.approx(answer.logprob - without, abs=1e-3)
    assert answer.n_left == 0


def test_leaving_out_sentences_can_be_stopped_and_says_what_it_has(starter_engine: Engine) -> None:
    calls = iter([False] * 12 + [True] * 100)
    _, answer = weighed(starter_engine, SENTENCES, lambda: next(calls))
    assert answer.n_left > 0
    assert len(answer.weights) + answer.n_left == 4
    if answer.weights:
        assert answer.weights[-1].end == len(answer.tokens)  # the last one is weighed first


@pytest.mark.parametrize(
    "request_",
    [
        LookInside(2, ReadPlace(1, 5), 0, 3),
        MapAttention(2, ReadPlace(1, 5), 0, 0),
        WeighWords(2, ReadPlace(1, 5), 3),
        WeighWords(2, ReadPlace(1, 5), 3, SENTENCES),
    ],
)
def test_looking_inside_can_be_stopped(starter_engine: Engine, request_: Any) -> None:
    read(starter_engine)
    (answer,) = starter_engine.run(request_, lambda: True)
    assert isinstance(answer, JobFailed)
    assert answer.templates == STOPPED


def test_a_place_in_a_text_that_has_changed_is_refused(starter_engine: Engine) -> None:
    read(starter_engine)
    answer = only(starter_engine, LookInside(2, ReadPlace(99, 5), 0, 3))
    assert isinstance(answer, JobFailed)
    assert not answer.report


def test_too_little_memory_is_said_before_it_is_taken(
    starter_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(starter_engine)
    monkeypatch.setattr(looking, "available_memory_bytes", lambda: 1000)
    answer = only(starter_engine, LookInside(2, ReadPlace(1, 7), 0, 3))
    assert isinstance(answer, JobFailed)
    assert "memory" in answer.what_happened


def test_what_is_off_is_said_and_changes_what_is_written_until_it_is_on_again(starter_engine: Engine) -> None:
    def written() -> list[int]:
        request = Generate(3, TEXT, (), (), 12, 7)
        answers = starter_engine.run(request)
        return [t.token_id for a in answers if isinstance(a, TokensGenerated) for t in a.tokens]

    whole = written()
    answer = only(starter_engine, SwitchOff(2, ((1, 0), (0, 2)), (2,)))
    assert isinstance(answer, SwitchedOff)
    assert answer.model.switched_off == "L1H3 L2H1 L3"
    without = written()
    assert without != whole
    assert only(starter_engine, SwitchOff(2, (), ())).model.switched_off == ""
    assert written() == whole


def test_after_switching_everything_is_read_again(starter_engine: Engine) -> None:
    def numbers() -> list[float]:
        return [
            t.logprob for m in starter_engine.run(ReadText(1, TEXT, ())) for t in getattr(m, "tokens", ())
        ]

    before = numbers()
    only(starter_engine, SwitchOff(2, ((0, 0),), ()))
    assert numbers() != before
    only(starter_engine, SwitchOff(2, (), ()))
    assert numbers() == pytest.approx(before, abs=1e-4)


def test_what_a_model_does_not_have_is_refused_in_words(starter_engine: Engine) -> None:
    answer = only(starter_engine, SwitchOff(2, ((99, 0),), ()))
    assert isinstance(answer, JobFailed)
    assert "no such head" in answer.what_happened


def test_sentences_end_where_one_ends_and_every_token_is_in_one() -> None:
    texts = [
        "One",
        " day",
        ".",
        " Two",
        "!",
        " ",
        "“",
        "Three",
        "?”",
        "\n",
        "\n",
        "四",
        "。",
        "五",
        "。",
        " six",
    ]
    cut = sentences(texts)
    assert ["".join(texts[a:b]) for a, b in cut] == [
        "One day.",
        " Two! ",
        "“Three?”\n\n",
        "四。",
        "五。",
        " six",
    ]
    assert sentences([]) == []


# -- other kinds of models ---------------------------------------------------------------------------------


@pytest.fixture
def llama() -> TransformersLM:
    torch.manual_seed(5)
    config = transformers.LlamaConfig(
        vocab_size=500, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    backend: Any = transformers.LlamaForCausalLM(config)  # untyped
    return TransformersLM(backend.eval(), config, torch.device("cpu"))


def test_inside_a_llama_are_transformers_own_numbers(llama: TransformersLM) -> None:
    seen = open_inside(llama, IDS)
    backend = llama.backend
    backend.set_attn_implementation("eager")
    with torch.inference_mode():
        output = backend(torch.tensor([IDS]), output_attentions=True, output_hidden_states=True)
    for layer, attention in enumerate(output.attentions):
        assert torch.allclose(seen.attention(layer), attention[0, :, -1], atol=1e-5)
        assert torch.allclose(seen.attention_map(layer, 2), attention[0, 2], atol=1e-5)
    lens = seen.lens()
    assert lens is not None
    assert torch.allclose(lens[-1], output.logits[0, -1], atol=1e-4)
    with torch.inference_mode():
        wanted = backend.lm_head(backend.model.norm(output.hidden_states[1][0, -1]))
    assert torch.allclose(lens[1], wanted, atol=1e-4)


def test_looking_inside_a_llama_leaves_its_way_of_computing_as_it_was(llama: TransformersLM) -> None:
    before = llama.backend.config._attn_implementation
    open_inside(llama, IDS)
    assert llama.backend.config._attn_implementation == before != "eager"
    assert llama.cached_ids == []


def test_gradients_of_a_llama_say_what_a_small_step_changes(llama: TransformersLM) -> None:
    weights = open_inside(llama, IDS).weigh(42)
    embedded = llama.backend.get_input_embeddings()(torch.tensor([IDS])).detach()
    step = 1e-2
    smaller = embedded.clone()
    smaller[0, 4] *= 1 - step
    with torch.inference_mode():
        one, other = (
            llama.backend(inputs_embeds=x).logits[0, -1].log_softmax(0)[42] for x in (embedded, smaller)
        )
    assert weights[4].item() == pytest.approx((one - other).item() / step, rel=0.1, abs=2e-3)


def test_a_llamas_heads_and_layers_can_be_off(llama: TransformersLM) -> None:
    ids = torch.tensor(IDS)
    whole = llama.forward(ids)
    llama.switch_off([(1, 2)], [])
    assert llama.cached_ids == []
    without = llama.forward(ids)
    llama.switch_off([], [])
    assert torch.allclose(llama.forward(ids), whole, atol=1e-5)
    out = llama.backend.model.layers[1].self_attn.o_proj
    kept = out.weight.detach().clone()
    with torch.no_grad():
        out.weight[:, 16:24] = 0
    llama.truncate(0)
    assert torch.allclose(llama.forward(ids), without, atol=1e-5)
    assert not torch.allclose(without, whole, atol=1e-4)
    with torch.no_grad():
        out.weight.copy_(kept)
    llama.switch_off([], [1])
    skipped = llama.forward(ids)
    lens = open_inside(llama, IDS).lens()
    assert lens is not None
    assert torch.allclose(lens[1], lens[2], atol=1e-5)
    assert torch.allclose(lens[3], skipped, atol=1e-4)


@pytest.mark.parametrize(("heads", "layers"), [([(0, 4)], []), ([(3, 0)], []), ([], [3])])
def test_what_a_llama_does_not_have_cannot_be_off(
    llama: TransformersLM, heads: list[tuple[int, int]], layers: list[int]
) -> None:
    with pytest.raises(IndexError):
        llama.switch_off(heads, layers)


def test_a_kind_of_model_that_is_built_otherwise_says_it_has_no_switches() -> None:
    config = transformers.GPTNeoXConfig(
        vocab_size=500, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64,
    )  # fmt: skip
    backend: Any = transformers.GPTNeoXForCausalLM(config)  # untyped
    model = TransformersLM(backend.eval(), config, torch.device("cpu"))
    with pytest.raises(StudioError, match="cannot be switched off"):
        model.switch_off([(0, 0)], [])
    lens = open_inside(model, IDS).lens()
    assert lens is not None
    assert torch.allclose(lens[-1], model.forward(torch.tensor(IDS)), atol=1e-4)


def test_the_memory_of_logits_is_another_one_after_switching(starter_engine: Engine) -> None:
    ids = read(starter_engine)
    reader = starter_engine._reader
    assert reader is not None
    assert reader.logits.get(memory.key_of(ids[:3])) is not None
    only(starter_engine, SwitchOff(2, ((0, 0),), ()))
    reader = starter_engine._reader
    assert reader is not None
    assert reader.logits.get(memory.key_of(ids[:3])) is None
    only(starter_engine, SwitchOff(2, (), ()))
