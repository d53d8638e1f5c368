"""`gpt2-studio inspect`: what could stand at one place of a text, and why it does."""

from __future__ import annotations

import argparse
import json
import math
import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from studio.cli import inputs, running
from studio.cli.trouble import ArgumentsError

if TYPE_CHECKING:
    from studio.core.engine import Engine
    from studio.core.messages import (
        Alternative,
        InsideSeen,
        LookedUp,
        PlaceInspected,
        ReadPlace,
        ReadToken,
        Request,
    )

_Answer = TypeVar("_Answer")


def run_inspect(arguments: argparse.Namespace) -> int:
    """Print the distribution at a place, before and after the settings."""
    library = inputs.library(arguments)
    text = inputs.read_text(arguments.file, exactly=True)
    folder = inputs.model_folder(arguments.model, library)
    chain = inputs.chain(arguments.preset, library)
    if arguments.at is not None and arguments.at > len(text):
        raise ArgumentsError(f"--at must be at most {len(text)}, the length of the text in characters.")

    from studio.core import messages as m

    with running.interruptible() as cancelled:
        engine, info = running.load(folder, arguments.device, cancelled, arguments.precision, library)
        place, token = _find(engine, arguments, text, cancelled)
        wanted = (token.token_id,) if token is not None else ()
        request = m.InspectPlace(
            running.JOB, place, chain, arguments.seed, wanted=wanted, n_top=arguments.top
        )
        seen = _ask(engine, request, m.PlaceInspected, cancelled)
        looked_up = inside = None
        if arguments.word is not None:
            word = inputs.clean(arguments.word)
            asked = m.LookUp(running.JOB, place, word, chain, arguments.seed, n_matches=0)
            looked_up = _ask(engine, asked, m.LookedUp, cancelled)
        if arguments.lens or arguments.attention is not None:
            if arguments.attention is not None and arguments.attention > info.n_layer:
                raise ArgumentsError(f"--attention must be a layer from 1 to {info.n_layer}.")
            token_id = token.token_id if token is not None else seen.top[0].token_id
            look = m.LookInside(running.JOB, place, (arguments.attention or 1) - 1, token_id)
            inside = _ask(engine, look, m.InsideSeen, cancelled)
    result = _result(text, place, token, seen, looked_up)
    if inside is not None:
        result |= _inside(inside, lens=arguments.lens, attention=arguments.attention)
    result["model"] = info.name
    result["precision"] = info.dtype
    if arguments.json:
        running.print_json(result)
    else:
        _print(result)
    return 0


def _ask(engine: Engine, request: Request, kind: type[_Answer], cancelled: Callable[[], bool]) -> _Answer:
    from studio.core.messages import JobFailed

    for message in engine.run(request, cancelled):
        if isinstance(message, kind):
            return message
        if isinstance(message, JobFailed):
            raise running.failed(message)
    raise KeyboardInterrupt


def _find(
    engine: Engine, arguments: argparse.Namespace, text: str, cancelled: Callable[[], bool]
) -> tuple[ReadPlace, ReadToken | None]:
    """The place asked for and the token that stands there, if one does."""
    from studio.core import messages as m

    at = len(text) if arguments.at is None else arguments.at
    everything = arguments.token is not None
    read = m.ReadText(running.JOB, text, (), caret=at, max_tokens=2**62 if everything else 1)
    n_tokens = 0
    found: tuple[int, ReadToken] | None = None
    for message in engine.run(read, cancelled):
        match message:
            case m.TextRead():
                for index, token in enumerate(message.tokens, message.first):
                    if index == arguments.token if everything else token.start <= at < token.end:
                        found = found or (index, token)
            case m.ReadingFinished():
                n_tokens = message.n_tokens
            case m.JobFailed():
                raise running.failed(message)
    if everything and arguments.token > n_tokens:
        raise ArgumentsError(f"--token must be at most {n_tokens}, the number of tokens of the text.")
    if found is None:
        return m.ReadPlace(running.JOB, n_tokens), None
    return m.ReadPlace(running.JOB, found[0]), found[1]


