"""`gpt2-studio sessions export` and `sessions import`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli import running
from studio.cli.library import OpenedLibrary, line, opened, print_result
from studio.cli.trouble import ArgumentsError

if TYPE_CHECKING:
    from studio import exchange
    from studio.export.exporter import Exporter, Options


def run_export(arguments: argparse.Namespace) -> int:
    """Write sessions to a file, or to the output."""
    exporter, options = _chosen(arguments)
    out: str | None = arguments.out
    if out is None and arguments.json:
        raise ArgumentsError("--json tells about a file: it needs --out FILE.")
    if out is None and exporter.binary and sys.stdout.isatty():
        raise ArgumentsError(f"The format {exporter.name} is not for a terminal: it needs --out FILE.")
    with opened(arguments) as library:
        if out is not None:
            return _export(arguments, library, exporter, options, Path(out))
        with tempfile.TemporaryDirectory() as folder:  # all of it or nothing
            file = Path(folder, "export")
            code = _export(arguments, library, exporter, options, file)
            with file.open("rb") as written:
                sys.stdout.flush()
                shutil.copyfileobj(written, sys.stdout.buffer)
            return code


def _chosen(arguments: argparse.Namespace) -> tuple[Exporter, Options]:
    """The format and its options. Raises ArgumentsError where they do not fit together."""
    from studio.export.archive import Scope
    from studio.export.exporter import Options
    from studio.export.formats import EXPORTERS

    formats = {exporter.name: exporter for exporter in EXPORTERS}
    if arguments.format not in formats:
        raise ArgumentsError(f"--format must be one of {', '.join(formats)}.")
    exporter = formats[arguments.format]
    scope = Scope(arguments.scope)
    ids: list[int] = arguments.ids
    if scope is Scope.LIBRARY and ids:
        raise ArgumentsError("--scope library means every session: give no ID.")
    if scope is not Scope.LIBRARY and not ids:
        raise ArgumentsError("Which session? Give its ID, or --scope library.")
    if scope is Scope.BRANCH and len(ids) > 1:
        raise ArgumentsError("A branch is of one session: give one ID.")
    if arguments.node is not None and scope is not Scope.BRANCH:
        raise ArgumentsError("--node goes with --scope branch.")
    switches = {"with_tokens": not arguments.without_tokens}
    for name in ("front_matter", "mark_generated", "colour_by_probability"):
        switches[name] = getattr(arguments, name)
        if switches[name] and name not in exporter.options:
            raise ArgumentsError(f"The format {exporter.name} has no --{name.replace('_', '-')}.")
    if scope is Scope.SESSION and len(ids) > 1:
        scope = Scope.LIBRARY  # each with its title
    return exporter, Options(scope, node_id=int(arguments.node or 0), **switches)


def _export(
    arguments: argparse.Namespace, library: OpenedLibrary, exporter: Exporter, options: Options, path: Path
) -> int:
    from dataclasses import replace

    from studio import exchange
    from studio.export.archive import Scope

    if options.scope is Scope.BRANCH and arguments.node is None:
        options = replace(options, node_id=library.store.session(int(arguments.ids[0])).head)
        if not options.node_id:
            options = replace(options, scope=Scope.SESSION)  # nothing was ever written in it
    request = exchange.ExportSessions(tuple(map(int, arguments.ids)), exporter.name, str(path), options)
    last = _last(library, request)
    if isinstance(last, exchange.ExchangeFailed):
        raise last.error
    assert isinstance(last, exchange.Exported)
    left_out = [str(sentence) for sentence in last.left_out]
    result = {"path": str(path), "n_sessions": last.n_sessions, "n_bytes": path.stat().st_size}
    print_result(arguments, {**result, "left_out": left_out})
    for sentence in left_out:
        running.note(sentence)
    return 1 if left_out else 0


def run_import(arguments: argparse.Namespace) -> int:
    """Make sessions of files."""
    from studio import exchange

    with opened(arguments, writing=True) as library:
        first = library.store.found
        request = exchange.ImportFiles(
            tuple(arguments.files), first.next_session_id, first.next_generation_id
        )
        last = _last(library, request)
    assert isinstance(last, exchange.FilesImported)
    ids = iter(last.session_ids)
    made = [
        {"id": next(ids), "title": title, "path": file.path} for file in last.files for title in file.titles
    ]
    failed = [{"path": file.path, "error": str(file.error)} for file in last.files if file.error]
    left_out = [
        {"path": file.path, "text": str(sentence)} for file in last.files for sentence in file.left_out
    ]
    print_result(arguments, {"sessions": made, "failed": failed, "left_out": left_out})
    for one in made if not arguments.json else ():
        line(f"{one['id']}\t{one['title']}")
    for note in left_out if not arguments.json else ():
        running.note(f"{Path(note['path']).name}: {note['text']}")
    for failure in failed:
        running.note(f"{Path(failure['path']).name}: {failure['error']}")
    return 1 if failed else 0


def _last(library: OpenedLibrary, request: exchange.ExchangeRequest) -> exchange.ExchangeMessage:
    """The last answer. Raises KeyboardInterrupt after Ctrl+C, when what is unfinished is gone."""
    from studio import exchanging

    last: exchange.ExchangeMessage | None = None
    with running.interruptible() as interrupted:
        for message in exchanging.run(library.store, request):
            last = message
            if interrupted():
                request.cancelled.set()
    assert last is not None
    if request.cancelled.is_set():
        raise KeyboardInterrupt
    return last
