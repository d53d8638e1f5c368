"""transformers' own generate(), in float32, as installed beside the app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch


class Transformers:
    """GPT2LMHeadModel.generate()."""

    def __init__(self, model: Path, threads: int) -> None:
        from transformers import GPT2LMHeadModel

        torch.set_num_threads(threads)
        made: Any = GPT2LMHeadModel
        self._model: Any = made.from_pretrained(model, dtype=torch.float32).eval()
        self._model.generation_config.eos_token_id = None
        self._model.generation_config.pad_token_id = 0

    def write(self, ids: Sequence[int], n_tokens: int, n_texts: int = 1) -> None:
        tensor = torch.tensor([list(ids)])
        with torch.inference_mode():
            self._model.generate(
                tensor,
                attention_mask=torch.ones_like(tensor),
                max_new_tokens=n_tokens,
                min_new_tokens=n_tokens,
                do_sample=n_texts > 1,
                num_return_sequences=n_texts,
            )


def open_engine(model: Path, _converted: Path, _precision: str, threads: int) -> Transformers:
    """The engine; it has one precision."""
    return Transformers(model, threads)
