"""Loading a model while the one before goes on working."""

from __future__ import annotations

import gc
from collections.abc import Generator

import torch

from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.hardware import give_back_memory
from studio.core.loading_messages import LoadModel
from studio.core.messages import Progress
from studio.core.model import Cancelled, InterruptedReading


def load(request: LoadModel, cancelled: Cancelled) -> Generator[Progress, None, Checkpoint]:
    """Load what is asked for. Raises StudioError; InterruptedReading if cancelled.

    Between two steps the model before may be at work: it then finds its own number of threads.
    """
    before = torch.get_num_threads()
    loading = load_checkpoint(
        request.path, request.device, request.precision, request.backend, request.measured
    )
    while True:
        try:
            fraction = next(loading)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            return checkpoint
        if cancelled():
            loading.close()
            raise InterruptedReading
        wanted = torch.get_num_threads()
        torch.set_num_threads(before)
        yield Progress(request.job_id, fraction)
        torch.set_num_threads(wanted)


def let_go() -> None:
    """Give the system the memory of a model that nobody holds any more."""
    gc.collect()  # its parts know each other
    give_back_memory()
