"""Building a processor chain from names and values, and writing it down as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError
from studio.core.parameters import AnyParameter, Value, is_off, parameters
from studio.core.processors import PROCESSORS, LogitsProcessor

BY_NAME = {processor.__name__: processor for processor in PROCESSORS}

Chain = tuple[LogitsProcessor, ...]


def build(name: str, settings: Mapping[str, object]) -> LogitsProcessor:
    """Make one processor; a setting left out has its default. Raises ValueError with one sentence."""
    if name not in BY_NAME:
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "There is no processor named {name}."), name=repr(name)
        )
    make: Callable[..., LogitsProcessor] = BY_NAME[name]
    known = {p.name: p for p in parameters(BY_NAME[name])}
    for setting in settings:
        if setting not in known:
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "{name} has no setting named {setting}."),
                name=name,
                setting=repr(setting),
            )
    return make(**{setting: known[setting].checked(value) for setting, value in settings.items()})


def build_all(entries: Iterable[tuple[str, Mapping[str, object]]]) -> Chain:
    """Make a chain in the given order. Raises ValueError with one sentence, also if one comes twice."""
    built: dict[str, LogitsProcessor] = {}
    for name, settings in entries:
        if name in built:
            raise RefusedError(QT_TRANSLATE_NOOP("StudioError", "{name} is there twice."), name=name)
        built[name] = build(name, settings)
    return tuple(built.values())


def default_chain() -> Chain:
    """Return every processor once, in the default order, with its defaults: nothing is changed by it."""
    return tuple(build(name, {}) for name in BY_NAME)


def all_parameters() -> tuple[AnyParameter, ...]:
    """Return every parameter of every processor, in order."""
    return tuple(p for processor in PROCESSORS for p in parameters(processor))


def values(processors: Chain) -> dict[str, Value]:
    """Return the chain's values by parameter name: `{"temperature": 0.8, "top_k": 40, ...}`."""
    return {p.name: getattr(processor, p.name) for processor in processors for p in parameters(processor)}


def with_values(processors: Chain, changed: Mapping[str, object]) -> Chain:
    """Return the chain with some values changed, order kept; processors it lacks are put where they belong.

    Raises ValueError with one sentence.
    """
    owner = {p.name: processor.__name__ for processor in PROCESSORS for p in parameters(processor)}
    settings: dict[str, dict[str, object]] = {type(p).__name__: asdict(p) for p in processors}
    order = list(settings)
    default_order = list(BY_NAME)
    for name, value in changed.items():
        if name not in owner:
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "There is no sampling setting named {name}."),
                name=repr(name),
            )
        if owner[name] not in settings:
            rank = default_order.index(owner[name])
            before = [i for i, other in enumerate(order) if default_order.index(other) < rank]
            order.insert(before[-1] + 1 if before else 0, owner[name])
            settings[owner[name]] = {}
        settings[owner[name]][name] = value
    return build_all((name, settings[name]) for name in order)


def complete(processors: Chain) -> Chain:
    """Return the chain with every processor it lacks added at its default, which changes no logits."""
    present = {type(processor) for processor in processors}
    lacking = (p for processor in PROCESSORS if processor not in present for p in parameters(processor))
    return with_values(processors, {p.name: p.default for p in lacking})


def effective(processors: Sequence[LogitsProcessor]) -> Chain:
    """Return the chain without the processors that change nothing: it writes the same text."""
    return tuple(stage for stage in processors if not (isinstance(stage, PROCESSORS) and is_off(stage)))


def without(processors: Chain, off: Collection[str]) -> Chain:
    """Return the chain without the processors of these names."""
    return tuple(processor for processor in processors if type(processor).__name__ not in off)


def reordered(processors: Chain, names: Sequence[str]) -> Chain:
    """Return the processors of these names, in this order; one the chain lacks has its defaults.

    A name may be written as it likes: `TopK`, `top-k`, `top_k`. Raises ValueError with one sentence.
    """
    known = {_plain(name): name for name in BY_NAME}
    settings = {type(p).__name__: asdict(p) for p in processors}
    wanted = [known.get(_plain(name), name) for name in names]
    return build_all((name, settings.get(name, {})) for name in wanted)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("-", "").replace("_", "")


def to_json(processors: Chain) -> str:
    """Write the chain as `[["Temperature", {"temperature": 0.8}], ...]`, in order."""
    return json.dumps([[type(p).__name__, asdict(p)] for p in processors])


def from_json(text: str) -> Chain:
    """Read what `to_json` wrote; a setting left out has its default. Raises ValueError with one sentence."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "The sampling settings are not valid JSON.")
        ) from None
    if not isinstance(entries, list):
        raise RefusedError(
            QT_TRANSLATE_NOOP("StudioError", "The sampling settings must be a list of processors.")
        )
    pairs = []
    for entry in entries:
        match entry:
            case [str(name), dict(settings)]:
                pairs.append((name, settings))
            case _:
                raise RefusedError(
                    QT_TRANSLATE_NOOP("StudioError", "Each processor must be a name and its settings.")
                )
    return build_all(pairs)
