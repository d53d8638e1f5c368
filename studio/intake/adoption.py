"""Imported sessions made ready for a library: its own ids, no character that the editor cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.core.history import Edit, Node, Run, pack_step
from studio.export.archive import Archive
from studio.export.characters import whole_characters

_ONE_TO_ONE = str.maketrans(
    dict.fromkeys("\u2028\u2029", "\n") | dict.fromkeys("\ufdd0\ufdd1\ufffc", "\ufffd") | {"\r": " "}
)


def adopted(
    archives: Iterable[Archive], next_session_id: int, next_generation_id: int
) -> tuple[Archive, ...]:
    """The archives with ids that count on from these, everywhere an id is named.

    Runs and nodes of generations that did not come with their archive become written text. Characters that
    the editor cannot hold are replaced one by one, so that all positions stay true.
    """
    found = []
    for session_id, archive in enumerate(archives, next_session_id):
        numbers = {g.id: number for number, g in enumerate(archive.generations, next_generation_id)}
        next_generation_id += len(numbers)
        found.append(_adopted(archive, session_id, numbers))
    return tuple(found)


def _adopted(archive: Archive, session_id: int, numbers: Mapping[int, int]) -> Archive:
    old = archive.session
    text = _clean(old.text)
    session = replace(
        old,
        id=session_id,
        title=_clean(old.title),
        text=text,
        runs=_runs(old.runs, numbers) or (Run(len(text)),),
        caret=min(old.caret, len(text)),
        nodes=tuple(_node(node, numbers) for node in old.nodes),
    )
    generations = tuple(
        replace(
            generation,
            id=numbers[generation.id],
            session_id=session_id,
            retry_of=numbers.get(generation.retry_of) if generation.retry_of else None,
        )
        for generation in archive.generations
    )
    tokens = {numbers[n]: tokens for n, tokens in archive.tokens.items() if n in numbers}
    return replace(archive, session=session, generations=generations, tokens=tokens)


def _clean(text: str) -> str:
    return whole_characters(text).translate(_ONE_TO_ONE)


def _runs(runs: Iterable[Run], numbers: Mapping[int, int]) -> tuple[Run, ...]:
    return tuple(
        run
        if run.source <= 0
        else Run(run.length, numbers[run.source], run.offset)
        if run.source in numbers
        else Run(run.length)
        for run in runs
    )


def _node(node: Node, numbers: Mapping[int, int]) -> Node:
    def edit(old: Edit) -> Edit:
        return Edit(
            old.position,
            _clean(old.removed),
            _runs(old.removed_runs, numbers),
            _clean(old.inserted),
            _runs(old.inserted_runs, numbers),
        )

    fresh = replace(node)  # what it unpacks is not kept
    before = None if fresh.before == node.parent else fresh.before
    source = numbers.get(node.source, 0) if node.source > 0 else node.source
    return replace(node, packed=pack_step(map(edit, fresh.edits), before), source=source)
