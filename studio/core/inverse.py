"""Inverse tuning: from what a passage should be to the settings that make it so.

Every field is searched on the rungs of its own slider, nothing in between, so that what is found can be set
by hand. No forward pass: the logits of the passage are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from studio.core import chain as chains
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.loom_messages import (
    CUTS,
    TUNABLE,
    Fit,
    Question,
    SettingChange,
    SettingsFound,
    TuneSettings,
)
from studio.core.messages import Progress
from studio.core.model import Cancelled
from studio.core.parameters import Parameter, is_off, parameters
from studio.core.passage import Passage, Trials
from studio.core.running import LogitsProcessor, RunStart

OFF_IS_LOOSEST = ("top_k", "top_n_sigma")
"""Fields whose 0 is off although small values are strict: off is the rung after the largest value."""

N_ROUNDS = 3
"""How often every field gets its turn; the search ends as soon as a round changes nothing."""

N_CURVE = 25

Chain = tuple[LogitsProcessor, ...]


def rungs(parameter: Parameter) -> list[float]:
    """The values of a field's slider, from one end to the other; off where it belongs."""
    n = math.floor((parameter.hi - parameter.lo) / parameter.step + 1e-9)
    values = [round(parameter.lo + k * parameter.step, max(parameter.decimals, 0)) for k in range(n + 1)]
    if values[-1] < parameter.hi:
        values.append(parameter.hi)
    if parameter.name in OFF_IS_LOOSEST and parameter.off is not None:
        values = [value for value in values if value != parameter.off] + [parameter.off]
    return [parameter.type(value) for value in values]


def ladder(parameter: Parameter, current: float) -> tuple[list[float], int]:
    """The rungs with the current value among them, and where it is."""
    values = rungs(parameter)
    if current not in values:
        key = values[:-1] if parameter.name in OFF_IS_LOOSEST else values
        values.insert(sum(value < current for value in key), parameter.type(current))
    return values, values.index(current)


