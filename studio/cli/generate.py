"""`gpt2-studio generate`: continue a text."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli import inputs, running
from studio.cli.trouble import ArgumentsError, EngineFailedError
from studio.core.chain import Chain, all_parameters, reordered, with_values, without
from studio.core.environment import Environment
from studio.core.presets import DEFAULT_MAX_NEW_TOKENS
from studio.core.processors.choosing import chosen, n_texts

if TYPE_CHECKING:
    from studio.core.engine import Engine
    from studio.core.messages import Generate, GenerateAlternatives, GenerationFinished, ModelInfo, Token

_SEEDS = 2**32  # of those made up here: short enough to be typed


@dataclass(slots=True)
class Written:
    """What a generation has written so far."""

    tokens: list[Token] = field(default_factory=list)
    finished: GenerationFinished | None = None
    seed: int | None = None  # of the best of several


def run_generate(arguments: argparse.Namespace) -> int:
    """Continue a prompt."""
    library = inputs.library(arguments)
    processors, max_new_tokens = sampling(arguments, library)
    if any(not stop for stop in arguments.stop):
        raise ArgumentsError("A stop text cannot be empty.")
    if arguments.prompt is None:
        prompt = inputs.read_text(arguments.prompt_file, exactly=False)
    else:
        prompt = inputs.clean(arguments.prompt)
    folder = inputs.model_folder(arguments.model, library)
    smaller = inputs.model_folder(arguments.draft_model, library) if arguments.draft_model else None

    from studio.core.messages import FinishReason, Generate, GenerateAlternatives

    seed = secrets.randbelow(_SEEDS) if arguments.seed is None else arguments.seed
    request = Generate(
        job_id=running.JOB,
        prompt=prompt,
        special_offsets=(),
        processors=processors,
        max_new_tokens=max_new_tokens,
        seed=seed,
        stop=tuple(inputs.clean(stop) for stop in arguments.stop),
        stop_at_end_of_text=not arguments.ignore_end_of_text,
        draft=not arguments.no_drafting,
    )
    count = n_texts(processors)
    several = GenerateAlternatives(
        running.JOB, request.prompt, (), processors, max_new_tokens,
        tuple((seed + n) % 2**63 for n in range(count)), request.stop, request.stop_at_end_of_text,
    )  # fmt: skip
    written = Written()
    failure: BaseException | None = None
    with running.interruptible() as cancelled:
        engine, info = running.load(folder, arguments.device, cancelled, arguments.precision, library)
        if smaller:
            running.draft_with(engine, smaller, cancelled)
        if arguments.seed is None and not arguments.json:
            running.note(f"Seed: {seed}")
        try:
            if count > 1:
                _write_best(engine, several, cancelled, written, stream=not arguments.json)
            else:
                _generate(engine, request, cancelled, written, stream=not arguments.json)
        except (EngineFailedError, KeyboardInterrupt) as error:
            if not arguments.json or not written.tokens:
                raise
            failure = error if isinstance(error, EngineFailedError) else KeyboardInterrupt()
    finished = written.finished
    reason = finished.reason if finished else FinishReason.FAILED if failure else FinishReason.CANCELLED
    if arguments.json:
        decode_s = finished.decode_s if finished else 0.0
        result = {
            "text": "".join(token.text for token in written.tokens),
            "tokens": [running.row(token) for token in written.tokens],
            "finish_reason": reason.value,
            "seed": seed if written.seed is None else written.seed,
            "model": info.name,
            "seconds": running.number(finished.prefill_s + decode_s if finished else 0.0),
            "tokens_per_second": running.number(len(written.tokens) / decode_s if decode_s else 0.0, 2),
            "model_sha256": info.sha256,
            "device": info.device,
            "environment": json.loads(_environment(info, finished).to_json()),
        }
        running.print_json(result)
    elif sys.stdout.isatty():
        sys.stdout.write("\n")
    if failure:
        raise failure
    return 130 if reason is FinishReason.CANCELLED else 0


def _environment(info: ModelInfo, finished: GenerationFinished | None) -> Environment:
    environment = Environment.of(info)
    if finished is None:
        return environment
    told = (finished.n_guessed, finished.n_right, round(finished.saved_s, 3))
    return replace(environment, n_guessed=told[0], n_right=told[1], saved_s=told[2])


def sampling(arguments: argparse.Namespace, library: Path) -> tuple[Chain, int]:
    """The preset's chain with the flags' values put in, and how many tokens to write."""
    preset = inputs.preset(arguments.preset, library)
    length = arguments.max_new_tokens or preset.max_new_tokens or DEFAULT_MAX_NEW_TOKENS
    given = {p.name: getattr(arguments, p.name) for p in all_parameters()}
    given = {name: value for name, value in given.items() if value is not None}
    chain = with_values(preset.processors, given)
    named = {type(stage).__name__ for stage in chain if given.keys() & asdict(stage).keys()}
    if not arguments.chain:
        return without(chain, preset.off - named), length
    try:
        chosen = reordered(chain, arguments.chain.split(","))
    except ValueError as error:
        raise ArgumentsError(str(error)) from None
    if missing := named - {type(stage).__name__ for stage in chosen}:
        raise ArgumentsError(f"{', '.join(sorted(missing))} has a value but is not in the chain.")
    return chosen, length


def _write_best(
    engine: Engine,
    request: GenerateAlternatives,
    cancelled: Callable[[], bool],
    written: Written,
    *,
    stream: bool,
) -> None:
    """Collect the likeliest of several texts and, if `stream`, print it when it is known."""
    from studio.core import messages as m

    rows: list[list[Token]] = [[] for _ in request.seeds]
    ends: dict[int, m.AlternativeFinished] = {}
    failure = None
    for message in engine.run(request, cancelled):
        match message:
            case m.AlternativeTokens(index=index, tokens=tokens):
                rows[index] += tokens
            case m.AlternativeFinished():
                ends[message.index] = message
            case m.GenerationFinished():
                written.finished = message
            case m.JobFailed():
                failure = message
    likeliest = chosen(request.processors, [[token.logprob for token in row] for row in rows])
    written.tokens, written.seed = rows[likeliest], request.seeds[likeliest]
    if written.finished and likeliest in ends:
        end = ends[likeliest]
        written.finished = replace(written.finished, reason=end.reason, stop_string=end.stop_string)
    if stream:
        sys.stdout.write("".join(token.text for token in written.tokens))
        sys.stdout.flush()
    if failure:
        raise running.failed(failure)


def _generate(
    engine: Engine, request: Generate, cancelled: Callable[[], bool], written: Written, *, stream: bool
) -> None:
    """Collect the tokens and, if `stream`, print each as it comes."""
    from studio.core import messages as m

    failure = None
    for message in engine.run(request, cancelled):
        match message:
            case m.GenerationStarted() if stream and message.n_context_tokens < message.n_prompt_tokens:
                running.note(
                    f"The model sees the last {message.n_context_tokens:,} of the prompt's "
                    f"{message.n_prompt_tokens:,} tokens."
                )
            case m.TokensGenerated(tokens=tokens):
                written.tokens += tokens
                if stream:
                    sys.stdout.write("".join(token.text for token in tokens))
                    sys.stdout.flush()
            case m.GenerationFinished():
                written.finished = message
            case m.JobFailed():
                failure = message
    if failure:
        raise running.failed(failure)
