"""Inside a model of another kind than GPT-2: what transformers tells of its attention and hidden states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.other_model import TransformersLM

_FINAL_NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
"""What the last layer norm is called in the models of transformers."""


class OtherTrace:
    """What one pass over `ids` went through. Only the last position's states are kept; maps are made anew."""

    def __init__(self, model: TransformersLM, ids: Sequence[int], cancelled: Cancelled = never) -> None:
        """Raises InterruptedReading; StudioError if the model does not tell of its attention."""
        if cancelled():
            raise InterruptedReading
        self._backend = model.backend
        self._ids = torch.tensor([list(ids)], device=model.device)
        output = self._read(output_hidden_states=True, output_attentions=True)
        attentions = output.attentions
        if not attentions or any(part is None or part.dim() != 4 for part in attentions):
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "This kind of model does not show its attention."),
                QT_TRANSLATE_NOOP("StudioError", "Choose a GPT-2 model to look inside."),
            )
        self._rows: list[Tensor] = [part[0, :, -1].float().cpu() for part in attentions]  # L of (H, T)
        self.states = torch.stack(
            [part[0, -1] for part in output.hidden_states]
        )  # (L+1, C): of the last token
        self._logits: Tensor = output.logits[0, -1].float()

    def attention(self, layer: int) -> Tensor:
        """How much each head of a layer looked at each token when reading the last: (H, T), rows sum to 1."""
        return self._rows[layer]

    def attention_map(self, layer: int, head: int) -> Tensor:
        """How much each token looked at each one before it: (T, T), lower triangular, rows sum to 1."""
        shares: Tensor = self._read(output_attentions=True).attentions[layer][0, head]
        return shares.float().cpu()

    def logits(self) -> Tensor:
        """The model's own answer: (V,)."""
        return self._logits.cpu()

    def lens(self) -> Tensor | None:
        """What each layer would have said had it been the last: (L+1, V); None where that is not known.

        Known where the last layer norm and the head, applied to the last layer's state, give the model's
        answer; transformers hands that state out after the norm.
        """
        base = self._backend.base_model
        norm = next((getattr(base, name) for name in _FINAL_NORMS if hasattr(base, name)), None)
        head = self._backend.get_output_embeddings()
        if norm is None or head is None:
            return None
        with torch.inference_mode():
            if not torch.allclose(head(self.states[-1]).float(), self._logits, rtol=1e-3, atol=1e-3):
                return None
            earlier: Tensor = head(norm(self.states[:-1])).float()
        return torch.cat([earlier, self._logits[None]]).cpu()

    def weigh(self, token_id: int, cancelled: Cancelled = never) -> Tensor:
        """Gradient times input of each token for `token_id` as the next: (T,), nats."""
        if cancelled():
            raise InterruptedReading
        with torch.enable_grad():
            embedded = self._backend.get_input_embeddings()(self._ids).detach().requires_grad_()
            logits = self._backend(inputs_embeds=embedded, use_cache=False).logits[0, -1]
            (gradient,) = torch.autograd.grad(logits.float().log_softmax(0)[token_id], embedded)
        product: Tensor = (gradient * embedded)[0].sum(1).detach()
        return product.float().cpu()

    def _read(self, **wanted: bool) -> Any:
        with torch.inference_mode(), _eager(self._backend):
            return self._backend(self._ids, use_cache=False, **wanted)


def trace_bytes(model: TransformersLM, n_tokens: int) -> int:
    """What a pass over `n_tokens` takes at most: every layer's attention at once, and its states."""
    attention = (model.n_layer + 2) * max(model.n_head, 1) * n_tokens**2
    return 4 * (attention + 16 * (model.n_layer + 1) * n_tokens * model.n_embd + n_tokens * model.vocab_size)


@contextmanager
def _eager(backend: Any) -> Iterator[None]:
    """The faster ways to compute attention do not tell of it."""
    usual = backend.config._attn_implementation
    backend.set_attn_implementation("eager")
    try:
        yield
    finally:
        backend.set_attn_implementation(usual)