class Search:
    """Looks for settings for one passage. `cancelled` is asked at every token."""

    def __init__(self, start: RunStart, passage: Passage, cancelled: Cancelled, target: float = 0.0) -> None:
        """`start`: of a run that begins with the passage."""
        self._passage, self._target = passage, target
        self._trials = Trials(start, passage, cancelled)
        self._fits: dict[Chain, Fit] = {}
        self._reached: dict[Chain, bool] = {}

    # -- what settings make of the passage -----------------------------------------------------------------

    def moving(self, processors: Chain, name: str) -> None:
        """One field is about to be moved: what the stages before its own do need not be computed again."""
        owners = [i for i, stage in enumerate(processors) if name in {p.name for p in parameters(stage)}]
        self._trials.keep(chains.effective(processors[: owners[0]] if owners else processors))

    def fit(self, processors: Chain) -> Fit:
        """Mean log-probability and entropy of the passage, and how much of it is impossible."""
        known = self._fits.get(processors)
        if known is not None:
            return known
        logprobs: list[float] = []
        entropies: list[float] = []
        for _, probs, found in self._trials.outcomes(chains.effective(processors)):
            logprobs += probs.log().tolist()
            entropies += found.tolist()
        possible = [logprob for logprob in logprobs if logprob > -math.inf]
        fit = Fit(
            logprob=math.fsum(possible) / len(possible) if possible else 0.0,
            entropy=max(math.fsum(entropies) / len(entropies), 0.0),
            n_impossible=len(logprobs) - len(possible),
            prob=math.exp(math.fsum(logprobs)) if len(possible) == len(logprobs) else 0.0,
        )
        self._fits[processors] = fit
        return fit

    def is_reachable(self, processors: Chain) -> bool:
        """Whether every token of the passage can be drawn."""
        if processors not in self._reached:
            outcomes = self._trials.outcomes(chains.effective(processors))
            self._reached[processors] = all(bool((probs > 0).all()) for _, probs, _ in outcomes)
        return self._reached[processors]

    def impossible(self, processors: Chain) -> list[int]:
        """The tokens of the passage that cannot be drawn."""
        return [
            target
            for span, probs, _ in self._trials.outcomes(chains.effective(processors))
            for target, prob in zip(self._passage.targets[span], probs.tolist(), strict=True)
            if prob <= 0
        ]

    # -- likeliest, entropy --------------------------------------------------------------------------------

    def improve(self, processors: Chain, names: Sequence[str], question: Question) -> Iterator[float | Chain]:
        """Change the fields one after the other; yields fractions done, and last the best chain."""
        loose = {name: field(name).off for name in names if name in CUTS}
        best, done = processors, 0
        if question is Question.LIKELIEST:  # each cut can only be as tight as the others leave it
            best = chains.with_values(processors, loose)
        for number in range(N_ROUNDS):
            before = best
            for name in names:
                best = self._along(best, name, question)
                done += 1
                yield done / (N_ROUNDS * len(names))
            if best == before or (number and len(names) == 1):
                break
        yield min(processors, best, key=lambda each: self._cost(each, question))

    def _cost(self, processors: Chain, question: Question) -> tuple[float, float]:
        """Smaller is better."""
        found = self.fit(processors)
        if question is Question.ENTROPY:
            return abs(found.entropy - self._target), 0.0
        return found.n_impossible, -found.logprob

    def _along(self, processors: Chain, name: str, question: Question) -> Chain:
        """The best rung of one field; the one it is on, if no other is better."""
        values, at = ladder(field(name), _value(processors, name))
        self.moving(processors, name)

        def made(index: int) -> Chain:
            return processors if index == at else chains.with_values(processors, {name: values[index]})

        def cost(index: int) -> tuple[float, float]:
            return self._cost(made(index), question)

        ends = {at, 0, len(values) - 1}
        if question is Question.ENTROPY:
            tried = ends | set(_crossing(len(values), lambda i: self.fit(made(i)).entropy > self._target))
        elif name in CUTS:
            fewest = min(self.fit(made(i)).n_impossible for i in (0, len(values) - 1))
            tried = ends | set(_crossing(len(values), lambda i: self.fit(made(i)).n_impossible <= fewest))
        else:
            tried = ends | _lowest(len(values), cost)
        return made(min(sorted(tried, key=lambda i: abs(i - at)), key=cost))

    # -- reachable -----------------------------------------------------------------------------------------

    def smallest_change(self, processors: Chain) -> Chain | None:
        """The single field, moved by the fewest steps, that lets every token be drawn; None if none does."""
        found: list[tuple[int, int, Chain]] = []
        for place, name, _ in _fields(processors):
            for steps, changed in self._least(processors, name):
                found.append((steps, place, changed))
        for place, stage in enumerate(processors):
            if not is_off(stage) and not any(
                isinstance(p, Parameter) and p.off is not None for p in parameters(stage)
            ):
                changed = _without(processors, stage)
                if self.is_reachable(changed):
                    found.append((_WHOLE_STAGE, place, changed))
        return min(found, key=lambda each: each[:2])[2] if found else None

    def combined_change(self, processors: Chain) -> Chain:
        """Stage by stage, the least that lets every token pass: each change is needed, each is the least."""
        current = processors
        for index in range(len(processors)):
            before = current[:index]
            if self.is_reachable((*before, current[index])):
                continue
            stage = current[index]
            names = [p.name for p in parameters(stage) if isinstance(p, Parameter)]
            ways = [way for name in names for way in self._least((*before, stage), name)]
            after = min(ways, key=lambda way: way[0])[1][-1] if ways else _off(stage)
            current = (*before, after, *current[index + 1 :])
        return current

    def _least(self, processors: Chain, name: str) -> Iterator[tuple[int, Chain]]:
        """In each direction, the least of one field that makes the passage possible: (steps, chain).

        One step less does not.
        """
        holds = self.is_reachable
        values, at = ladder(field(name), _value(processors, name))
        self.moving(processors, name)
        for direction in (1, -1):
            room = len(values) - 1 - at if direction > 0 else at

            def made(steps: int, direction: int = direction) -> Chain:
                return chains.with_values(processors, {name: values[at + direction * steps]})

            low, high = 0, 1
            while high < room and not holds(made(high)):
                low, high = high, high * 2
            high = min(high, room)
            if high <= low or not holds(made(high)):
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if holds(made(middle)) else (middle, high)
            yield high, made(high)


_WHOLE_STAGE = 10**6
"""Steps that switching a whole stage off counts for: it is the last resort."""


def tune(
    start: RunStart, request: TuneSettings, passage: Passage, cancelled: Cancelled
) -> Iterator[Progress | SettingsFound]:
    """Answer a question about settings. Raises InterruptedReading and StudioError."""
    if not passage.targets:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no passage to find settings for."),
            QT_TRANSLATE_NOOP("StudioError", "Select some words, or type one."),
        )
    question = Question(request.question)
    search = Search(start, passage, cancelled, request.target)
    processors = request.processors
    found: Chain = processors
    if question is Question.REACHABLE:
        if not search.is_reachable(processors):
            yield Progress(request.job_id, 0.1)
            found = search.smallest_change(processors) or search.combined_change(processors)
    else:
        names = [name for name in request.parameters if name in TUNABLE]
        for step in search.improve(processors, names, question):
            if isinstance(step, float):
                yield Progress(request.job_id, 0.8 * step)
            else:
                found = step
    changes = differences(processors, found)
    main = max(changes, key=lambda change: change.n_steps, default=None)
    name = main.name if main and main.name in {p.name for p in chains.all_parameters()} else ""
    yield Progress(request.job_id, 0.85)
    yield SettingsFound(
        job_id=request.job_id,
        question=request.question,
        processors=found,
        changes=changes,
        before=search.fit(processors),
        after=search.fit(found),
        n_tokens=len(passage.targets),
        curve_name=name,
        curve=tuple(_curve(search, found, name, main, question)) if name and main else (),
        words=tuple(map(start.tokenizer.display, dict.fromkeys(search.impossible(processors)))),
    )


