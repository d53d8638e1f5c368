"""Whether a generation came out again, and what may be the reason if not. Importable without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from studio.core.environment import Environment
from studio.core.messages import FinishReason, Token

WHOLE = (FinishReason.LENGTH, FinishReason.STOP, FinishReason.END_OF_TEXT, FinishReason.COMPLETE)
"""How a generation ends that was not cut short."""


class Outcome(StrEnum):
    """How a second run compares with the first."""

    SAME = "same"  # the same tokens, and the same end
    SAME_SO_FAR = "same_so_far"  # the first run was cut short; as far as it went they are the same
    PARTED = "parted"  # see Comparison.index
    STOPPED = "stopped"  # before it could be known


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two runs part: the words of each there, empty where a run has ended."""

    index: int  # tokens before it are the same
    then: str
    now: str


@dataclass(slots=True)
class Comparison:
    """The tokens of a second run, held against those of the first as they come."""

    expected: Sequence[Token]
    reason: FinishReason | None  # of the first run
    n_same: int = 0
    parting: Parting | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the rest of the second run can change nothing any more."""
        return self.parting is not None or (self.reason not in WHOLE and self.n_same == len(self.expected))

    def add(self, tokens: Sequence[Token]) -> None:
        """More of the second run."""
        for token in tokens:
            if self.is_decided:
                return
            then = self.expected[self.n_same] if self.n_same < len(self.expected) else None
            if then is not None and then.token_id == token.token_id:
                self.n_same += 1
            else:
                self.parting = Parting(self.n_same, "" if then is None else _piece(then), _piece(token))

    def finish(self, reason: FinishReason) -> Outcome:
        """The second run is over."""
        if self.parting is not None:
            return Outcome.PARTED
        if self.n_same == len(self.expected):
            if self.reason not in WHOLE:
                return Outcome.SAME_SO_FAR
            if reason is self.reason:
                return Outcome.SAME
        if reason not in WHOLE:
            return Outcome.STOPPED
        then = self.expected[self.n_same] if self.n_same < len(self.expected) else None
        self.parting = Parting(self.n_same, "" if then is None else _piece(then), "")
        return Outcome.PARTED


def _piece(token: Token) -> str:
    """The token's own words; `text` is only what it completed."""
    return token.raw.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Difference:
    """One recorded thing that is not as it was. `what` is a field of Origin or a library's name.

    Of "switched_off" either may be empty: nothing was off.
    """

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Which model wrote, on what."""

    model: str
    sha256: str
    device: str
    environment: Environment


def differences(then: Origin, now: Origin) -> tuple[Difference, ...]:
    """What is recorded of both and differs. Of what was not recorded nothing can be said."""
    before, after = then.environment, now.environment
    pairs = [
        ("model", then.model, now.model),
        ("weights", then.sha256, now.sha256),
        ("device", then.device, now.device),
        ("app", before.app, after.app),
        ("backend", before.backend, after.backend),
        ("dtype", before.dtype, after.dtype),
        ("threads", str(before.n_threads or ""), str(after.n_threads or "")),
        ("system", before.system, after.system),
        ("cpu", before.cpu, after.cpu),
    ]
    old, new = dict(before.libraries), dict(after.libraries)
    pairs += [(name, old.get(name, ""), new.get(name, "")) for name in sorted(old.keys() | new.keys())]
    found = [Difference(*pair) for pair in pairs if pair[1] and pair[2] and pair[1] != pair[2]]
    if before.switched_off != after.switched_off:
        found.insert(
            0, Difference("switched_off", before.switched_off, after.switched_off)
        )  # first in weight
    return tuple(found)
