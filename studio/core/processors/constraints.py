"""Text that must have a given shape: a regular expression, or JSON that a schema describes.

The grammar is followed byte by byte by llguidance (Rust, MIT licence), which says of every token whether it
may come next. Its expressions are automata built by derivatives, without look-around and without
backtracking, so none of them can hang; it has limits of its own for the rest. Imported only when a run uses
it, so only in the model's process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, StudioError
from studio.core.parameters import Stage, text_param
from studio.core.running import Running, RunStart, Untouched
from studio.core.truncation import INF

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer
    from torch import Tensor

    from studio.core.tokenizer import Tokenizer


def _any_pattern(text: str) -> None:
    """What is wrong with a pattern, the library says when a run begins."""


def _read_schema(text: str) -> None:
    """Raises ValueError with one sentence if `text` is neither empty nor a JSON object."""
    if not text.strip():
        return
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        schema = None
    if not isinstance(schema, dict):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "A JSON schema is a JSON object, such as {example}."),
            example='{"type": "object"}',
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """Keep the tokens with which the continuation can still match a regular expression as a whole.

    Willard & Louf 2023, arXiv 2307.09702, byte by byte; syntax of Rust's regex without look-around.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Pattern"),
        QT_TRANSLATE_NOOP("processors", "The continuation must match a regular expression of yours."),
    )
    pattern: str = text_param(
        "", off="", check=_any_pattern,
        example=QT_TRANSLATE_NOOP("processors", r' "[^"\n]+[.!?]"'),
        label=QT_TRANSLATE_NOOP("processors", "Pattern"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "A regular expression that the whole continuation must match; writing ends once nothing more can "
            "follow. Remember the space before the first word. Without look-ahead and look-behind.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage at the beginning of the pattern. StudioError if there is a mistake in it."""
        if not self.pattern:
            return Untouched()
        from llguidance import LLMatcher

        return ConstraintRun(start, _checked(LLMatcher.grammar_from_regex(self.pattern), "The pattern"))


@dataclass(frozen=True, slots=True)
class JsonShape:
    """Keep the tokens with which the continuation can still become JSON that a schema allows."""

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "JSON schema"),
        QT_TRANSLATE_NOOP("processors", "The continuation must be JSON as a schema of yours describes it."),
    )
    json_schema: str = text_param(
        "", off="", check=_read_schema, lines=3,
        example='{"type": "object", "properties": {"name": {"type": "string"}}}',
        label=QT_TRANSLATE_NOOP("processors", "JSON schema"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "A JSON schema that the whole continuation must follow; writing ends once the JSON is complete.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage at the beginning of the JSON. StudioError if there is a mistake in the schema."""
        if not self.json_schema.strip():
            return Untouched()
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(self.json_schema, overrides=_JSON)
        return ConstraintRun(start, _checked(grammar, "The JSON schema"))


_JSON: Any = {"whitespace_pattern": r"[ \n]{0,8}"}
"""Between the parts of JSON; without an end a small model goes on writing spaces for ever."""

_NAMES = {
    "The pattern": QT_TRANSLATE_NOOP("StudioError", "The pattern cannot be used: {reason}."),
    "The JSON schema": QT_TRANSLATE_NOOP("StudioError", "The JSON schema cannot be used: {reason}."),
}


def _checked(grammar: str, name: str) -> str:
    from llguidance import LLMatcher

    if problem := LLMatcher.validate_grammar(grammar):
        raise StudioError(
            _NAMES[name],
            QT_TRANSLATE_NOOP("StudioError", "Correct it under Sampling, or switch it off."),
            reason=_reason(problem),
        )
    return grammar


def _reason(problem: str) -> str:
    """The one line of the library's report that says what is wrong."""
    lines = [line.strip() for line in problem.splitlines()]
    named = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (named or lines)[0][:160].rstrip(".")


class ConstraintRun(Untouched):
    """A grammar during one run. It follows `ids`, so any position can be asked for in any order."""

    __slots__ = ("_grammar", "_matcher", "_start", "_written", "discarded", "is_broken")

    def __init__(self, start: RunStart, grammar: str) -> None:
        self._start = start
        self._grammar = grammar
        self._matcher: LLMatcher | None = None  # made for the size of the vocabulary, at the first call
        self._written: list[int] = []  # what the matcher has been told
        self.discarded = 0.0  # 0..1: of the probability before this stage, what it removed at the last call
        self.is_broken = False  # at the last call: what was written before does not fit, so it did nothing

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        matcher = self._follow(self._start.written(ids.tolist()), len(logits))
        mask = b"" if matcher.is_error() else matcher.compute_bitmask()
        self.discarded = 0.0
        self.is_broken = matcher.is_error()
        if self.is_broken:
            return logits  # `take` says so, should it go on from here
        import numpy as np

        bits = np.unpackbits(np.frombuffer(mask, dtype=np.uint8), bitorder="little")[: len(logits)]
        allowed = logits.new_tensor(bits) > 0
        kept = logits.where(allowed, -INF)
        if kept.amax().item() == -INF:
            return logits
        self.discarded = max(0.0, 1.0 - float(logits.softmax(-1)[allowed].sum()))
        return logits if bool((allowed | (logits == -INF)).all()) else kept

    def take(self, token_id: int) -> None:
        """Follow the token that was drawn. StudioError if it breaks the shape."""
        if self._matcher is None:
            return
        self._written.append(token_id)
        if not self._matcher.consume_token(token_id):
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "No token was left that fits the pattern or schema."),
                QT_TRANSLATE_NOOP(
                    "StudioError", "Make it simpler, or switch off other stages that ban words it needs."
                ),
            )

    def is_complete(self) -> bool:
        """Whether nothing more can follow."""
        return self._matcher is not None and self._matcher.is_stopped()

    def _follow(self, written: Sequence[int], size: int) -> LLMatcher:
        from llguidance import LLMatcher

        known = len(self._written)
        if self._matcher is None or self._written != list(written[:known]):
            self._matcher = LLMatcher(_tokens(self._start.tokenizer, size), self._grammar, log_level=0)
            self._written, known = [], 0
        if known < len(written):
            self._matcher.consume_tokens(list(written[known:]))
            self._written = list(written)
        return self._matcher

    def n_fitting(self, written: Sequence[int], size: int) -> int:
        """How many tokens of a text fit, from its first on; `size` is that of the vocabulary."""
        from llguidance import LLMatcher

        matcher = LLMatcher(_tokens(self._start.tokenizer, size), self._grammar, log_level=0)
        return matcher.validate_tokens(list(written))

    def __copy__(self) -> ConstraintRun:
        """Another that goes its own way from here."""
        twin = ConstraintRun(self._start, self._grammar)
        twin._matcher = self._matcher.deep_copy() if self._matcher else None
        twin._written = list(self._written)
        return twin