def _curve(
    search: Search, found: Chain, name: str, main: SettingChange, question: Question
) -> Iterator[tuple[float, float]]:
    """The passage at about `N_CURVE` rungs of a field around what was and what was found."""
    values, at = ladder(field(name), main.before)
    search.moving(found, name)
    low, high = sorted((at, values.index(main.after)))
    margin = max((high - low) // 2, 4)
    shown = range(max(low - margin, 0), min(high + margin + 1, len(values)))
    wanted = sorted({*shown[:: max(len(shown) // N_CURVE, 1)], low, high})
    for value in (values[i] for i in wanted):
        if name in OFF_IS_LOOSEST and value == field(name).off:
            continue  # it has no place on the axis
        fit = search.fit(chains.with_values(found, {name: value}))
        match question:
            case Question.ENTROPY:
                yield value, fit.entropy
            case Question.REACHABLE:
                yield value, fit.prob
            case Question.LIKELIEST:
                yield value, fit.prob if fit.n_impossible else math.exp(fit.logprob)


def differences(before: Chain, after: Chain) -> tuple[SettingChange, ...]:
    """Field by field; a stage that is gone or whose text changed counts as switched off."""
    old, new = {type(p).__name__: p for p in before}, {type(p).__name__: p for p in after}
    changes = []
    for stage_name in dict.fromkeys([*old, *new]):
        gone, come = old.get(stage_name), new.get(stage_name)
        if come is None:
            changes.append(SettingChange(stage_name, 1.0, 0.0, _WHOLE_STAGE))
            continue
        for parameter in parameters(come):
            if isinstance(parameter, Parameter):
                value = getattr(gone, parameter.name) if gone is not None else parameter.default
                wanted = getattr(come, parameter.name)
                if value != wanted:
                    values, at = ladder(parameter, value)
                    steps = abs(values.index(wanted) - at) if wanted in values else 1
                    changes.append(SettingChange(parameter.name, value, wanted, steps))
    return tuple(changes)


def field(name: str) -> Parameter:
    """A number field by its name. Raises KeyError."""
    return _FIELDS[name]


_FIELDS = {p.name: p for p in chains.all_parameters() if isinstance(p, Parameter)}


def _fields(processors: Chain) -> Iterator[tuple[int, str, float]]:
    """Every number field of the stages that do something: place of the stage, name, value."""
    for place, stage in enumerate(processors):
        if not is_off(stage):
            for parameter in parameters(stage):
                if isinstance(parameter, Parameter):
                    yield place, parameter.name, getattr(stage, parameter.name)


def _value(processors: Chain, name: str) -> float:
    found = chains.values(processors).get(name)
    return found if isinstance(found, float | int) else field(name).default


def _without(processors: Chain, stage: LogitsProcessor) -> Chain:
    return tuple(other for other in processors if other is not stage)


def _off(stage: LogitsProcessor) -> LogitsProcessor:
    """The stage with the value that switches it off."""
    for parameter in parameters(stage):
        if parameter.off is not None:
            return chains.build(type(stage).__name__, {**_settings(stage), parameter.name: parameter.off})
    raise ValueError(f"{type(stage).__name__} cannot be switched off")


def _settings(stage: LogitsProcessor) -> dict[str, object]:
    return {parameter.name: getattr(stage, parameter.name) for parameter in parameters(stage)}


def _crossing(n: int, holds: Callable[[int], bool]) -> tuple[int, ...]:
    """The two neighbours between which `holds` changes from 0 to n-1; () if it does not."""
    low, high = 0, n - 1
    first = holds(low)
    if first == holds(high):
        return ()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) == first else (low, middle)
    return low, high


def _lowest(n: int, cost: Callable[[int], tuple[float, float]]) -> set[int]:
    """Rungs near the lowest of a valley of n: golden section on whole numbers."""
    low, high = 0, n - 1
    golden = (math.sqrt(5) - 1) / 2
    while high - low > 3:
        left = round(high - golden * (high - low))
        right = max(round(low + golden * (high - low)), left + 1)
        if cost(left) <= cost(right):
            high = right
        else:
            low = left
    return set(range(low, high + 1))
