"""A model comes from the Hub whole and verified, or not at all; whatever the connection and the server do."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.core.errors import StudioError
from studio.models.hub import download, fetching, unfinished
from studio.models.shelf import RECORD, Shelf
from studio.paths import models_dir
from tests.models.fake_hub import COMMIT, REPO, FakeHub, Fault, tiny_model

FILES = tiny_model()
WANTED = ("config.json", "vocab.json", "merges.txt", "README.md", "model.safetensors")
WEIGHTS = len(FILES["model.safetensors"])
SMALL = [Fault("")] * 4
"""Before the weights come four small files."""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(dict(FILES)) as hub:
        yield hub


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def fetch(hub: FakeHub, library: Path) -> Callable[..., list[dict[str, Any]]]:
    def fetch(*words: str, **spec: object) -> list[dict[str, Any]]:
        told = list(words)
        known = {"library": str(library), "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.001}
        return list(download.download({**known, **spec}, lambda: told.pop(0) if told else None))

    return fetch


Fetch = Callable[..., list[dict[str, Any]]]


def shelf_of(library: Path) -> Shelf:
    return Shelf(models_dir(library))


def check_model(library: Path, files: dict[str, bytes] = FILES) -> None:
    """The one model on the shelf is the Hub's, byte for byte, and nothing is left of its making."""
    (model,) = shelf_of(library).models()
    assert {path.name for path in model.folder.iterdir()} == {*WANTED, RECORD}
    for name in WANTED:
        assert (model.folder / name).read_bytes() == files[name]
    assert model.about.source == f"hf:{REPO}@{COMMIT}"
    assert model.sha256 == hashlib.sha256(files["model.safetensors"]).hexdigest()
    assert not list(shelf_of(library).staging.iterdir())


def nothing_on_the_shelf(library: Path) -> bool:
    return not shelf_of(library).models()


def test_a_model_comes_with_its_licence_and_nothing_that_could_run(
    hub: FakeHub, library: Path, fetch: Fetch
) -> None:
    events = fetch()
    check_model(library)
    found = next(event for event in events if event.get("state") == "found")
    assert found["licence"] == "mit"
    assert found["commit"] == COMMIT
    assert found["total_bytes"] == sum(len(FILES[name]) for name in WANTED)
    assert set(found["left_out"]) == {"pytorch_model.bin", "run_me.py", "onnx/model.onnx"}
    assert not [asked.path for asked in hub.asked if ".bin" in asked.path or ".py" in asked.path]
    assert shelf_of(library).models()[0].about.licence == "mit"
    asked = len(hub.asked)
    assert fetch()[-1]["already"]
    assert len(hub.asked) == asked + 1  # what the commit is now; nothing is fetched twice


@pytest.mark.parametrize(
    ("answer", "licence"),
    [
        ({"cardData": {"license": "other", "license_name": "own-1.0"}}, "other (own-1.0)"),
        ({"cardData": {"license": ["mit", "apache-2.0"]}}, "mit, apache-2.0"),
        ({"cardData": None, "tags": ["gpt2", "license:cc-by-4.0"]}, "cc-by-4.0"),
        ({"cardData": {"license": "a\u202eb\n" + "c" * 500}}, "ab" + "c" * 118),
        ({"cardData": None, "tags": None}, ""),
    ],
)
def test_the_licence_is_as_published(
    hub: FakeHub, fetch: Fetch, answer: dict[str, object], licence: str
) -> None:
    hub.answer = answer
    (found,) = [event for event in fetch("cancel", confirm=True) if event.get("state") == "found"]
    assert found["licence"] == licence


