"""Export and import as the library's thread does them: from a library to files and back."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio import exchange, exchanging, intake
from studio.core.history import Run
from studio.export.archive import Archive, Scope
from studio.export.exporter import Exporter, Options
from studio.export.formats import EXPORTERS
from studio.export.full_json import FULL_JSON
from studio.store import shelf
from studio.store.store import Store
from tests.export.archive_samples import archive, exported, generation, second_archive

every_format = pytest.mark.parametrize("exporter", EXPORTERS, ids=[e.name for e in EXPORTERS])
every_scope = pytest.mark.parametrize("scope", Scope)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "library")
    yield opened
    opened.close()


def done(store: Store, request: exchange.ExchangeRequest) -> exchange.ExchangeMessage:
    """The last answer; all before it are progress."""
    *progress, last = exchanging.run(store, request)
    assert all(isinstance(message, exchange.ExchangeProgress) for message in progress)
    return last


def take_in(store: Store, path: Path, data: bytes, first: int = 1) -> exchange.FilesImported:
    path.write_bytes(data)
    last = done(store, exchange.ImportFiles((str(path),), first, 100 * first))
    assert isinstance(last, exchange.FilesImported)
    return last


def write_out(store: Store, path: Path, exporter: Exporter, options: Options, session_id: int = 1) -> bytes:
    last = done(
        store,
        exchange.ExportSessions(
            () if options.scope is Scope.LIBRARY else (session_id,), exporter.name, str(path), options
        ),
    )
    assert isinstance(last, exchange.Exported), last
    return path.read_bytes()


def everything(store: Store, path: Path) -> bytes:
    return write_out(store, path, FULL_JSON, Options(Scope.LIBRARY))


@every_format
@every_scope
def test_every_format_writes_every_scope_from_a_library(
    store: Store, tmp_path: Path, exporter: Exporter, scope: Scope
) -> None:
    data = exported(FULL_JSON, archive(), second_archive(), options=Options(Scope.LIBRARY))
    take_in(store, tmp_path / "in.json", data)
    options = Options(scope, 3, 400, 2, front_matter=True, mark_generated=True, colour_by_probability=True)
    path = tmp_path / f"out{exporter.suffix}"
    written = write_out(store, path, exporter, options)
    held = [exchanging.archive_of(store, n, print) for n in ((1, 2) if scope is Scope.LIBRARY else (1,))]
    in_memory = io.BytesIO()
    exporter.write(held, in_memory, options)
    assert written == in_memory.getvalue()
    assert len(written) > 50


def test_a_library_comes_back_whole_in_another_one(store: Store, tmp_path: Path) -> None:
    data = exported(FULL_JSON, archive(), second_archive(), options=Options(Scope.LIBRARY))
    take_in(store, tmp_path / "in.json", data)
    first = intake.read(tmp_path / "in.json").archives
    everything(store, tmp_path / "first.json")
    other = Store.open(tmp_path / "other")
    done(other, exchange.ImportFiles((str(tmp_path / "first.json"),), 1, 100))
    everything(other, tmp_path / "second.json")
    other.close()
    for name in ("first.json", "second.json"):
        back = intake.read(tmp_path / name).archives
        for got, wanted in zip(back, first, strict=True):
            assert got.session.text == wanted.session.text
            assert got.tags == wanted.tags
            assert got.created_utc == wanted.created_utc
            assert [len(of) for of in got.tokens.values()] == [len(of) for of in wanted.tokens.values()]
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("first.json", "second.json"))
    for kept in intake.read(tmp_path / "first.json").archives:
        one = one.replace(kept.updated_utc, "")
    for kept in intake.read(tmp_path / "second.json").archives:
        two = two.replace(kept.updated_utc, "")
    assert one == two


def test_a_copy_is_exported_with_the_generations_it_shares(store: Store, tmp_path: Path) -> None:
    take_in(store, tmp_path / "in.json", exported(FULL_JSON))
    store.duplicate_session(1, 2)
    write_out(store, tmp_path / "copy.json", FULL_JSON, Options(), 2)
    (copy,) = intake.read(tmp_path / "copy.json").archives
    assert len(copy.generations) == 2
    assert {g.session_id for g in copy.generations} == {2}
    everything(store, tmp_path / "all.json")
    both = intake.adopted(intake.read(tmp_path / "all.json").archives, 10, 1000)
    ids = [[g.id for g in one.generations] for one in both]
    assert ids == [[1000, 1001], [1002, 1003]]
    assert {run.source for run in both[1].session.runs} == {0, -1, 1002}


def test_a_session_exported_without_tokens_is_sound_when_it_comes_back(store: Store, tmp_path: Path) -> None:
    take_in(store, tmp_path / "in.json", exported(FULL_JSON, options=Options(with_tokens=False)))
    assert store.tokens(100) == ()
    assert [g.n_tokens for g in store.generations_of(1)] == [3, 2]
    assert done(store, exchange.ExportSessions((1,), "json", str(tmp_path / "out.json"), Options())) == (
        exchange.Exported(str(tmp_path / "out.json"))
    )


def test_what_is_damaged_is_left_out_of_the_library_and_named(store: Store, tmp_path: Path) -> None:
    data = exported(FULL_JSON, archive(), second_archive(), options=Options(Scope.LIBRARY))
    take_in(store, tmp_path / "in.json", data)
    store.change(lambda db: db.execute("UPDATE manuscripts SET text = 'Shirt.' WHERE session_id = 2"))
    store.change(lambda db: db.execute("UPDATE tokens SET rank = 77 WHERE generation_id = 100"))
    path = tmp_path / "out.json"
    last = done(store, exchange.ExportSessions((), "json", str(path), Options(Scope.LIBRARY)))
    assert isinstance(last, exchange.Exported)
    assert sorted(str(sentence)[:9] for sentence in last.left_out) == ["Session 2", "The libra"]
    (back,) = intake.read(path).archives
    assert [len(tokens) for tokens in back.tokens.values()] == [0, 2]
    last = done(store, exchange.ExportSessions((2,), "text", str(tmp_path / "two.txt"), Options()))
    assert isinstance(last, exchange.ExchangeFailed)
    assert not (tmp_path / "two.txt").exists()


@pytest.mark.parametrize("scope", [Scope.SESSION, Scope.LIBRARY])
def test_nothing_to_export_is_said(store: Store, tmp_path: Path, scope: Scope) -> None:
    last = done(
        store,
        exchange.ExportSessions(
            (1,) if scope is Scope.SESSION else (), "text", str(tmp_path / "a.txt"), Options(scope)
        ),
    )
    assert isinstance(last, exchange.ExchangeFailed)
    assert last.error.what_to_do
    assert not (tmp_path / "a.txt").exists()


@pytest.mark.parametrize("place", ["missing/out.txt", "library", "x" * 300, "a\0b.txt"])
def test_a_place_that_cannot_be_written_is_said(store: Store, tmp_path: Path, place: str) -> None:
    take_in(store, tmp_path / "in.txt", b"Hello")
    last = done(store, exchange.ExportSessions((1,), "text", str(tmp_path / place), Options()))
    assert isinstance(last, exchange.ExchangeFailed)
    assert last.error.what_to_do


def large(n: int) -> Archive:
    sample = second_archive()
    generations = tuple(replace(generation(k, f" word{k}", 4), prompt=f"{k}") for k in range(1, n + 1))
    text = "".join(g.text for g in generations)
    runs = tuple(Run(len(g.text), g.id) for g in generations)
    session = replace(sample.session, text=text, runs=runs, nodes=(), head=0)
    tokens = {k: archive().tokens[7] for k in range(1, n + 1)}
    return replace(sample, session=session, generations=generations, tokens=tokens)


def test_a_long_export_and_import_leave_the_thread_free_several_times_a_second(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "in.json").write_bytes(exported(FULL_JSON, large(1500)))
    longest = []
    for request in (
        exchange.ImportFiles((str(tmp_path / "in.json"),), 1, 1),
        exchange.ExportSessions((1,), "json", str(tmp_path / "out.json"), Options()),
    ):
        waited = [0.0]
        start = time.perf_counter()
        for n, _ in enumerate(exchanging.run(store, request)):
            waited.append(time.perf_counter() - start)
            store.save_session(replace(second_archive().session, id=9, revision=n + 1))  # a save in between
            start = time.perf_counter()
        assert len(waited) > 3
        longest.append(max(waited))
    assert max(longest) < 1.0  # 0.1 s on an idle machine
    assert len(store.generations_of(1)) == 1500
    assert len(intake.read(tmp_path / "out.json").archives[0].tokens) == 1500


def test_cancelling_an_export_leaves_the_old_file_and_no_other(store: Store, tmp_path: Path) -> None:
    take_in(store, tmp_path / "in.json", exported(FULL_JSON))
    (tmp_path / "to").mkdir()
    path = tmp_path / "to" / "out.json"
    path.write_text("old", encoding="utf-8")
    request = exchange.ExportSessions((1,), "json", str(path), Options())
    request.cancelled.set()
    assert done(store, request) == exchange.ExchangeCancelled()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(path.parent.iterdir()) == [path]


def test_cancelling_an_import_leaves_no_half_session(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("whole", encoding="utf-8")
    (tmp_path / "in.json").write_bytes(exported(FULL_JSON, large(1500)))
    names = tuple(str(tmp_path / name) for name in ("in.txt", "in.json", "in.txt"))
    request = exchange.ImportFiles(names, 1, 1)
    messages = []
    for message in exchanging.run(store, request):
        messages.append(message)
        if store.look(lambda db: db.execute("SELECT count(*) FROM sessions WHERE id = 2").fetchone()) == (1,):
            assert [line.id for line in store.sessions()] == [1]  # it does not show before it is whole
            request.cancelled.set()
    last = messages[-1]
    assert isinstance(last, exchange.FilesImported)
    assert last.session_ids == (1,)
    assert [file.titles for file in last.files] == [("in",)]
    assert [line.id for line in store.sessions()] == [1]
    assert store.look(lambda db: shelf.sessions(db, "trash")) == ()


def test_one_bad_file_does_not_keep_the_others_out(store: Store, tmp_path: Path) -> None:
    files = {"a.txt": b"A", "b.json": b"{", "c.docx": b"no", "d.md": "É".encode("cp1252")}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    last = done(store, exchange.ImportFiles(tuple(str(tmp_path / name) for name in (*files, "e")), 1, 1))
    assert isinstance(last, exchange.FilesImported)
    assert last.session_ids == (1, 2)
    assert (last.next_session_id, last.next_generation_id) == (3, 1)
    assert [file.error is None for file in last.files] == [True, False, False, True, False]
    assert "cp1252" in str(last.files[3].left_out[0])


def test_a_text_of_five_megabytes_is_imported_and_exported_again(store: Store, tmp_path: Path) -> None:
    text = "One sentence, and another one.\n\n" * 160_000
    last = take_in(store, tmp_path / "war.txt", text.encode())
    assert last.session_ids == (1, 2, 3)
    assert [title[:12] for title in last.files[0].titles] == ["war (1 of 3)", "war (2 of 3)", "war (3 of 3)"]
    data = b"".join(
        write_out(store, tmp_path / f"{n}.txt", EXPORTERS[0], Options(), n) for n in last.session_ids
    )
    assert data.decode() == text


def test_a_library_that_is_read_only_says_so(store: Store, tmp_path: Path) -> None:
    take_in(store, tmp_path / "in.txt", b"Hello")
    store.close()
    read_only = Store.open(tmp_path / "library", read_only=True)
    last = take_in(read_only, tmp_path / "in.txt", b"Hello", 2)
    assert last.session_ids == ()
    assert last.files[0].error is not None
    assert "read-only" in last.files[0].error.what_happened
    assert write_out(read_only, tmp_path / "out.txt", EXPORTERS[0], Options()) == b"Hello"
    read_only.close()


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
def test_a_full_disk_leaves_no_half_session(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(exported(FULL_JSON, large(1500)))
    store.look(lambda db: db.execute("PRAGMA max_page_count = 150").fetchone())
    last = done(store, exchange.ImportFiles((str(tmp_path / "in.json"),), 1, 1))
    store.look(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert isinstance(last, exchange.FilesImported)
    assert last.session_ids == ()
    assert last.files[0].error is not None
    assert "no space left" in last.files[0].error.what_happened
    assert store.sessions() == ()
    assert store.look(lambda db: db.execute("SELECT count(*) FROM generations").fetchone()) == (0,)
    assert take_in(store, tmp_path / "in.txt", b"Hello", 5).session_ids == (5,)


def test_a_session_of_many_generations_is_read_bit_by_bit(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(generation(number, f"text {number}") for number in range(1, 301))
    whole = replace(archive(), generations=many, tokens={})
    take_in(store, tmp_path / "in.json", exported(FULL_JSON, whole, options=Options(Scope.LIBRARY)))
    monkeypatch.setattr(exchanging, "STEP_S", 0)
    request = exchange.ExportSessions((1,), "text", str(tmp_path / "out.txt"), Options(Scope.SESSION))
    *progress, last = exchanging.run(store, request)
    assert isinstance(last, exchange.Exported)
    assert len(progress) >= 300
    assert {message.n_done for message in progress if isinstance(message, exchange.ExchangeProgress)} == {0}
