"""What the pins in pyproject.toml rely on. When one of these fails, a pin can go or has to come."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from 3.12 on (PEP 683)")
def test_calling_qt_does_not_use_up_none() -> None:
    """PySide6 6.12.0 drops a reference to None per call and aborts after some 5,000: hence `<6.12`."""
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert abs(sys.getrefcount(None) - before) < 100


def test_pyside_is_held_back_where_it_would_abort_and_only_there() -> None:
    pyside = [requirement for requirement in REQUIREMENTS if requirement.startswith("PySide6")]
    assert pyside == [
        "PySide6-Essentials>=6.8,<6.12; python_version < '3.12'",
        "PySide6-Essentials>=6.8; python_version >= '3.12'",
    ]


@pytest.mark.parametrize("requirement", [r for r in REQUIREMENTS if not r.startswith("PySide6")])
def test_every_other_requirement_is_pinned_and_installed_as_pinned(requirement: str) -> None:
    matched = re.fullmatch(r"([A-Za-z0-9_.-]+)==([0-9.]+)", requirement)
    assert matched, "not pinned to one version"
    name, version = matched.groups()
    assert metadata.version(name).partition("+")[0] == version  # torch is 2.13.0+cpu