def take(chain: Sequence[Running], token_id: int) -> None:
    """Follow the token that was drawn. StudioError if it breaks a pattern or schema of the chain."""
    for stage in chain:
        if isinstance(stage, ConstraintRun):
            stage.take(token_id)


def is_complete(chain: Sequence[Running]) -> bool:
    """Whether a pattern or schema of the chain is complete."""
    return any(isinstance(stage, ConstraintRun) and stage.is_complete() for stage in chain)


def discarded(chain: Sequence[Running]) -> float:
    """How much of the probability the chain's patterns and schemas ruled out at the last call, 0..1."""
    return max((stage.discarded for stage in chain if isinstance(stage, ConstraintRun)), default=0.0)


class _Vocabulary:
    """A tokenizer as the library wants it."""

    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        end = tokenizer.end_of_text_id
        known = [tokenizer.token_bytes(token_id) for token_id in range(size)]
        self.eos_token_id = len(known) if end is None or end >= size else end
        if self.eos_token_id == len(known):
            known.append(b"")  # a model that has no end of text
        # What has no bytes, or is no text, must not be written: a byte no UTF-8 text holds.
        self.tokens = [raw or b"\xff" for raw in known]
        self.tokens[self.eos_token_id] = b"<|end|>"
        self.special_token_ids = [self.eos_token_id]
        self._encode: Callable[[str], Any] = tokenizer.encode

    def __call__(self, text: bytes | str) -> list[int]:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        return list(self._encode(text).ids)


_tokenizers: WeakKeyDictionary[Tokenizer, dict[int, LLTokenizer]] = WeakKeyDictionary()


def _tokens(tokenizer: Tokenizer, size: int) -> LLTokenizer:
    """The library's own tables of a vocabulary, made once."""
    from llguidance import LLTokenizer, TokenizerWrapper

    made = _tokenizers.setdefault(tokenizer, {})
    if size not in made:
        wrapper: Any = TokenizerWrapper(_Vocabulary(tokenizer, size))
        made[size] = LLTokenizer(wrapper)
    return made[size]
