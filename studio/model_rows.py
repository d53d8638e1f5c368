"""The rows of the list of models, from what the shelf, the library, the machine and the engine know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.messages import ModelInfo
from studio.core.precisions import Measured
from studio.models import verdict
from studio.models.built_in import STARTER
from studio.models.records import ShelfModel
from studio.settings import Settings
from studio.shelf_thread import Contents
from studio.store.records import ModelUse
from studio.ui.models.row import Row, State


@dataclass(frozen=True, slots=True)
class Known:
    """Everything beside the shelf."""

    settings: Settings
    info: ModelInfo | None  # of the loaded model
    loaded: str  # its name: an id, "starter" or a folder
    wanted: str  # the name of the one that is being loaded
    measured: Mapping[str, Measured]  # of precisions, by SHA-256
    uses: Mapping[str, ModelUse]  # by SHA-256
    free_bytes: int | None
    bandwidth: float  # bytes a second; 0.0: not known


def loaded_id(contents: Contents, name: str) -> str:
    """The id of a model that is named by its id or its folder; the name itself if the shelf has none such."""
    if Path(name).is_absolute():
        folder = Path(name)
        return next((model.id for model in contents.models if model.folder == folder), name)
    return name


def rows(contents: Contents, known: Known) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Those of the shelf, and those of the trash."""
    loaded, wanted = loaded_id(contents, known.loaded), loaded_id(contents, known.wanted)
    models = [_with_digest(model, loaded, known.info) for model in contents.models]
    if known.info is not None and models and loaded not in [model.id for model in models]:
        models.append(_unlisted(loaded, known.info))
    written = {sha256: use.tokens_per_s for sha256, use in known.uses.items()}
    wish = known.settings.precision
    if known.info is not None and known.info.backend == "studio":
        wish = "float32"  # there are no kernels here
    speeds = verdict.speeds(models, wish, known.measured, written)
    free_bytes = known.free_bytes
    now = next((model for model in models if model.id == loaded), None)
    if free_bytes is not None and now is not None and known.info is not None:
        # It would make room for another one.
        free_bytes += verdict.model_bytes(now, known.info.dtype) + verdict.PROCESS_BYTES

    def row(model: ShelfModel, state: State) -> Row:
        said = verdict.judge(model, wish, known.measured, free_bytes, speeds, known.bandwidth)
        default = known.settings.default_model == model.id
        is_listed = model.id != STARTER and contents.find(model.id) is not None
        return Row(model, state, default, said, known.uses.get(model.sha256), is_listed)

    listed = contents.find(loaded) is not None
    found = []
    for model in models:
        state = State.RESTS
        if model.id == wanted:
            state = State.LOADING
        elif model.id == loaded and known.info is not None:
            state = State.LOADED
            if model.why is not None or (not listed and not Path(loaded).is_absolute()):
                state = State.ONLY_IN_MEMORY
        found.append(row(model, state))
    return tuple(found), tuple(row(model, State.IN_TRASH) for model in contents.trashed)


def _with_digest(model: ShelfModel, loaded: str, info: ModelInfo | None) -> ShelfModel:
    """Loading has hashed it already."""
    if not model.sha256 and info is not None and model.id == loaded:
        return replace(model, sha256=info.sha256)
    return model


def _unlisted(name: str, info: ModelInfo) -> ShelfModel:
    """A loaded model that does not stand on the shelf: a folder that was opened, or one removed since."""
    made = ShelfModel(
        name, info.name, Path(info.path), Path(name).is_absolute(), info.architecture, info.n_parameters,
        "", 0, info.n_positions, info.vocab_size, "", info.sha256, "",
    )  # fmt: skip
    return replace(made, n_cached=2 * info.n_layer * info.n_embd)