def test_what_would_come_is_told_and_nothing_comes_before_go(
    hub: FakeHub, library: Path, fetch: Fetch
) -> None:
    events = fetch("cancel", confirm=True)
    assert events[-1] == {"event": "done", "cancelled": True}
    assert len(hub.asked) == 1
    assert not models_dir(library).exists()
    fetch("go", confirm=True)
    check_model(library)


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("cut", 1), Fault("cut", 100_000), Fault("reset", 60_000), Fault("cut", 0)],
        [Fault("empty"), Fault("status", 500), Fault("status", 503), Fault("status", 429)],
        [Fault("relative"), Fault("cut", 50_000), Fault("other"), Fault("cut", 50_000)],
        [Fault("flip", 1234)],
        [Fault("cut", 200_000), Fault("flip", 5)],
        [Fault("cut", 100_000), Fault("whole")],
        [Fault("cut", 100_000), Fault("wrong start"), Fault("cut", 100_000), Fault("no range")],
        [Fault("cut", 100_000), Fault("lying start")],
        [Fault("long")],
        [Fault("length"), Fault("gzip")],
        [Fault("cut", 100_000), Fault("changed")],
        [Fault("changed"), Fault("cut", 100_000)],
    ],
    ids=lambda faults: ", ".join(fault.kind for fault in faults),
)
def test_whatever_goes_wrong_the_model_is_verified_in_the_end(
    hub: FakeHub, library: Path, fetch: Fetch, faults: list[Fault]
) -> None:
    hub.faults.extend([*SMALL, *faults])
    fetch()
    check_model(library)


def test_after_a_cut_only_the_rest_is_asked_for(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.faults.extend([*SMALL, Fault("cut", 250_000)])
    fetch()
    assert hub.asked[-1].headers["range"] == "bytes=250000-"
    assert hub.sent_bytes < sum(len(FILES[name]) for name in WANTED) + 2000  # and what the API says


def test_a_file_that_changed_is_not_put_together_of_two(
    hub: FakeHub, library: Path, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_BLOCK", 1000)  # ETags of files that large are noted
    hub.faults.extend([*SMALL, Fault("cut", 100_000), Fault("changed"), Fault("cut", 200_000)])
    fetch()
    check_model(library)
    asked = [request.headers.get("if-range") for request in hub.asked if request.path.startswith("/cdn/")]
    first = f'"{hashlib.sha256(FILES["model.safetensors"]).hexdigest()}"'
    assert asked == [None, first, None, first]


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("flip", 3), Fault("flip", 4)],
        [Fault("gzip")] * 3,
        [Fault("cut", 10), *[Fault("wrong start"), Fault("cut", 10)] * 3],
        [Fault("loop")] * 10,
        [Fault("status", 404)],
        [Fault("status", 403)],
        [Fault("status", 418)],
        [Fault("status", 503)] * 6,
        [Fault("cut", 0)] * 6,
    ],
    ids=lambda faults: faults[-1].kind,
)
def test_what_cannot_come_is_refused_in_a_sentence_and_what_has_come_is_kept(
    hub: FakeHub, library: Path, fetch: Fetch, faults: list[Fault]
) -> None:
    hub.faults.extend([*SMALL, *faults])
    with pytest.raises(StudioError) as refusal:
        fetch()
    assert refusal.value.what_happened.endswith(".")
    assert nothing_on_the_shelf(library)
    (begun,) = unfinished.in_staging(shelf_of(library).staging)
    hub.faults.clear()
    hub.asked.clear()
    fetch(resume=begun.folder.name)
    check_model(library)
    assert not [asked for asked in hub.asked if "/api/" in asked.path or "config.json" in asked.path]


