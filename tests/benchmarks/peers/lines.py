"""The lines of the comparison: who is compared with whom at what, and what the ratio must be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.peers.running import BESIDE_THE_APP, OURS, Contender

SIXTEEN_BITS = ("float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class Task:
    """Something that every contender of some lines does in every round."""

    name: str
    kind: str  # decode, prefill, batch, sample
    n_prompt: int
    n_tokens: int = 0
    n_texts: int = 1

    def within(self, n_positions: int, n_tokens: int) -> Task:
        """The same for a smaller context window, with fewer tokens if told so: those in the middle."""
        wanted = min(self.n_tokens, n_tokens)
        prompt = self.n_prompt + (self.n_tokens - wanted) // 2
        return Task(self.name, self.kind, min(prompt, n_positions - wanted - 1), wanted, self.n_texts)

    @property
    def mean_context(self) -> float:
        """How many tokens there are before one that is decoded, in the middle of the task."""
        return self.n_prompt + self.n_tokens / 2


NEAR = Task("decode 64 to 320", "decode", 64, 256)
FAR = Task("decode 768 to 1024", "decode", 767, 256)
PREFILL = Task("prefill 512", "prefill", 512)
BATCH = Task("batch 8 after 64", "batch", 64, 32, 8)
SAMPLED = Task("sampled", "sample", 64, 128)
TASKS = (NEAR, FAR, PREFILL, BATCH, SAMPLED)


@dataclass(slots=True)
class Measured:
    """What came out: figures by task and contender's name, one of each round."""

    rates: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)  # tokens a second
    divergence: dict[str, float] = field(default_factory=dict)  # mean KL to our float32, nats a token
    peak_bytes: dict[str, float] = field(default_factory=dict)
    weight_bytes: dict[str, float] = field(default_factory=dict)
    window_ratio: float | None = None
    disturbed: list[float] = field(default_factory=list)  # others' share of the cores, of every turn
    bandwidth: list[float] = field(default_factory=list)  # bytes a second, one of each round

    def rate(self, task: Task, name: str) -> float | None:
        """The median, in tokens a second."""
        found = [rate for rate in self.rates.get(task.name, {}).get(name, []) if rate]
        return statistics.median(found) if found else None

    def ratio(self, task: Task, ours: str, theirs: str) -> float | None:
        """The median over the rounds of ours ÷ theirs in the same round."""
        by_name = self.rates.get(task.name, {})
        pairs = zip(by_name.get(ours, []), by_name.get(theirs, []), strict=False)
        ratios = [one / other for one, other in pairs if one and other]
        return statistics.median(ratios) if ratios else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line's outcome."""

    line: str
    value: float | None
    target: float
    against: str  # the best peer, or why there is no value
    at_most: bool = False
    condition: str = ""  # what else must hold and does not

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None if nothing was measured."""
        if self.value is None:
            return None
        reached = self.value <= self.target if self.at_most else self.value >= self.target
        return reached and not self.condition

    def __str__(self) -> str:
        value = "      -" if self.value is None else f"{self.value:7.2f}"
        word = {True: "met", False: "NOT MET", None: "not measured"}[self.met]
        sign = "<=" if self.at_most else ">="
        rest = "; ".join(part for part in (self.against, self.condition) if part)
        return f"  {self.line:<52}{value}  {sign} {self.target:<5g}{word:<13} {rest}"


def tasks_of(contender: Contender) -> list[Task]:
    """What a contender is measured at: what a line needs of it."""
    ours = contender.engine == OURS
    found = [NEAR]
    if contender.precision == "int8" or ours:
        found.append(FAR)
    if contender.engine == "transformers":
        return found
    if contender.precision == "float32" or ours:
        found.append(PREFILL)
    found.append(BATCH)
    return [*found, SAMPLED] if ours else found


def verdicts(measured: Measured, contenders: Sequence[Contender], missing: Sequence[str]) -> list[Verdict]:
    """Every line of the table, also those that nothing was measured for."""
    ours = {contender.precision: contender.name for contender in contenders if contender.engine == OURS}

    def peers(precision: str) -> list[str]:
        return [
            contender.name
            for contender in contenders
            if contender.engine not in BESIDE_THE_APP and contender.precision == precision
        ]

    def race(line: str, target: float, task: Task, precision: str, rivals: list[str]) -> Verdict:
        if precision not in ours:
            return Verdict(line, None, target, f"there is no {precision} of ours")
        ratios = {name: measured.ratio(task, ours[precision], name) for name in rivals}
        found = {name: ratio for name, ratio in ratios.items() if ratio is not None}
        if not found:
            return Verdict(line, None, target, "no peer" + (f" ({', '.join(missing)})" if missing else ""))
        best = min(found, key=lambda name: found[name])
        return Verdict(line, found[best], target, f"against {best}")

    sixteen = next((precision for precision in SIXTEEN_BITS if precision in ours), SIXTEEN_BITS[0])
    int4 = race("int4 64 to 320 / llama.cpp Q4_0", 1.0, NEAR, "int4", peers("int4"))
    return [
        race("int8 64 to 320 / best peer", 1.25, NEAR, "int8", peers("int8")),
        race("int8 768 to 1024 / best peer", 1.25, FAR, "int8", peers("int8")),
        race("float32 64 to 320 / best peer", 1.0, NEAR, "float32", peers("float32")),
        race("16 bits 64 to 320 / transformers", 3.0, NEAR, sixteen, ["transformers generate()"]),
        _at_no_worse_divergence(int4, measured, ours.get("int4", "")),
        *(
            race(f"batch of 8, {precision} / best peer", 1.0, BATCH, precision, peers(precision))
            for precision in ("float32", "int8", "int4")
        ),
        race("prefill 512, float32 / best float32 peer", 1.0, PREFILL, "float32", peers("float32")),
        race("prefill 512, 16 bits / best float32 peer", 1.0, PREFILL, sixteen, peers("float32")),
        *(_sampled(measured, precision, name) for precision, name in ours.items()),
        _window(measured),
        *(_memory(measured, precision, name) for precision, name in ours.items()),
    ]


def _at_no_worse_divergence(verdict: Verdict, measured: Measured, ours: str) -> Verdict:
    own, theirs = measured.divergence.get(ours), measured.divergence.get("llama.cpp Q4_0")
    if own is None or theirs is None:
        return verdict
    words = f"mean KL {own:.2g}, theirs {theirs:.2g}"
    worse = "not as close to float32 as theirs" if own > theirs else ""
    return Verdict(verdict.line, verdict.value, verdict.target, f"{verdict.against}; {words}", False, worse)


def _sampled(measured: Measured, precision: str, name: str) -> Verdict:
    ratio = measured.ratio(SAMPLED, name, f"{name}, bare")
    return Verdict(
        f"sampled with all numbers / bare greedy, {precision}",
        ratio,
        0.93,
        "" if ratio else "not asked for",
    )


def _window(measured: Measured) -> Verdict:
    ratio = measured.window_ratio
    return Verdict("in the window / headless (starter model)", ratio, 0.9, "" if ratio else "not asked for")


def _memory(measured: Measured, precision: str, name: str) -> Verdict:
    line = f"peak memory less 250 MB / weights, {precision}"
    peak, weights = measured.peak_bytes.get(name), measured.weight_bytes.get(name)
    if not peak or not weights:
        return Verdict(line, None, 1.6, "the system does not say", at_most=True)
    words = f"{peak / 1e6:.0f} MB for {weights / 1e6:.0f} MB"
    return Verdict(line, (peak - 250e6) / weights, 1.6, words, at_most=True)
