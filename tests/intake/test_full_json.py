from __future__ import annotations

import io
import json
import math
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import StudioError
from studio.core.history import Edit, Node, Run, pack_step
from studio.core.manuscript import Manuscript
from studio.core.messages import Candidate, FinishReason, Token
from studio.export import reals
from studio.export.archive import Archive, Scope, branch
from studio.export.exporter import Options
from studio.export.full_json import FULL_JSON
from studio.intake import adopted, read
from studio.intake.full_json import FULL_JSON as IMPORTER
from studio.intake.importer import MAX_CHARACTERS, Source
from studio.store.records import GenerationRecord, SessionRecord
from tests.export.archive_samples import HARD, archive, exported, second_archive


def imported(data: bytes) -> tuple[Archive, ...]:
    source = Source("tale", ".json", data)
    assert IMPORTER.recognises(source)
    return IMPORTER.read(source).archives


def again(data: bytes, scope: Scope = Scope.LIBRARY) -> bytes:
    file = io.BytesIO()
    FULL_JSON.write(imported(data), file, Options(scope))
    return file.getvalue()


# -- arbitrary archives ------------------------------------------------------------------------------------

ids = st.integers(0, 2**63 - 1)
token_ids = st.integers(0, 2**32 - 1)
text = st.text(max_size=12)
real = st.floats() | st.floats(width=32)
short = st.lists(text, max_size=2).map(tuple)


def run_of(draw: st.DrawFn, length: int) -> tuple[Run, ...]:
    runs, left = [], length
    while left:
        n = draw(st.integers(1, left))
        runs.append(Run(n, draw(st.integers(-1, 9)), draw(st.integers(0, 99))))
        left -= n
    return tuple(runs)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    removed, inserted = draw(text), draw(text)
    position = draw(st.integers(0, 99))
    return Edit(position, removed, run_of(draw, len(removed)), inserted, run_of(draw, len(inserted)))


candidates = st.builds(Candidate, token_ids, text, real, real)
tokens = st.builds(
    Token, token_ids, st.binary(max_size=5), text, real, real, ids, real,
    st.lists(candidates, max_size=3).map(tuple),
)  # fmt: skip


@st.composite
def archives(draw: st.DrawFn, number: int) -> Archive:
    body = draw(st.text(max_size=40))
    nodes: list[Node] = []
    for n in range(1, draw(st.integers(0, 4)) + 1):
        parent = draw(st.integers(0, n - 1))
        before = draw(st.none() | st.integers(0, n - 1))
        before = None if before == parent else before
        packed = pack_step(draw(st.lists(edits(), max_size=2)), before)
        nodes.append(
            Node(n, parent, packed, draw(st.integers(-1, 9)), draw(text), draw(text), n % 2 == 0, n % 3 == 0)
        )
    session = SessionRecord(
        number, draw(text), body, run_of(draw, len(body)), draw(ids), draw(real), draw(ids), tuple(nodes),
        draw(st.integers(0, len(nodes))),
    )  # fmt: skip
    generations: list[GenerationRecord] = []
    for k in range(1, draw(st.integers(0, 2)) + 1):
        generations.append(
            GenerationRecord(
                number * 10 + k, number, draw(st.none() | ids), draw(ids), draw(text),
                draw(st.lists(ids, max_size=2).map(tuple)), draw(text), draw(ids), draw(short),
                draw(st.booleans()), draw(ids), draw(text), draw(text), draw(text), draw(text), draw(text),
                draw(text), draw(st.none() | st.sampled_from(FinishReason)), draw(ids), draw(real),
                draw(real), draw(text),
            )
        )  # fmt: skip
    of = {g.id: tuple(draw(st.lists(tokens, max_size=2))) for g in generations}
    return Archive(session, draw(text), draw(text), draw(short), tuple(generations), of)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(archives(1), archives(2)) | st.tuples(archives(3)))
def test_export_import_export_gives_the_same_bytes(some: tuple[Archive, ...]) -> None:
    for scope in (Scope.SESSION, Scope.TREE, Scope.LIBRARY):
        data = exported(FULL_JSON, *some, options=Options(scope))
        assert again(data, scope) == data


