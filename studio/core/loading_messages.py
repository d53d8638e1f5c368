"""Requests and answers about which model is loaded. All are part of messages.py; so is ModelLoaded."""

from __future__ import annotations

from dataclasses import dataclass

# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Load a checkpoint folder and make it the current model. Answered by ModelLoaded or JobFailed.

    The model before answers other requests until then. If memory has no room for both it is unloaded first,
    which a ModelUnloaded of the same job tells.
    """

    job_id: int
    path: str
    device: str = "auto"  # "auto", "cpu", "cuda", "mps"
    precision: str = "float32"  # "bfloat16", "float16", "int8", "int4": needs the compiled kernels; "auto"
    backend: str = "auto"  # "auto", "compiled", "torch"
    measured: tuple[tuple[str, str], ...] = ()  # what "auto" is for weights of a SHA-256; see precisions.py


@dataclass(frozen=True, slots=True)
class UnloadModel:
    """Give back the model's memory. Answered by ModelUnloaded, also if there was no model."""

    job_id: int


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelUnloaded:
    """No model is loaded now. The bytes are those of the whole model process; 0: not known here."""

    job_id: int
    bytes_before: int
    bytes_after: int
    makes_room: bool = False  # for the model that the job loads