def _row(alternative: Alternative, stages: tuple[str, ...]) -> dict[str, object]:
    by = alternative.removed_by
    return {
        "id": alternative.token_id,
        "text": alternative.text,
        "rank": alternative.rank,
        "logprob": running.number(alternative.logprob),
        "probability": running.number(math.exp(alternative.logprob)),
        "sampling_probability": running.number(alternative.sampling_prob),
        "removed_by": stages[by] if 0 <= by < len(stages) else None,
    }


def _result(
    text: str,
    place: ReadPlace,
    token: ReadToken | None,
    seen: PlaceInspected,
    looked_up: LookedUp | None,
) -> dict[str, object]:
    stages = tuple(stage.name for stage in seen.stages)
    result: dict[str, object] = {
        "token": place.index,
        "at": token.start if token is not None else len(text),
        "here": _row(seen.wanted[0], stages) if seen.wanted else None,
        "top": [_row(alternative, stages) for alternative in seen.top],
        "rest": running.number(seen.rest),
        "sampling_rest": running.number(seen.sampling_rest),
        "n_left": seen.n_left,
        "entropy": running.number(seen.entropy),
        "sampling_entropy": running.number(seen.sampling_entropy),
        "stages": [
            {
                "name": stage.name,
                "n_left": stage.n_left,
                "mass_removed": running.number(stage.mass_removed),
                "shift": running.number(stage.shift),
                "entropy": running.number(stage.entropy),
            }
            for stage in seen.stages
        ],
    }
    if looked_up is not None:
        result["word"] = [
            {
                "text": spelling.text,
                "tokens": [_row(alternative, stages) for alternative in spelling.tokens],
                "logprob": running.number(spelling.logprob),
                "sampling_probability": running.number(spelling.sampling_prob),
            }
            for spelling in looked_up.spellings
        ]
    return result


def _inside(seen: InsideSeen, *, lens: bool, attention: int | None) -> dict[str, object]:
    result: dict[str, object] = {"context": list(seen.tokens)}
    if lens:
        result["lens"] = [
            {
                "layer": row.layer,
                "top": [[text, running.number(p)] for text, p in row.top],
                "probability": running.number(row.probability),
                "rank": row.rank,
                "kl": running.number(row.kl),
            }
            for row in seen.lens
        ]
    if attention is not None:
        n = len(seen.tokens)
        shares = struct.unpack(f"<{seen.n_head * n}e", seen.attention)
        heads = [[round(share, 4) for share in shares[h * n : (h + 1) * n]] for h in range(seen.n_head)]
        result |= {"attention_layer": attention, "attention": heads}
    return result


def _print(result: dict[str, object]) -> None:
    """The same as tables, one after the other."""

    def table(title: str, rows: object) -> None:
        if not isinstance(rows, list) or not rows:
            return
        sys.stdout.write(f"\n{title}\n" + "\t".join(rows[0]) + "\n")
        for row in rows:
            sys.stdout.write("\t".join(_cell(value) for value in row.values()) + "\n")

    sys.stdout.write(f"Token {result['token']}, character {result['at']}, model {result['model']}\n")
    table("Here", [result["here"]] if result["here"] else [])
    table("Likeliest", result["top"])
    sys.stdout.write(f"all others\t{_cell(result['rest'])}\t{_cell(result['sampling_rest'])}\n")
    table("Stages", result["stages"])
    words = result.get("word")
    for word in words if isinstance(words, list) else []:
        table(f"{_cell(word['text'])}: log-probability {word['logprob']}", word["tokens"])
    table("Lens", result.get("lens"))
    heads, context = result.get("attention"), result.get("context")
    if isinstance(heads, list) and isinstance(context, list):
        sys.stdout.write(f"\nAttention of layer {result['attention_layer']}: head, and its three words\n")
        for number, shares in enumerate(heads, 1):
            best = sorted(range(len(shares)), key=lambda i: -shares[i])[:3]
            told = "\t".join(f"{_cell(context[i])} {shares[i]:.3f}" for i in best)
            sys.stdout.write(f"{number}\t{told}\n")


def _cell(value: object) -> str:
    if isinstance(value, str | list):
        return json.dumps(value, ensure_ascii=False)
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
