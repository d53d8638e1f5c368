"""Asking for several continuations at once, and sorting what comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor

from studio.core.messages import (
    AlternativeFinished,
    AlternativeTokens,
    FinishReason,
    GenerateAlternatives,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.parameters import Stage
from studio.core.processors import (
    NoRepeatNgram,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
)
from studio.core.running import Pure

PROMPT = "Once upon a time, there was a little"
SEEDS = (7, 8, 9, 10)
CHAIN = (RepetitionPenalty(1.2), NoRepeatNgram(3), Temperature(0.9), TopK(50), TopP(0.95))


@dataclass(frozen=True)
class Failing(Pure):
    """A processor with a bug that shows after three tokens."""

    stage: ClassVar[Stage] = Temperature.stage
    error: BaseException
    n_context: int

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        if len(ids) >= self.n_context + 3:
            raise self.error
        return logits


def ask(prompt: str = PROMPT, n: int = 20, **changes: Any) -> GenerateAlternatives:
    return replace(GenerateAlternatives(3, prompt, (), CHAIN, n, SEEDS), **changes)


@dataclass
class Written:
    """What came of a request, sorted."""

    started: GenerationStarted
    tokens: dict[int, list[Token]]
    ends: dict[int, AlternativeFinished]
    finished: GenerationFinished

    def text(self, index: int) -> str:
        return "".join(token.text for token in self.tokens[index])

    def reasons(self) -> list[FinishReason]:
        return [self.ends[index].reason for index in sorted(self.ends)]


def sort(messages: Iterator[Any]) -> Written:
    started, *middle, finished = messages
    assert isinstance(started, GenerationStarted)
    assert isinstance(finished, GenerationFinished)
    tokens: dict[int, list[Token]] = {}
    ends: dict[int, AlternativeFinished] = {}
    for message in middle:
        if isinstance(message, AlternativeTokens):
            assert message.index not in ends, "tokens after the end"
            assert message.tokens
            tokens.setdefault(message.index, []).extend(message.tokens)
        elif isinstance(message, AlternativeFinished):
            ends[message.index] = message
            assert message.n_tokens == len(tokens.get(message.index, []))
    assert finished.n_tokens == sum(map(len, tokens.values()))
    return Written(started, tokens, ends, finished)
