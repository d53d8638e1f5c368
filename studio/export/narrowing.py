"""A part of a session as a session of its own, for the format that keeps everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio.core.history import ROOT, Node, Run, pack_step
from studio.export.archive import Archive, Piece, Scope, branch, selection
from studio.export.exporter import Options


def narrowed(archives: Iterable[Archive], options: Options) -> Iterator[Archive]:
    """Each archive, or what a selection or a branch leaves of it. Raises StudioError as `branch` does."""
    for archive in archives:
        match options.scope:
            case Scope.SELECTION:
                yield _of(selection(archive, options.start, options.end), (), ROOT)
            case Scope.BRANCH:
                piece = branch(archive, options.node_id)
                yield _of(piece, _way_to(archive, options.node_id), options.node_id)
            case Scope.SESSION | Scope.TREE | Scope.LIBRARY:
                yield archive


def _of(piece: Piece, nodes: tuple[Node, ...], head: int) -> Archive:
    archive = piece.archive
    used = {run.source for run in (*piece.runs, *_runs_of(nodes))} | {node.source for node in nodes}
    session = replace(
        archive.session,
        text=piece.text,
        runs=piece.runs,
        caret=min(archive.session.caret, len(piece.text)),
        nodes=nodes,
        head=head,
    )
    generations = tuple(g for g in archive.generations if g.id in used)
    known = {g.id for g in generations}
    tokens = {n: archive.tokens[n] for n in archive.tokens if n in known}
    return replace(archive, session=session, generations=generations, tokens=tokens)


def _way_to(archive: Archive, node_id: int) -> tuple[Node, ...]:
    """The nodes from the beginning to this one. Undo goes no more to a variant that is not among them."""
    nodes = {node.id: node for node in archive.session.nodes}
    way: list[Node] = []
    while node_id != ROOT:
        way.append(nodes[node_id])
        node_id = nodes[node_id].parent
    known = {node.id for node in way} | {ROOT}
    return tuple(
        node if node.before in known else replace(node, packed=pack_step(node.edits)) for node in way[::-1]
    )


def _runs_of(nodes: Iterable[Node]) -> Iterator[Run]:
    for node in nodes:
        for edit in node.edits:
            yield from (*edit.removed_runs, *edit.inserted_runs)
