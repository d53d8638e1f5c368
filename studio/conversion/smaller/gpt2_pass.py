"""GPT-2's forward pass written out, so that every step of it can be seen, masked and differentiated.

T: tokens, C: n_embd, H: n_head, D = C/H, I: n_inner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)
from torch import Tensor

from studio.core.activations import ACTIVATIONS
from studio.core.gpt2_shape import GPT2Config

See = Callable[[str, int, Tensor], None]
"""Told of "residual" (T, C) before each layer norm, "heads" (T, H, D), "neurons" (T, I), and the layer."""


def look_away(_what: str, _layer: int, _tensor: Tensor) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class GPT2Pass:
    """One model. `weights` as in `GPT2Config.shapes`, float32."""

    config: GPT2Config
    weights: Mapping[str, Tensor]

    def loss(self, ids: Tensor, heads: Tensor | None = None, see: See = look_away) -> Tensor:
        """Nats a token, the mean: (T,) int64 -> (). `heads`: (L, H), what each head's result is times."""
        config, w = self.config, self.weights
        x = F.embedding(ids[:-1], w["wte.weight"]) + w["wpe.weight"][: len(ids) - 1]
        for layer in range(config.n_layer):
            x = self._block(layer, x, heads, see)
        see("residual", config.n_layer, x)
        head = w["wte.weight" if config.tie_word_embeddings else "lm_head.weight"]
        return F.cross_entropy(self._normed("ln_f", x) @ head.t(), ids[1:])

    def _block(self, layer: int, x: Tensor, heads: Tensor | None, see: See) -> Tensor:
        config, t, at = self.config, len(x), f"h.{layer}."
        see("residual", layer, x)
        qkv = self._linear(f"{at}attn.c_attn", self._normed(f"{at}ln_1", x))
        q, k, v = qkv.view(t, 3, config.n_head, -1).permute(1, 2, 0, 3)  # (H, T, D) each
        scale = config.attention_scale(layer)
        mixed = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=scale)[0]
        see("heads", layer, mixed.transpose(0, 1))
        if heads is not None:
            mixed = mixed * heads[layer, :, None, None]
        x = x + self._linear(f"{at}attn.c_proj", mixed.transpose(0, 1).reshape(t, -1))
        see("residual", layer, x)
        wide = self._linear(f"{at}mlp.c_fc", self._normed(f"{at}ln_2", x))
        wide = ACTIVATIONS[config.activation_function](wide)
        see("neurons", layer, wide)
        return x + self._linear(f"{at}mlp.c_proj", wide)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return torch.addmm(self.weights[f"{name}.bias"], x, self.weights[f"{name}.weight"])

    def _normed(self, name: str, x: Tensor) -> Tensor:
        pair = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, x.shape[1:], *pair, self.config.layer_norm_epsilon)
