"""The job "download": one commit of a repository, from asking what there is to a model on the shelf.

Spec: "library" (folder), "repo" and "revision", or "resume" (name of a folder of `.staging`), "name",
"endpoint", "proxy", "token", "confirm" (tell what would be fetched and wait for the word "go"), "backoff_s".
Control words: "go", "pause", "resume", "cancel". Nothing is on the shelf before every byte of it is verified.
A download that failed or was killed stays in `.staging` to be resumed; one that was cancelled, or that can
never become a model, does not.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from studio import paths
from studio.core import model_files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models import bringing, job_runner
from studio.models.hub import names, unfinished
from studio.models.hub.client import Access, PassingError, ask, make_client
from studio.models.hub.fetching import Fetcher, full_disk, no_space
from studio.models.hub.listing import Listing
from studio.models.hub.meter import Meter
from studio.models.hub.patience import CancelledError, Patience
from studio.models.hub.unfinished import Unfinished
from studio.models.jobs import Controls, Spec
from studio.models.records import About, ShelfModel
from studio.models.shelf import Shelf

_NO_WRITER = re.compile(
    r"For(MaskedLM|(Sequence|Token|Image|Audio\w*)Classification|QuestionAnswering|MultipleChoice"
    r"|ConditionalGeneration|PreTraining|CTC)$"
)

SPACE = 1.2
"""So many times what is missing must be free on the disk."""

Events = Iterator[dict[str, Any]]
Adopting = Generator[dict[str, Any], None, ShelfModel]


def download(spec: Spec, controls: Controls) -> Events:
    """The job."""
    shelf = Shelf(paths.models_dir(Path(spec["library"])))
    patience = Patience(controls, float(spec.get("backoff_s", 1.0)))
    access = _access(spec)
    with make_client(access) as client:
        work = _Work(spec, shelf, patience, access, client)
        try:
            yield from work.run()
        except CancelledError:
            if work.folder is not None:
                unfinished.forget(work.folder)
            yield {"event": "done", "cancelled": True}


def _access(spec: Spec) -> Access:
    endpoint = names.endpoint_of(str(spec.get("endpoint", "")))
    token = names.check_token(str(spec.get("token", "")), endpoint)
    return Access(endpoint, names.check_proxy(str(spec.get("proxy", ""))), token)


def _begun(staging: Path, name: object) -> Path:
    folder = staging / Path(str(name)).name
    if not folder.name.startswith("download-") or not folder.is_dir():
        raise _gone()
    return folder


@dataclass(slots=True)
class _Work:
    spec: Spec
    shelf: Shelf
    patience: Patience
    access: Access
    client: httpx2.Client
    folder: Path | None = None  # once there is one to tidy up

    def run(self) -> Events:
        begun = self.spec.get("resume")
        if begun:
            self.folder = _begun(self.shelf.staging, begun)
            found = unfinished.read(self.folder)
            if found is None:
                raise _gone()
            known = found
        else:
            known = yield from self._ask()
        if (model := self._on_shelf(known.listing)) is not None:
            unfinished.discard(known.folder)  # it was killed between its last two steps
            yield _done(model, already=True)
            return
        yield self._found(known)
        if self.spec.get("confirm"):
            self.patience.wait_for("go")
        self._check_space(known)
        self.folder = known.folder
        try:
            with unfinished.locked(known.folder):
                model = self._on_shelf(known.listing)
                if model is None:
                    yield from self._fetch(known)
                    model = yield from (self._convert if known.listing.gguf else self._adopt)(known)
        except OSError as error:
            missing = known.listing.n_bytes - known.done_bytes
            if unfinished.read(known.folder) is None:  # it could not even be written down what it is
                unfinished.forget(known.folder)
            raise full_disk(error, missing, self._free_bytes()) from error
        unfinished.forget(known.folder)
        yield _done(model)

    def _ask(self) -> Generator[dict[str, Any], None, Unfinished]:
        wanted = names.parse(str(self.spec["repo"]), self.access.endpoint)
        if revision := names.check_revision(str(self.spec.get("revision", "")).strip()):
            wanted = replace(wanted, revision=revision)
        if file := str(self.spec.get("file", "")):
            wanted = replace(wanted, file=file)
        yield {"state": "asking", "host": self.access.host}
        while True:
            try:
                listing = ask(self.access, wanted)
                break
            except PassingError as error:
                yield from self.patience.failed(error)
        published = Path(listing.gguf).stem or listing.repo.rpartition("/")[2]
        name = str(self.spec.get("name", "")) or published
        folder = unfinished.place(self.shelf.staging, listing)
        before = unfinished.read(folder)
        etags = before.etags if before is not None else {}
        return Unfinished(folder, listing, wanted.revision, name, self.access.endpoint, etags)

    def _found(self, known: Unfinished) -> dict[str, Any]:
        listing = known.listing
        return {
            "state": "found",
            "repo": listing.repo,
            "commit": listing.commit,
            "licence": listing.licence,
            "name": known.name,
            "files": [[file.name, file.n_bytes] for file in listing.files],
            "left_out": list(listing.left_out),
            "total_bytes": listing.n_bytes,
            "done_bytes": known.done_bytes,
            "free_bytes": self._free_bytes(),
            "folder": known.folder.name,
            "host": self.access.host,
        }

    def _check_space(self, known: Unfinished) -> None:
        """Raise StudioError if what is missing would not fit."""
        missing = known.listing.n_bytes - known.done_bytes
        if (free := self._free_bytes()) < SPACE * missing:
            raise no_space(round(SPACE * missing), free)

    def _fetch(self, known: Unfinished) -> Events:
        """Have every file in its place and verified."""
        known.save()
        meter = Meter(known.listing.n_bytes)
        fetcher = Fetcher(self.client, self.access, known, meter, self.patience)
        for file in known.listing.files:
            yield from fetcher.fetch(file)
            if file.name == "config.json":
                self._check(known, whole=False)
        yield meter.fields("checking", "")

    def _check(self, known: Unfinished, *, whole: bool) -> None:
        """Throw away what is verified but no model: nobody should wait for its weights."""
        try:
            config = model_files.read_json(known.files / "config.json", model_files.MAX_CONFIG_BYTES)
            if kind := _other_purpose(config):
                raise StudioError(
                    QT_TRANSLATE_NOOP("StudioError", "“{repo}” does not write on: it is a {kind}."),
                    QT_TRANSLATE_NOOP("StudioError", "Choose a model for text generation."),
                    repo=known.listing.repo,
                    kind=kind,
                )
            if whole:
                model_files.find_weights(known.files)
        except StudioError:
            unfinished.forget(known.folder)
            raise

    def _adopt(self, known: Unfinished) -> Adopting:
        """Put the folder itself on the shelf."""
        self._check(known, whole=True)
        listing = known.listing
        wanted = {file.name for file in listing.files}
        for path in known.files.iterdir():
            if path.name not in wanted:  # of an earlier version that chose other files
                path.unlink()
        yield {"state": "adopting"}
        weights = [file.sha256 for file in listing.files if file.name.endswith(".safetensors")]
        return self.shelf.adopt(
            known.files,
            known.name,
            About(source=listing.source, licence=listing.licence),
            sha256=weights[0] if len(weights) == 1 else "",
        )

    def _convert(self, known: Unfinished) -> Adopting:
        """Import the GGUF file, in a process of its own that has no network, and put what comes out up."""
        listing = known.listing
        try:
            found = bringing.recognise(known.files / listing.gguf)
            bringing.check_room(found, self.shelf.folder)
            with self.shelf.staged() as staged:
                done: dict[str, Any] = {}
                for done in job_runner.run(bringing.spec(found, staged), bringing.wall_s(found)):
                    yield from self.patience.look()
                    yield {"state": "importing", "fraction": float(done.get("fraction", 1.0))}
                return bringing.adopt(
                    self.shelf, staged, found, done, known.name, listing.source, listing.licence
                )
        except StudioError:
            if self._free_bytes() > listing.n_bytes:  # else it may go through when there is space
                unfinished.forget(known.folder)
            raise

    def _on_shelf(self, listing: Listing) -> ShelfModel | None:
        """The model that came from this very commit before."""
        same = (model for model in self.shelf.models() if model.about.source == listing.source)
        return next((model for model in same if not model.trouble), None)

    def _free_bytes(self) -> int:
        folder = self.shelf.folder
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free


def _other_purpose(config: dict[str, Any]) -> str:
    """The name of an architecture that is made for something else than writing on; empty: it may well be."""
    told = config.get("architectures")
    kinds = [str(kind)[:80] for kind in told] if isinstance(told, list) else []
    others = [kind for kind in kinds if _NO_WRITER.search(kind)]
    return others[0] if others and len(others) == len(kinds) else ""


def _done(model: ShelfModel, *, already: bool = False) -> dict[str, Any]:
    return {"event": "done", "model": model.id, "name": model.name, "already": already}


def _gone() -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The download that was begun is not there any more."),
        QT_TRANSLATE_NOOP("StudioError", "Start it anew."),
    )
