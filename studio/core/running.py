"""Processors at work: what one keeps for the length of a run, and how a run tells it what was chosen.

Most processors are pure: a function of the context and the logits, so they are their own Running. Some need
the run's seed (XTC), the tokenizer (a bias by text) or what was chosen so far (mirostat). A run calls
`begin_all` once, then at every position each Running in order, and `chosen` with the token that was drawn.

What a Running answers at a position depends on the start and on the tokens chosen before, on nothing else;
calling it twice changes nothing. So a run can be replayed on stored logits.

Imports no torch; the window reads the processors' fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from studio.core.parameters import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from studio.core.memory import LogitMemory
    from studio.core.model import CausalLM
    from studio.core.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beforehand of a run that is only looked at."""

    others: LogitMemory  # logits after other ids than the run's own; filled by the stages that need them
    ids: Sequence[int] = ()  # all that the run reads
    text: Sequence[int] | None = None  # of a text that was read: all its tokens; it counts as one run
    text_at: int = 0  # index in `text` of the run's first id
    likeness: dict[tuple[int, int], float] = field(default_factory=dict)  # see contrastive.py


@dataclass(frozen=True, slots=True)
class RunStart:
    """What a run of one row knows when it begins."""

    seed: int
    n_prompt: int  # tokens before the first one that is chosen: position p is chosen from n_prompt + p ids
    tokenizer: Tokenizer
    model: CausalLM | None = None  # None: only logits that are stored
    row: int = 0  # which of several texts at once; -1: a place is only looked at
    goes_back: bool = False  # the run itself takes banned phrases back, see backtracking.py
    cancelled: Callable[[], bool] = lambda: False
    n_new: int = 0  # how many tokens it chooses at most; 0: as many as fit into the context window
    known: Known | None = None

    def written(self, ids: Sequence[int]) -> Sequence[int]:
        """What the run, or the text, had written when `ids` had been read."""
        known = self.known
        before = known.text[: max(known.text_at + self.n_prompt, 0)] if known and known.text else ()
        return [*before, *ids[self.n_prompt :]]


class Running(Protocol):
    """A processor during one run."""

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32; the arguments are left as they are."""

    def chosen(self, token_id: int) -> None:
        """Be told which token was drawn after the last call."""


class LogitsProcessor(Protocol):
    """A frozen dataclass that says what to do with the logits of a run."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    stage: ClassVar[Stage]

    def begin(self, start: RunStart) -> Running:
        """Return what does it."""


_Self = TypeVar("_Self", bound=Running)


class Pure:
    """A processor that is its own Running: it needs only the context and the logits."""

    __slots__ = ()

    def begin(self: _Self, start: RunStart) -> _Self:
        """Itself."""
        return self

    def chosen(self, token_id: int) -> None:
        """Nothing to remember."""


class ByValue(Pure):
    """Looks at nothing but the values: what happens to a token does not depend on which token it is.

    Tokens that were removed (-inf) count for nothing, so it may be given the others only.
    """

    __slots__ = ()


class Cut(ByValue):
    """Removes tokens, as a rule nearly all of them."""

    __slots__ = ()

    def kept(self, logits: Tensor) -> Tensor | None:
        """The tokens it keeps, in the vocabulary's order, if that is known sooner than the logits it makes.

        (V,) float32 -> (n,) int64.
        """
        return None


class Untouched(Pure):
    """What a processor that is off does in a run."""

    __slots__ = ()

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """The very tensor."""
        return logits


def begin_all(processors: Sequence[LogitsProcessor], start: RunStart) -> tuple[Running, ...]:
    """Begin every processor of a chain, in order."""
    return tuple(processor.begin(start) for processor in processors)
