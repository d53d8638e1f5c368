"""Our own JSON (see `studio/export/full_json.py`), every field checked. Reading changes nothing in it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TypeVar

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.history import ROOT, SPECIAL, Edit, Node, Run, pack_step
from studio.core.messages import Candidate, FinishReason, Token
from studio.export.archive import Archive
from studio.export.full_json import (
    ARCHIVE_KEYS,
    FORMAT,
    GENERATION_KEYS,
    NODE_KEYS,
    SESSION_KEYS,
    SINCE_VERSION_2,
    VERSION,
)
from studio.intake.checked import Place
from studio.intake.importer import MAX_CHARACTERS, Imported, Importer, Source, check_length
from studio.store.records import GenerationRecord, SessionRecord

_SHORT = 10_000
T = TypeVar("T")


def _runs(place: Place, length: int) -> tuple[Run, ...]:
    runs = []
    for item in place.items():
        n, source, offset = item.row(3)
        runs.append(Run(n.whole(), source.whole(SPECIAL), offset.whole()))
    if sum(run.length for run in runs) != length and (runs or length):
        raise place.wrong()
    return tuple(runs)


def _edit(place: Place) -> Edit:
    position, removed, removed_runs, inserted, inserted_runs = place.row(5)
    return Edit(
        position.whole(),
        removed.text(),
        _runs(removed_runs, len(removed.text())),
        inserted.text(),
        _runs(inserted_runs, len(inserted.text())),
    )


def _node(place: Place, known: set[int]) -> Node:
    """A node whose parent is ROOT or one of `known`, which it then is one of."""
    of = place.fields(NODE_KEYS, SINCE_VERSION_2)
    node_id, parent, before = of["id"].whole(1), of["parent"].whole(), of["before"].whole()
    if node_id in known:
        raise of["id"].wrong()
    for name, other in (("parent", parent), ("before", before)):
        if other != ROOT and (other not in known or other >= node_id):
            raise of[name].wrong()
    known.add(node_id)
    return Node(
        node_id,
        parent,
        pack_step(map(_edit, of["edits"].items()), None if before == parent else before),
        of["source"].whole(SPECIAL),
        of["created_utc"].text(_SHORT),
        of["name"].text(_SHORT),
        of["bookmarked"].truth(),
        "pruned" in of and of["pruned"].truth(),
    )


def _session(place: Place) -> SessionRecord:
    of = place.fields(SESSION_KEYS)
    text = of["text"].text()
    check_length(text)
    known: set[int] = set()
    nodes = tuple(_node(item, known) for item in of["nodes"].items())
    head = of["head"].whole()
    if head != ROOT and head not in known:
        raise of["head"].wrong()
    runs = of["runs"].value
    return SessionRecord(
        id=of["id"].whole(),
        title=of["title"].text(_SHORT),
        text=text,
        runs=_runs(of["runs"], len(text)) if runs != [] else (),
        caret=of["caret"].whole(),
        scroll=of["scroll"].real(),
        revision=of["revision"].whole(),
        nodes=nodes,
        head=head,
    )


def _finish_reason(place: Place) -> FinishReason | None:
    if place.value is None:
        return None
    try:
        return FinishReason(place.text())
    except ValueError:
        raise place.wrong() from None


def _generation(place: Place, session_id: int) -> GenerationRecord:
    of = place.fields(GENERATION_KEYS, SINCE_VERSION_2)
    if of["session_id"].whole() != session_id:
        raise of["session_id"].wrong()
    return GenerationRecord(
        id=of["id"].whole(1),
        session_id=session_id,
        retry_of=None if of["retry_of"].value is None else of["retry_of"].whole(),
        position=of["position"].whole(),
        prompt=of["prompt"].text(MAX_CHARACTERS),
        special_offsets=tuple(item.whole() for item in of["special_offsets"].items()),
        processors=of["processors"].text(100_000),
        max_new_tokens=of["max_new_tokens"].whole(),
        stop=tuple(item.text(_SHORT) for item in of["stop"].items(1000)),
        stop_at_end_of_text=of["stop_at_end_of_text"].truth(),
        seed=of["seed"].whole(),
        model_name=of["model_name"].text(_SHORT),
        model_sha256=of["model_sha256"].text(_SHORT),
        model_path=of["model_path"].text(_SHORT),
        device=of["device"].text(_SHORT),
        created_utc=of["created_utc"].text(_SHORT),
        text=of["text"].text(MAX_CHARACTERS),
        finish_reason=_finish_reason(of["finish_reason"]),
        n_tokens=of["n_tokens"].whole(),
        prefill_s=of["prefill_s"].real(),
        decode_s=of["decode_s"].real(),
        environment=of["environment"].text(_SHORT) if "environment" in of else "",
    )


def _token(place: Place) -> Token:
    token_id, raw, text, logprob, prob, rank, entropy, *columns = place.row(11)
    try:
        data = b64decode(raw.text(), validate=True)
    except (binascii.Error, ValueError):
        raise raw.wrong() from None
    ids, texts, logprobs, probs = (list(column.items()) for column in columns)
    if not len(ids) == len(texts) == len(logprobs) == len(probs):
        raise place.wrong()
    return Token(
        token_id.whole(high=2**32 - 1),
        data,
        text.text(),
        logprob.real(),
        prob.real(),
        rank.whole(),
        entropy.real(),
        tuple(
            Candidate(i.whole(high=2**32 - 1), t.text(), lp.real(), p.real())
            for i, t, lp, p in zip(ids, texts, logprobs, probs, strict=True)
        ),
    )


def _tokens(place: Place, known: set[int]) -> dict[int, tuple[Token, ...]]:
    if not isinstance(place.value, dict):
        raise place.wrong()
    found = {}
    for name, value in place.value.items():
        of = Place(value, name, place)
        if not name.isdecimal() or len(name) > 19 or str(int(name)) != name or int(name) not in known:
            raise of.wrong()
        found[int(name)] = tuple(_token(item) for item in of.items())
    return found


def _archive(place: Place) -> Archive:
    of = place.fields(ARCHIVE_KEYS)
    session = _session(of["session"])
    generations = tuple(_generation(item, session.id) for item in of["generations"].items())
    _once(of["generations"], [generation.id for generation in generations])  # a copy shares its original's
    return Archive(
        session,
        of["created_utc"].text(_SHORT),
        of["updated_utc"].text(_SHORT),
        tuple(item.text(_SHORT) for item in of["tags"].items(1000)),
        generations,
        _tokens(of["tokens"], {generation.id for generation in generations}),
    )


def _once(place: Place, ids: list[int]) -> None:
    if len(set(ids)) != len(ids):
        raise place.wrong()


def _read(source: Source) -> Imported:
    document = source.json
    if isinstance(document, dict):
        version = document.get("version")
        if type(version) is int and version > VERSION:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "This file was written by a newer version of GPT-2 Studio."),
                QT_TRANSLATE_NOOP("StudioError", "Import it with that version; nothing was imported."),
            )
    of = Place(document).fields(("archives", "format", "version"))
    of["version"].whole(1, VERSION)
    archives = tuple(map(_archive, of["archives"].items()))
    _once(of["archives"], [archive.session.id for archive in archives])
    return Imported(archives)


def _recognises(source: Source) -> bool:
    return source.suffix == ".json" and isinstance(source.json, dict) and source.json.get("format") == FORMAT


FULL_JSON = Importer(
    "json", QT_TRANSLATE_NOOP("export", "GPT-2 Studio session (JSON)"), (".json",), _recognises, _read
)
