"""Inside GPT-2 while it chooses a token: attention, what each layer would have said, which words mattered.

A pass of its own that keeps what the usual one throws away; nothing of the KV cache is read or written.
T: tokens read, L: n_layer, H: n_head, C: n_embd, D: C/H, V: vocab_size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from studio.core.model import GPT2, Cancelled, InterruptedReading, never


class Inside(Protocol):
    """What can be seen of one pass over a context of T tokens, with any kind of model."""

    def attention(self, layer: int) -> Tensor:
        """How much each head of a layer looked at each token when reading the last: (H, T), rows sum to 1."""
        ...

    def attention_map(self, layer: int, head: int) -> Tensor:
        """How much each token looked at each one before it: (T, T), lower triangular, rows sum to 1."""
        ...

    def lens(self) -> Tensor | None:
        """What each layer would have said had it been the last: (L+1, V); None where that is not known."""
        ...

    def weigh(self, token_id: int, cancelled: Cancelled = never) -> Tensor:
        """Gradient times input of each token for `token_id` as the next: (T,), nats."""
        ...

    def logits(self) -> Tensor:
        """The model's own answer: (V,)."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """What one pass of GPT-2 over `ids` went through."""

    model: GPT2
    ids: Tensor  # (T,) int64
    hidden: Tensor  # (L+1, T, C): what goes into each block, and what comes out of the last

    def attention(self, layer: int) -> Tensor:
        """How much each head of a layer looked at each token when reading the last: (H, T), rows sum to 1."""
        weights: list[Tensor] = []

        def attend(_layer: int, qkv: Tensor, scale: float) -> Tensor:
            attended, shares = _attend(qkv, scale)
            weights.append(shares[:, -1])
            return attended

        with torch.inference_mode():
            self.model.block(layer, self.hidden[layer], attend)
        return weights[0]

    def attention_map(self, layer: int, head: int) -> Tensor:
        """How much each token looked at each one before it: (T, T), lower triangular, rows sum to 1."""
        weights: list[Tensor] = []

        def attend(_layer: int, qkv: Tensor, scale: float) -> Tensor:
            attended, shares = _attend(qkv, scale)
            weights.append(shares[head])
            return attended

        with torch.inference_mode():
            self.model.block(layer, self.hidden[layer], attend)
        return weights[0]

    def lens(self) -> Tensor:
        """What each layer would have said had it been the last: (L+1, V) logits after the last token.

        nostalgebraist 2020, "interpreting GPT: the logit lens": the last layer norm and the head on every
        layer's state. The first row is the embedding's, the last the model's own answer.
        """
        with torch.inference_mode():
            return self.model.head(self.hidden[:, -1])

    def logits(self) -> Tensor:
        """The model's own answer: (V,)."""
        with torch.inference_mode():
            return self.model.head(self.hidden[-1, -1:])[0]

    def weigh(self, token_id: int, cancelled: Cancelled = never) -> Tensor:
        """Gradient times input of each token for `token_id` as the next: (T,), nats."""
        return gradient_times_input(self, token_id, cancelled)


def trace(model: GPT2, ids: Sequence[int], cancelled: Cancelled = never) -> Trace:
    """Read `ids` (1 to n_positions tokens) and keep every layer's states. Raises InterruptedReading."""
    tensor = torch.tensor(ids, device=model.device)
    config = model.config
    with torch.inference_mode():
        states = torch.empty(config.n_layer + 1, len(ids), config.n_embd, device=model.device)
        states[0] = model.token_embedding(tensor) + model.position_embedding(len(ids))
        for layer in range(config.n_layer):
            if cancelled():
                raise InterruptedReading
            states[layer + 1] = model.block(layer, states[layer], _only_attend)
        return Trace(model, tensor, states)


def trace_bytes(model: GPT2, n_tokens: int) -> int:
    """What a pass over `n_tokens` takes at most: the states, and one block at work, forwards or backwards."""
    config = model.config
    states = (config.n_layer + 1) * n_tokens * config.n_embd
    block = 4 * config.n_head * n_tokens**2 + 8 * n_tokens * config.n_inner
    return 4 * (states + block)


def gradient_times_input(traced: Trace, token_id: int, cancelled: Cancelled = never) -> Tensor:
    """How much each token of the context spoke for or against `token_id` as the next: (T,), nats.

    The gradient of its log-probability by each token's embedding, times that embedding: to first order, what
    would be lost without it (Denil et al. 2014, arXiv 1412.6815). Layer by layer backwards, so that it can be
    cancelled. Raises InterruptedReading.
    """
    model = traced.model
    with torch.enable_grad():
        last = traced.hidden[-1, -1:].clone().requires_grad_()  # (1, C)
        logprob = model.head(last)[0].log_softmax(0)[token_id]
        (at_last,) = torch.autograd.grad(logprob, last)
        gradient = torch.zeros_like(traced.hidden[-1])  # (T, C)
        gradient[-1] = at_last[0]
        for layer in reversed(range(model.config.n_layer)):
            if cancelled():
                raise InterruptedReading
            state = traced.hidden[layer].clone().requires_grad_()
            after = model.block(layer, state, _only_attend)
            (gradient,) = torch.autograd.grad(after, state, gradient)
    embedding: Tensor = model.token_embedding(traced.ids)  # (T, C)
    return (gradient * embedding).sum(1)


def _only_attend(_layer: int, qkv: Tensor, scale: float) -> Tensor:
    return _attend(qkv, scale)[0]


def _attend(qkv: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """(3, H, T, D) -> what each token takes from those it may see, (H, T, D), and the shares, (H, T, T)."""
    q, k, v = qkv.unbind()
    scores = q @ k.transpose(1, 2) * scale
    hidden = torch.ones(scores.shape[1:], dtype=torch.bool, device=scores.device).triu(1)
    shares = scores.masked_fill(hidden, -torch.inf).softmax(2)
    return shares @ v, shares