def test_a_branch_is_the_way_to_its_node_and_what_was_written_on_it() -> None:
    for node_id, generation in ((2, 8), (3, 7)):
        data = exported(FULL_JSON, options=Options(Scope.BRANCH, node_id=node_id))
        (got,) = imported(data)
        assert again(data) == data
        assert [node.id for node in got.session.nodes] == [1, node_id]
        assert got.session.head == node_id
        assert got.session.text == branch(archive(), node_id).text
        assert ([g.id for g in got.generations], list(got.tokens)) == ([generation], [generation])
        manuscript = Manuscript(got.session.text, got.session.runs, got.session.nodes, got.session.head)
        manuscript.undo()
        assert manuscript.text == HARD


def test_a_selection_is_its_text_and_the_generations_in_it() -> None:
    at = len(HARD)
    data = exported(FULL_JSON, options=Options(Scope.SELECTION, start=at + 1, end=at + 9))
    (got,) = imported(data)
    assert again(data) == data
    assert got.session.text == archive().session.text[at + 1 : at + 9]
    assert (got.session.nodes, got.session.head) == ((), 0)
    assert [g.id for g in got.generations] == [7]
    (written,) = imported(exported(FULL_JSON, options=Options(Scope.SELECTION, start=0, end=4)))
    assert (written.session.text, written.generations, written.tokens) == (HARD[:4], (), {})


@given(st.floats() | st.floats(width=32))
def test_floats_come_back_exactly(value: float) -> None:
    if math.isfinite(value):
        found = json.loads(reals.written(value), parse_float=reals.read)
        assert struct.pack("<d", found) == struct.pack("<d", value)
        assert abs(json.loads(reals.written(value)) - value) <= max(abs(value) * 1e-7, 2**-150)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_values_need_at_most_nine_digits(value: float) -> None:
    mantissa = reals.written(value).partition("e")[0].removesuffix(".0")
    assert len(mantissa.replace(".", "").lstrip("-0")) <= 9


def test_the_sample_comes_back_as_it_was() -> None:
    (back,) = imported(exported(FULL_JSON))
    assert repr(back) == repr(archive())  # one of its probabilities is not a number


def test_a_file_of_version_1_comes_back_without_what_it_does_not_know() -> None:
    (old,) = imported((Path(__file__).parents[1] / "golden" / "import" / "version_1.json").read_bytes())
    (new,) = imported(exported(FULL_JSON))
    nodes = tuple(replace(node, pruned=False) for node in new.session.nodes)
    generations = tuple(replace(generation, environment="") for generation in new.generations)
    without = replace(new, session=replace(new.session, nodes=nodes), generations=generations)
    assert repr(old) == repr(without)
    assert old != new


def test_what_came_back_can_still_walk_its_history() -> None:
    session = imported(exported(FULL_JSON))[0].session
    manuscript = Manuscript(session.text, session.runs, session.nodes, session.head)
    manuscript.go_to(2)
    assert manuscript.text.endswith(" there was a variant")


def test_adopted_sessions_have_new_ids_everywhere() -> None:
    first, second = adopted((archive(), second_archive()), 100, 500)
    assert (first.session.id, second.session.id) == (100, 101)
    assert [(g.id, g.session_id, g.retry_of) for g in first.generations] == [
        (500, 100, None),
        (501, 100, 500),
    ]
    assert set(first.tokens) == {500, 501}
    assert {run.source for run in first.session.runs} == {0, -1, 500}
    assert {node.source for node in first.session.nodes} == {0, 500, 501}
    assert {run.source for n in first.session.nodes for e in n.edits for run in e.inserted_runs} >= {500, 501}
    assert [n.before for n in first.session.nodes] == [n.before for n in archive().session.nodes]
    assert first.session.text == archive().session.text


def test_adopted_text_holds_nothing_that_the_editor_cannot() -> None:
    odd = second_archive()
    odd = replace(odd, session=replace(odd.session, text="a\r\u2029\ufffcz", runs=(Run(5, 77, 3),)))
    (got,) = adopted((odd,), 1, 1)
    assert got.session.text == "a \n\ufffdz"
    assert got.session.runs == (Run(5),)  # generation 77 is not in the file