def test_a_server_that_asks_for_a_pause_gets_it(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.retry_after = "1"
    hub.refusals.append(Fault("status", 429))
    (waiting,) = [event for event in fetch() if event.get("state") == "waiting"]
    assert waiting["wait_s"] >= 1
    assert "pause" in waiting["reason"]
    hub.retry_after, hub.licence = "86400", "other"
    hub.commit = COMMIT[::-1]
    hub.refusals.append(Fault("status", 429))
    with pytest.raises(StudioError, match="pause"):
        fetch()


@pytest.mark.parametrize(
    ("remove", "said"),
    [
        (["model.safetensors"], "pickles"),
        (["model.safetensors", "pytorch_model.bin"], "no weights"),
        (["config.json"], "no config.json"),
    ],
)
def test_what_is_no_model_is_refused_before_anything_is_fetched(
    hub: FakeHub, fetch: Fetch, remove: list[str], said: str
) -> None:
    for name in remove:
        del hub.files[name]
    with pytest.raises(StudioError, match=said):
        fetch()
    assert len(hub.asked) == 1


def test_a_config_that_cannot_be_read_ends_it_before_the_weights(
    hub: FakeHub, library: Path, fetch: Fetch
) -> None:
    hub.files["config.json"] = b"[" * 10_000
    with pytest.raises(StudioError):
        fetch()
    assert not [asked.path for asked in hub.asked if "safetensors" in asked.path]
    assert not list(shelf_of(library).staging.iterdir())


def test_a_model_that_does_not_write_on_is_refused_before_its_weights(
    hub: FakeHub, library: Path, fetch: Fetch
) -> None:
    config = json.loads(FILES["config.json"])
    for kinds in (["BertForMaskedLM"], ["T5ForConditionalGeneration"], ["GPT2ForSequenceClassification"]):
        hub.files["config.json"] = json.dumps(config | {"architectures": kinds}).encode()
        with pytest.raises(StudioError, match=f"it is a {kinds[0]}"):
            fetch()
    assert not [asked.path for asked in hub.asked if "model.safetensors" in asked.path]
    assert not list(shelf_of(library).staging.iterdir())
    unsaid: tuple[object, ...] = (["GPT2LMHeadModel"], ["GPT2Model"], ["BertForMaskedLM", "X"], 3, [None])
    for told in unsaid:
        hub.files["config.json"] = json.dumps(config | {"architectures": told}).encode()
        hub.commit = hashlib.sha1(repr(told).encode()).hexdigest()
        fetch()
    assert len(shelf_of(library).models()) == 5


def test_weights_that_are_as_published_but_damaged_are_not_put_up(
    hub: FakeHub, library: Path, fetch: Fetch
) -> None:
    hub.files["model.safetensors"] = FILES["model.safetensors"][:-1]
    with pytest.raises(StudioError, match="damaged"):
        fetch()
    assert nothing_on_the_shelf(library)
    assert not list(shelf_of(library).staging.iterdir())


def test_shards_come_with_their_index(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    data = hub.files.pop("model.safetensors")
    name = "model-00001-of-00001.safetensors"
    index = {"weight_map": {"wte.weight": name}}
    hub.files |= {name: data, "model.safetensors.index.json": json.dumps(index).encode()}
    hub.files["other-00001-of-00001.safetensors"] = b"not of this model"
    fetch()
    (model,) = shelf_of(library).models()
    assert not model.trouble
    assert (model.folder / name).read_bytes() == data


@pytest.mark.parametrize(
    "answer",
    [
        {"sha": "main"},
        {"siblings": None},
        {"siblings": [{"rfilename": 3}]},
        {"siblings": [{"rfilename": "config.json", "size": -1, "lfs": {"size": "x"}}]},
        {"id": None, "siblings": "x"},
        {"sha": "f" * 39},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_in_a_sentence(
    hub: FakeHub, library: Path, fetch: Fetch, answer: dict[str, object]
) -> None:
    hub.answer = answer
    with pytest.raises(StudioError):
        fetch()
    assert nothing_on_the_shelf(library)


def test_names_that_lead_out_of_the_folder_are_left_alone(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    for name in ("../evil/config.json", "..\\LICENSE", "/etc/LICENSE", ".hidden", "LICENSE\x00", "LICENSE:x"):
        hub.files[name] = b"no"
    hub.files["LICENSE"] = b"yes"
    fetch()
    (model,) = shelf_of(library).models()
    assert (model.folder / "LICENSE").read_bytes() == b"yes"
    assert len(list(model.folder.iterdir())) == len(WANTED) + 2


def test_the_token_goes_to_the_endpoint_only(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.faults.extend([*SMALL, Fault("cut", 1000), Fault("other")])
    fetch(token="hf_secret")
    port = int(hub.endpoint.rpartition(":")[2])
    for asked in hub.asked:
        assert (asked.headers.get("authorization") == "Bearer hf_secret") is (asked.port == port)
    assert any(asked.port != port for asked in hub.asked)
    check_model(library)
    kept = [path for path in library.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"hf_secret" in path.read_bytes()]


def test_no_token_is_sent_unless_it_was_given(
    hub: FakeHub, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hf_other", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "hf_implicit")
    fetch()
    assert not [asked for asked in hub.asked if "authorization" in asked.headers]
    assert {asked.headers["accept-encoding"] for asked in hub.asked[1:]} == {"identity"}


def test_pausing_closes_the_connection_and_resuming_goes_on(hub: FakeHub, library: Path) -> None:
    hub.bytes_per_s = 600_000
    told: list[str] = []
    spec = {"library": str(library), "repo": REPO, "endpoint": hub.endpoint}
    states: list[object] = []
    for event in download.download(spec, lambda: told.pop(0) if told else None):
        states.append(event.get("state"))
        if event.get("file") == "model.safetensors" and "paused" not in states:
            told.append("pause")
        if event.get("state") == "paused":
            told.append("resume")
    assert states.count("paused") == 1
    check_model(library)
    assert [asked for asked in hub.asked if "range" in asked.headers]


def test_cancelling_leaves_nothing(hub: FakeHub, library: Path) -> None:
    hub.bytes_per_s = 1_000_000
    told: list[str] = []
    spec = {"library": str(library), "repo": REPO, "endpoint": hub.endpoint}
    for event in download.download(spec, lambda: told.pop(0) if told else None):
        if event.get("state") == "fetching":
            told.append("cancel")
    assert event == {"event": "done", "cancelled": True}
    assert not list(shelf_of(library).staging.iterdir())
    assert nothing_on_the_shelf(library)


def test_too_little_space_is_said_before_anything_is_fetched(
    hub: FakeHub, library: Path, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=round(1.1 * WEIGHTS))
    monkeypatch.setattr("studio.models.hub.download.shutil.disk_usage", lambda _: free)
    with pytest.raises(StudioError, match="not enough space"):
        fetch()
    assert len(hub.asked) == 1
    assert not models_dir(library).exists()
    free.free = 2 * WEIGHTS
    fetch()
    check_model(library)


@pytest.mark.parametrize("resumed", [False, True])
def test_a_download_that_was_killed_at_the_very_end_leaves_nothing(
    hub: FakeHub, library: Path, fetch: Fetch, resumed: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unfinished, "forget", lambda _: None)
        fetch()
    (left,) = shelf_of(library).staging.iterdir()
    assert fetch(**({"resume": left.name} if resumed else {}))[-1]["already"]
    check_model(library)


def test_a_second_download_of_the_same_is_told_to_wait(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.faults.extend([*SMALL, Fault("status", 404)])
    with pytest.raises(StudioError):
        fetch()
    (begun,) = unfinished.in_staging(shelf_of(library).staging)
    with unfinished.locked(begun.folder), pytest.raises(StudioError, match="already"):
        fetch()
    fetch()
    check_model(library)


def test_what_lies_in_staging_is_verified_again(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.faults.extend([*SMALL, Fault("cut", 100_000), Fault("status", 404)])
    with pytest.raises(StudioError):
        fetch()
    (begun,) = unfinished.in_staging(shelf_of(library).staging)
    (begun.files / "vocab.json").write_bytes(b'{"b": 0}')
    partly = begun.files / "model.safetensors.part"
    partly.write_bytes(b"?" + partly.read_bytes()[1:])
    (begun.files / "evil.py").write_bytes(b"raise SystemExit")
    assert begun.done_bytes > 100_000
    fetch(resume=begun.folder.name)
    check_model(library)


@pytest.mark.parametrize(
    "state", [b"", b"{", b"[]", b'{"listing": {"files": [{"name": "../x"}]}}', b"[" * 10**5]
)
def test_a_download_that_does_not_say_what_it_is_is_not_offered(library: Path, state: bytes) -> None:
    folder = shelf_of(library).staging / f"download-abc-{COMMIT}"
    folder.mkdir(parents=True)
    (folder / unfinished.STATE).write_bytes(state)
    assert unfinished.in_staging(folder.parent) == []


def test_forgetting_deletes_what_has_come(hub: FakeHub, library: Path, fetch: Fetch) -> None:
    hub.faults.extend([*SMALL, Fault("status", 404)])
    with pytest.raises(StudioError):
        fetch()
    (begun,) = unfinished.in_staging(shelf_of(library).staging)
    unfinished.discard(begun.folder)
    assert not list(shelf_of(library).staging.iterdir())
    unfinished.discard(begun.folder)  # once more does no harm
    for name in ("../../..", "new-abc", os.sep, begun.folder.name):
        with pytest.raises(StudioError):
            fetch(resume=name)
