"""No space left while a model is brought: one sentence, and nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conversion.checkpoints import write_folder, write_nanogpt
from tests.store.test_full_disk import NEEDS_MOUNT, on_its_own_disk

ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from studio.core.errors import StudioError
from studio.models import bringing, job_runner
from studio.models.shelf import Shelf
disk, source = Path(sys.argv[1]), Path(sys.argv[2])
shelf, found = Shelf(disk / "models"), bringing.recognise(source)
ballast = disk / "ballast"
ballast.write_bytes(bytes(25_500_000))

def bring():
    with shelf.staged() as staged:
        *_, done = job_runner.run(bringing.spec(found, staged), 100)
        return bringing.adopt(shelf, staged, found, done)

try:
    bringing.check_room(found, shelf.folder)
    raise AssertionError("there is no room")
except StudioError as error:
    assert "GB are free" in error.what_happened, error
try:
    bring()
    raise AssertionError("it fits")
except StudioError as error:
    assert "The disk is full" in error.what_happened, error
assert not list(shelf.staging.iterdir()) and not shelf.models()
ballast.unlink()
assert bring().trouble == ""
"""


@NEEDS_MOUNT
@pytest.mark.parametrize("kind", ["folder", "pickle"])
def test_a_disk_that_fills_up_while_a_model_is_brought_is_said(tmp_path: Path, kind: str) -> None:
    disk, source = tmp_path / "disk", tmp_path / "source"
    if kind == "folder":
        write_folder(source)
    else:
        source.mkdir()
        write_nanogpt(source / "ckpt.pt")
    size = "25400k" if kind == "folder" else "32m"
    done = on_its_own_disk("-c", ON_A_SMALL_DISK, str(disk), str(source), folder=disk, size=size)
    assert done.returncode == 0, done.stderr
