"""A GGUF file of the Hub: verified, then imported by a job of its own, and what came is deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.core.errors import StudioError
from studio.models.hub import download
from studio.models.shelf import Shelf
from studio.paths import models_dir
from tests.conversion.tiny_gguf import gpt2_file
from tests.models.fake_hub import COMMIT, REPO, FakeHub, Fault


def test_a_gguf_file_is_imported_after_it_was_verified(tmp_path: Path) -> None:
    data = gpt2_file(tmp_path / "tiny.gguf").read_bytes()
    shelf = Shelf(models_dir(tmp_path))
    with FakeHub({"README.md": b"x", "one.Q8_0.gguf": data, "two.Q4_0.gguf": data[:-1]}) as hub:

        def fetch(**wanted: str) -> dict[str, Any]:
            spec = {"library": str(tmp_path), "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.001}
            return list(download.download({**spec, **wanted}, lambda: None))[-1]

        with pytest.raises(StudioError, match=r"2 GGUF files, .* one\.Q8_0\.gguf, two\.Q4_0\.gguf"):
            fetch()
        hub.faults.extend([Fault(""), Fault("cut", 100_000)])
        fetch(file="one.Q8_0.gguf")
        (model,) = shelf.models()
        assert (model.name, model.trouble, model.architecture) == ("one.Q8_0", "", "gpt2")
        assert model.about.source == f"hf:{REPO}@{COMMIT}/one.Q8_0.gguf"
        assert model.about.licence == "mit"
        assert not [path for path in model.folder.iterdir() if path.suffix == ".gguf"]
        assert not list(shelf.staging.iterdir())
        with pytest.raises(StudioError, match="GGUF"):
            fetch(file="two.Q4_0.gguf")  # as published, but cut short
        assert not list(shelf.staging.iterdir())
        assert fetch(repo=f"{hub.endpoint}/{REPO}/blob/main/one.Q8_0.gguf")["already"]
