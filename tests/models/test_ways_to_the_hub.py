"""Proxies, silent servers, redirects that lose protection: how a download gets to the Hub, and who hears."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from studio.core.errors import StudioError
from studio.models.hub import client, download
from studio.models.hub.client import Access, InsecureError, PassingError
from studio.models.hub.meter import Meter
from studio.models.hub.names import Wanted
from studio.models.shelf import Shelf
from studio.paths import models_dir
from tests.models.fake_hub import REPO, FakeHub, Fault, tiny_model


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(tiny_model()) as hub:
        yield hub


def test_everything_goes_through_the_proxy(hub: FakeHub, tmp_path: Path) -> None:
    spec = {"library": str(tmp_path), "repo": REPO, "endpoint": "http://hub.example", "proxy": hub.endpoint}
    list(download.download(spec, lambda: None))
    assert len(Shelf(models_dir(tmp_path)).models()) == 1
    assert {asked.path.partition("//")[0] for asked in hub.asked} == {"http:"}
    assert any(asked.path.startswith("http://hub.example/api/") for asked in hub.asked)


def test_a_proxy_that_is_not_there_is_said(tmp_path: Path) -> None:
    spec = {
        "library": str(tmp_path),
        "repo": REPO,
        "endpoint": "http://hub.example",
        "proxy": "http://me:secret@127.0.0.1:1",
        "backoff_s": 0.001,
    }
    with pytest.raises(StudioError) as refusal:
        list(download.download(spec, lambda: None))
    assert "cannot be reached" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_from_https_there_is_no_way_to_http() -> None:
    protected = Access("https://huggingface.co")
    with client.make_client(protected) as made:
        (check,) = made.event_hooks["request"]
        check(httpx2.Request("GET", "https://cdn.example/x"))
        with pytest.raises(InsecureError) as error:
            check(httpx2.Request("GET", "http://cdn.example/x"))
    said = client.trouble(error.value, protected)
    assert isinstance(said, StudioError)
    assert "unprotected" in str(said)


def test_the_token_is_in_no_description_of_how_the_hub_is_reached() -> None:
    assert "hf_secret" not in repr(Access(token="hf_secret"))


def test_a_server_that_falls_silent_is_tried_again(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENCE_S", 0.2)
    hub.faults.append(Fault("silence", 500))
    spec = {"library": str(tmp_path), "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.001}
    states = [event for event in download.download(spec, lambda: None) if event.get("state") == "waiting"]
    assert "does not answer" in str(states[0]["reason"])
    assert len(Shelf(models_dir(tmp_path)).models()) == 1


def test_cancelling_is_heard_while_the_server_is_silent(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.append(Fault("silence", 2000))
    spec = {"library": str(tmp_path), "repo": REPO, "endpoint": hub.endpoint}
    told: list[str] = []
    started = 0.0
    for event in download.download(spec, lambda: told.pop(0) if told else None):
        if event.get("state") == "fetching":
            started = time.monotonic()
            told.append("cancel")
    assert event.get("cancelled")
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("status", "header", "wait_s"),
    [(429, "7", 7.0), (503, "", None), (500, "soon", None), (429, "Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
def test_what_a_busy_server_asks_for_is_known(status: int, header: str, wait_s: float | None) -> None:
    error = client.refused(status, {"retry-after": header}, Access(), Wanted("a/b"))
    assert isinstance(error, PassingError)
    assert error.wait_s == wait_s


def test_speed_is_that_of_the_last_seconds() -> None:
    now = [0.0]
    meter = Meter(1_000_000, lambda: now[0])
    meter.found(400_000)  # was there before
    for _ in range(40):
        now[0] += 0.25
        meter.arrived(2_500)
    assert meter.fields("fetching", "x")["speed"] == pytest.approx(10_000, rel=0.06)
    assert meter.fields("fetching", "x")["left_s"] == pytest.approx(50, rel=0.06)
    now[0] += 60
    assert meter.fields("fetching", "x")["speed"] == 0
    assert meter.fields("fetching", "x")["left_s"] is None
