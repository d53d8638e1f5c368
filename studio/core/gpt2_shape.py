"""What a GPT-2 is made of: its sizes and the shapes of its weights. Without torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class GPT2Config:
    """The part of a checkpoint's config.json that the forward pass depends on. Names as in Hugging Face's."""

    vocab_size: int
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int
    n_inner: int
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False
    tie_word_embeddings: bool = True

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight. Conv1D weights are stored (in, out)."""
        c, inner = self.n_embd, self.n_inner
        shapes: dict[str, tuple[int, ...]] = {
            "wte.weight": (self.vocab_size, c),
            "wpe.weight": (self.n_positions, c),
        }
        for i in range(self.n_layer):
            for name, shape in {
                "ln_1": (c,),
                "attn.c_attn": (c, 3 * c),
                "attn.c_proj": (c, c),
                "ln_2": (c,),
                "mlp.c_fc": (c, inner),
                "mlp.c_proj": (inner, c),
            }.items():
                shapes[f"h.{i}.{name}.weight"] = shape
                shapes[f"h.{i}.{name}.bias"] = shape[-1:]
        shapes |= {"ln_f.weight": (c,), "ln_f.bias": (c,)}
        if not self.tie_word_embeddings:
            shapes["lm_head.weight"] = (self.vocab_size, c)
        return shapes

    def attention_scale(self, layer: int) -> float:
        """What the attention scores of a layer are multiplied by."""
        scale = 1 / sqrt(self.n_embd / self.n_head) if self.scale_attn_weights else 1.0
        return scale / (layer + 1 if self.scale_attn_by_inverse_layer_idx else 1)

    @property
    def n_parameters(self) -> int:
        """Number of weights; a tied head counts once."""
        c, inner = self.n_embd, self.n_inner
        block = 4 * c + (c + 1) * 3 * c + (c + 1) * c + (c + 1) * inner + (inner + 1) * c
        heads = 1 if self.tie_word_embeddings else 2
        return heads * self.vocab_size * c + self.n_positions * c + self.n_layer * block + 2 * c

    @property
    def memory_bytes(self) -> int:
        """What the loaded model takes in float32: weights and the KV cache."""
        return 4 * (self.n_parameters + 2 * self.n_layer * self.n_positions * self.n_embd)
