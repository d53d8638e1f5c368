from __future__ import annotations

import json

import pytest

from studio import __version__
from studio.core import hardware
from studio.core.environment import Environment

WHOLE = Environment(
    "0.1.0",
    (("tiktoken", "0.14.0"), ("torch", "2.13.0+cpu")),
    "studio",
    "float32",
    2,
    "Linux 6.8",
    "A CPU (AVX2)",
)


def test_an_environment_reads_back_from_its_text() -> None:
    text = WHOLE.to_json()
    assert Environment.from_json(text) == WHOLE
    assert json.loads(text)["libraries"] == {"torch": "2.13.0+cpu", "tiktoken": "0.14.0"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"n_threads": true, "app": 1, "libraries": 2}']
)
def test_of_what_cannot_be_read_nothing_is_known(text: str) -> None:
    assert Environment.from_json(text) == Environment()


def test_what_a_later_version_adds_is_left_alone() -> None:
    assert Environment.from_json('{"app": "9.0", "kernel": "7"}') == Environment(app="9.0")


@pytest.mark.parametrize(
    ("backend", "names"),
    [("studio", ["tiktoken", "torch"]), ("transformers", ["tokenizers", "torch", "transformers"])],
)
def test_the_libraries_of_a_backend_are_told_with_their_versions(backend: str, names: list[str]) -> None:
    found = hardware.libraries(backend)
    assert [name for name, _ in found] == names
    assert all(version[0].isdigit() for _, version in found)


def test_the_machine_has_a_name() -> None:
    assert hardware.system()
    assert hardware.cpu().endswith(")")
    assert __version__
