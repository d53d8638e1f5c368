"""A pattern or a JSON schema holds for every text, whatever the model wants; mistakes are said at once."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise

import pytest
import torch

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.errors import RefusedError
from studio.core.processors import BannedWords, JsonShape, LogitsProcessor, Pattern, Temperature, TopK
from studio.core.processors.constraints import ConstraintRun
from studio.core.running import RunStart, begin_all
from studio.core.tokenizer import Tokenizer
from studio.core.xray import explain

PROMPT = "Once upon a time, there was a little"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def write(
    engine: Engine, *stages: LogitsProcessor, seed: int = 1, n: int = 60, prompt: str = PROMPT
) -> tuple[str, m.FinishReason, list[m.Token]]:
    messages = list(engine.run(m.Generate(3, prompt, (), stages, n, seed)))
    tokens = [t for message in messages if isinstance(message, m.TokensGenerated) for t in message.tokens]
    finished = messages[-1]
    assert isinstance(finished, m.GenerationFinished)
    return "".join(token.text for token in tokens), finished.reason, tokens


@pytest.mark.parametrize(
    "pattern", [r" \d{3}-\d{4}\.", r" (cat|dog) named [A-Z][a-z]{2,6}\.", r"[é🙂]{4}", r"\n- [^\n]{3,20}\n"]
)
@pytest.mark.parametrize("seed", range(4))
def test_the_whole_text_matches_the_pattern_and_ends_there(
    starter_engine: Engine, pattern: str, seed: int
) -> None:
    text, reason, tokens = write(starter_engine, Pattern(pattern), Temperature(1.2), seed=seed)
    assert re.fullmatch(pattern, text)
    assert reason is m.FinishReason.COMPLETE
    assert all(0 <= token.discarded <= 1 for token in tokens)
    assert tokens[0].discarded > 0.5


def test_the_model_may_end_where_the_pattern_may(starter_engine: Engine) -> None:
    ends = [write(starter_engine, Pattern(r" [a-z ,]+\."), seed=seed, n=40) for seed in range(3)]
    for text, reason, _ in ends:
        whole = reason is m.FinishReason.COMPLETE
        assert re.fullmatch(r" [a-z ,]+\." if whole else r" [a-z ,]+\.?", text)


@pytest.mark.parametrize("seed", range(4))
def test_json_follows_the_schema(starter_engine: Engine, seed: int) -> None:
    stages = (JsonShape(json.dumps(SCHEMA)), TopK(40))
    text, reason, _ = write(starter_engine, *stages, seed=seed, prompt="The girl as JSON: ", n=200)
    assert reason is m.FinishReason.COMPLETE
    found = json.loads(text)
    assert set(found) == {"name", "age"}
    assert isinstance(found["name"], str)
    assert len(found["name"]) <= 12
    assert isinstance(found["age"], int)
    assert found["age"] <= 99


def test_same_seed_same_text_and_alternatives_write_it_too(starter_engine: Engine) -> None:
    stages = (Pattern(r" (cat|dog) named [A-Z][a-z]{2,6}\."), Temperature(1.2))
    alone = [write(starter_engine, *stages, seed=seed)[0] for seed in (4, 5, 6)]
    assert alone == [write(starter_engine, *stages, seed=seed)[0] for seed in (4, 5, 6)]
    together = list(starter_engine.run(m.GenerateAlternatives(3, PROMPT, (), stages, 60, (4, 5, 6))))
    for index, text in enumerate(alone):
        parts = [e for e in together if isinstance(e, m.AlternativeTokens) and e.index == index]
        assert "".join(t.text for part in parts for t in part.tokens) == text
    ends = [e.reason for e in together if isinstance(e, m.AlternativeFinished)]
    assert ends == [m.FinishReason.COMPLETE] * 3


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Pattern("("), "The pattern cannot be used: unclosed group."),
        (Pattern("a(?=b)"), "look-around"),
        (JsonShape('{"type": "nonsense"}'), "The JSON schema cannot be used: Invalid type: nonsense."),
        (JsonShape('{"$ref": "#/nowhere"}'), "does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_written(
    starter_engine: Engine, stage: LogitsProcessor, words: str
) -> None:
    for request in (
        m.Generate(3, PROMPT, (), (stage,), 5, 1),
        m.GenerateAlternatives(3, PROMPT, (), (stage,), 5, (1, 2)),
    ):
        (failed,) = starter_engine.run(request)
        assert isinstance(failed, m.JobFailed)
        assert words in failed.what_happened
        assert not failed.report


@pytest.mark.parametrize("schema", ["[1]", "{", "true", "[" * 10_000])
def test_what_is_no_json_object_is_no_schema(schema: str) -> None:
    with pytest.raises(RefusedError, match="is a JSON object"):
        JsonShape.__dataclass_fields__["json_schema"].metadata["check"](schema)


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"((a{100}){100}){100}", r"(.*a){50}", "a{0,100000}x?"])
def test_no_pattern_hangs(starter_engine: Engine, pattern: str) -> None:
    started = time.monotonic()
    list(starter_engine.run(m.Generate(3, PROMPT, (), (Pattern(pattern),), 20, 1)))
    assert time.monotonic() - started < 10


def test_a_shape_that_cannot_be_kept_is_said(starter_engine: Engine) -> None:
    stages = (BannedWords('"a"'), Pattern("a"))
    *_, failed, finished = starter_engine.run(m.Generate(3, PROMPT, (), stages, 5, 1))
    assert isinstance(failed, m.JobFailed)
    assert failed.what_happened == "No token was left that fits the pattern or schema."
    assert isinstance(finished, m.GenerationFinished)


def test_any_position_can_be_asked_for_in_any_order(starter_tokenizer: Tokenizer) -> None:
    written = starter_tokenizer.encode(" dog named Rex").ids
    logits = torch.randn(4096, generator=torch.Generator().manual_seed(1))

    def begin() -> ConstraintRun:
        running = Pattern(r" (cat|dog) named [A-Z][a-z]{2,6}\.").begin(RunStart(1, 2, starter_tokenizer))
        assert isinstance(running, ConstraintRun)
        return running

    steady = begin()
    seen = []
    for n in range(len(written) + 1):
        seen.append(steady(torch.tensor([5, 6, *written[:n]]), logits))
        if n < len(written):
            steady.take(written[n])
    jumping = begin()
    for n in (3, 0, 2, 1, len(written)):
        assert torch.equal(jumping(torch.tensor([5, 6, *written[:n]]), logits), seen[n])
    assert any(not torch.equal(one, other) for one, other in pairwise(seen))


def test_what_was_discarded_is_what_the_x_ray_says(starter_tokenizer: Tokenizer) -> None:
    logits = torch.randn(4096, generator=torch.Generator().manual_seed(1)) * 3
    chain = (Pattern(r" [a-m]+"), TopK(5))
    runnings = begin_all(chain, RunStart(1, 1, starter_tokenizer))
    (report, _), _ = explain(chain, runnings, torch.tensor([5]), logits)
    kept = [i for i in range(4096) if re.fullmatch(r" [a-m]*", starter_tokenizer.display(i))]
    kept = [i for i in kept if i != starter_tokenizer.end_of_text_id]
    assert report.n_left == len(kept)
    assert report.mass_removed == pytest.approx(1 - float(logits.softmax(0)[kept].sum()), abs=1e-5)
    assert isinstance(runnings[0], ConstraintRun)
    assert runnings[0].discarded == pytest.approx(report.mass_removed, abs=1e-5)
