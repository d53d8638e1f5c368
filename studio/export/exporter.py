"""What an export format is: a row of the tuple EXPORTERS."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.core.history import ROOT
from studio.export.archive import Archive, Piece, Scope, pieces
from studio.export.saving import replacing
from studio.store.records import GenerationRecord

Steps = Generator[None, None, None]
"""Work in pieces: whoever goes through it may stop between any two, or do something else."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user chose. A format reads `scope` and those that its `Exporter.options` names."""

    scope: Scope = Scope.SESSION
    start: int = 0  # of the selection, code points
    end: int = 0
    node_id: int = ROOT  # of the branch
    front_matter: bool = False  # the settings of the generations before the text
    mark_generated: bool = False  # show which passages the model wrote
    colour_by_probability: bool = False  # instead of by origin
    with_tokens: bool = True  # the probabilities of every token


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format. It writes every scope. `suffix` begins with a dot.

    `label` and `keeps`, what of a session it keeps and what it loses, are marked for the translators, context
    "export".
    """

    name: str
    label: str
    keeps: str
    suffix: str
    options: tuple[str, ...]  # names of fields of Options
    render: Callable[[Iterable[Archive], BinaryIO, Options], Steps]
    binary: bool = False

    def steps(
        self, archives: Iterable[Archive], destination: BinaryIO | Path, options: Options | None = None
    ) -> Steps:
        """Write the archives piece by piece; a Path is replaced as a whole at the end, or not at all.

        Archives are taken one after the other: a generator keeps a whole library out of memory. Raises
        StudioError.
        """
        options = options or Options()
        if isinstance(destination, Path):
            with replacing(destination) as file:
                yield from self.render(archives, file, options)
        else:
            yield from self.render(archives, destination, options)

    def write(
        self, archives: Iterable[Archive], destination: BinaryIO | Path, options: Options | None = None
    ) -> None:
        """The same at once."""
        for _ in self.steps(archives, destination, options):
            pass


def chosen(archives: Iterable[Archive], options: Options) -> Iterator[Piece]:
    """The pieces that the options ask for."""
    return pieces(archives, options.scope, start=options.start, end=options.end, node_id=options.node_id)


def generations_of(piece: Piece) -> tuple[GenerationRecord, ...]:
    """The generations that something of is in the piece, oldest first."""
    sources = {run.source for run in piece.runs}
    return tuple(g for g in piece.archive.generations if g.id in sources)


def chosen_generations(
    archives: Iterable[Archive], options: Options
) -> Iterator[tuple[Archive, GenerationRecord]]:
    """Of a tree or the library every generation; else those that something of is in the text."""
    for archive in archives:
        if options.scope in {Scope.TREE, Scope.LIBRARY}:
            found = archive.generations
        else:
            found = tuple(g for piece in chosen((archive,), options) for g in generations_of(piece))
        for generation in found:
            yield archive, generation