# -- bad files ---------------------------------------------------------------------------------------------


def refused(path: Path, data: bytes) -> StudioError:
    """Reading the file fails, soon, with two sentences."""
    path.write_bytes(data)
    start = time.perf_counter()
    with pytest.raises(StudioError) as caught:
        read(path)
    assert time.perf_counter() - start < 2
    assert caught.value.what_happened
    assert caught.value.what_to_do
    return caught.value


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    data = exported(FULL_JSON)
    for length in range(0, len(data) - 2, 97):
        refused(tmp_path / "tale.json", data[:length])


WRONG: tuple[object, ...] = ({"x": 1}, [{}], -5, 1e30, "\ud800wrong")


def paths(value: Any, so_far: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document, of lists only the first entry."""
    found = [so_far]
    if isinstance(value, dict):
        found += [p for key, inner in value.items() for p in paths(inner, (*so_far, key))]
    elif isinstance(value, list) and value:
        found += paths(value[0], (*so_far, 0))
    return found


def test_every_value_of_a_wrong_kind_is_refused_and_its_place_is_named(tmp_path: Path) -> None:
    document = json.loads(exported(FULL_JSON))
    assert len(paths(document)) > 60
    for place in paths(document)[1:]:
        for wrong in WRONG:
            changed = json.loads(exported(FULL_JSON))
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            old = inner[place[-1]]
            if (
                isinstance(wrong, str)
                and isinstance(old, str)
                and place[-1] not in {"format", "finish_reason", 1}
            ):
                continue  # another text is as good
            if isinstance(old, float) and isinstance(wrong, int | float):
                continue
            inner[place[-1]] = wrong
            error = refused(tmp_path / "tale.json", json.dumps(changed).encode())
            if place[0] == "archives" and place != ("archives",):
                assert str(place[1]) in error.what_happened


def test_fields_too_many_or_too_few_are_refused(tmp_path: Path) -> None:
    for name in json.loads(exported(FULL_JSON))["archives"][0]["session"]:
        changed = json.loads(exported(FULL_JSON))
        del changed["archives"][0]["session"][name]
        refused(tmp_path / "tale.json", json.dumps(changed).encode())
    changed["archives"][0]["session"][name] = 1
    changed["archives"][0]["session"]["more"] = 1
    refused(tmp_path / "tale.json", json.dumps(changed).encode())


def test_ids_that_come_twice_or_lead_nowhere_are_refused(tmp_path: Path) -> None:
    good = exported(FULL_JSON, archive(), second_archive(), options=Options(Scope.LIBRARY))
    changes: tuple[Callable[[Any], object], ...] = (
        lambda d: d["archives"].append(d["archives"][0]),
        lambda d: d["archives"][0]["generations"].append(d["archives"][0]["generations"][0]),
        lambda d: d["archives"][0]["session"].update(head=99),
        lambda d: d["archives"][0]["session"]["nodes"][1].update(parent=99),
        lambda d: d["archives"][0]["session"]["nodes"][1].update(parent=2),
        lambda d: d["archives"][0]["session"]["nodes"][1].update(id=1),
        lambda d: d["archives"][0]["session"]["nodes"][2].update(before=3),
        lambda d: d["archives"][0]["session"]["runs"].pop(),
        lambda d: d["archives"][0]["tokens"].update({"9": []}),
        lambda d: d["archives"][0]["tokens"].update({"07": []}),
        lambda d: d["archives"][0]["tokens"].update({"٧": []}),
    )
    for change in changes:
        document = json.loads(good)
        change(document)
        refused(tmp_path / "tale.json", json.dumps(document).encode())


def test_a_text_that_is_too_long_is_refused(tmp_path: Path) -> None:
    sample = second_archive()
    long = replace(sample.session, text="a" * (MAX_CHARACTERS + 1), runs=(), nodes=(), head=0)
    error = refused(tmp_path / "tale.json", exported(FULL_JSON, replace(sample, session=long)))
    assert "2,000,001" in error.what_happened
