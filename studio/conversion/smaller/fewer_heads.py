"""A narrower GPT-2: fewer heads in every layer and a narrower residual stream; or fewer neurons.

All layers of a GPT-2 have the same number of heads, whose sizes add up to the width. So single heads cannot
go; the same number goes in every layer, those that the text needs least in each, and the width with them.

Which heads: by the gradient of the loss by a factor on each head (Michel et al. 2019, arXiv 1905.10650).
The width: SliceGPT's idea (Ashkboos et al. 2024, arXiv 2401.15024) with one rotation for the whole model.
The residual stream is turned so that its principal components come first, and the last are cut off. A layer
norm does not mind being turned as long as what it gets has the mean 0; so the components are put into the
narrower stream across its own mean, and what the layer norms multiply by and add moves into the matrices
after them. The last norm has the tied head after it, which cannot take anything in: `_laid_out`.

C: n_embd, H: n_head, D = C/H, with ' the narrower model's; V: vocab_size.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from studio.conversion.smaller.gpt2_pass import GPT2Pass
from studio.core.gpt2_shape import GPT2Config

PIECE = 128
N_GRADIENTS = 8
"""Pieces that the gradient is averaged over."""

_SHARE_OF_TOKENS = 0.3
"""What all embeddings count beside the text's states: no word may be cut off because it did not come."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A new model, float32, with what each layer kept."""

    config: GPT2Config
    weights: dict[str, Tensor]
    kept: tuple[tuple[int, ...], ...]  # by layer


def pieces(ids: Tensor) -> list[Tensor]:
    """(T,) -> pieces of at most PIECE tokens, none of a single one."""
    return [ids[at : at + PIECE] for at in range(0, len(ids) - 1, PIECE)]


def weigh_heads(gpt2: GPT2Pass, ids: Tensor) -> Generator[float, None, Tensor]:
    """How much the loss depends on each head: (L, H), yielding the fraction done."""
    shape = gpt2.config.n_layer, gpt2.config.n_head
    importance, parts = torch.zeros(shape), pieces(ids)[:N_GRADIENTS]
    for done, piece in enumerate(parts, 1):
        factors = torch.ones(shape, requires_grad=True)
        (gradient,) = torch.autograd.grad(gpt2.loss(piece, factors), factors)
        importance += gradient.abs()
        yield done / len(parts)
    return importance


@dataclass(slots=True)
class _Seen:
    """Adds up what the residual stream and the heads' results are like."""

    config: GPT2Config
    covariance: Tensor = field(init=False)  # (C, C) of what layer norms get, at mean 0 and variance 1
    heads: Tensor = field(init=False)  # (L, H, D), the sum over tokens
    n_tokens: int = 0

    def __post_init__(self) -> None:
        c, h = self.config.n_embd, self.config.n_head
        self.covariance = torch.zeros(c, c, dtype=torch.float64)
        self.heads = torch.zeros(self.config.n_layer, h, c // h)

    def __call__(self, what: str, layer: int, tensor: Tensor) -> None:
        if what == "residual":
            self.covariance += _covariance(tensor)
        elif what == "heads":
            self.heads[layer] += tensor.sum(0)
            self.n_tokens += len(tensor) if layer == 0 else 0


def _covariance(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(1, keepdim=True)
    centred = centred / centred.square().mean(1, keepdim=True).add(1e-5).sqrt()
    return (centred.t() @ centred).double()


def fewer_heads(
    config: GPT2Config, weights: Mapping[str, Tensor], ids: Tensor, keep: int
) -> Generator[float, None, Narrowed]:
    """Keep `keep` heads of every layer, and as much of the width. `ids`: (T,) tokens of the text."""
    importance = yield from _part(0.0, 0.4, weigh_heads(GPT2Pass(config, weights), ids))
    best = [sorted(row.topk(keep).indices.tolist()) for row in importance]
    d = config.n_embd // config.n_head
    mask = torch.zeros_like(importance)
    for layer, heads in enumerate(best):
        mask[layer, heads] = 1
    seen = _Seen(config)
    parts = pieces(ids)
    with torch.inference_mode():
        for done, piece in enumerate(parts, 1):
            GPT2Pass(config, weights).loss(piece, mask, seen)
            yield 0.4 + 0.3 * done / len(parts)
        tokens = _covariance(weights["wte.weight"])
        share = _SHARE_OF_TOKENS * seen.covariance.trace() / tokens.trace()
        components = _components(seen.covariance + share * tokens, keep * d - 1)
        turn, last = _laid_out(components, weights["ln_f.weight"])
        yield 0.8
        factor = _stretch(seen.covariance, turn)
        without = _without_heads(config, weights, best, seen.heads / max(seen.n_tokens, 1))
        narrow = _turned(config, without, turn, factor, last)
        yield 1.0
    narrower = replace(config, n_embd=keep * d, n_head=keep)
    return Narrowed(narrower, narrow, tuple(map(tuple, best)))


def _components(covariance: Tensor, n: int) -> Tensor:
    """(C, C) -> (C, n): the principal ones, none of them along the mean."""
    c = len(covariance)
    ones = torch.full((c, 1), c**-0.5, dtype=torch.float64)
    off_mean = torch.eye(c, dtype=torch.float64) - ones @ ones.t()
    covariance = off_mean @ covariance @ off_mean
    covariance -= covariance.trace() * (ones @ ones.t())  # so that the mean comes last
    found: Tensor = torch.linalg.eigh(covariance).eigenvectors.flip(1)[:, :n]
    return found


def _laid_out(components: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
    """(C, C'-1), (C,) -> how to turn the stream, (C, C'), and the last norm's factors there, (C',).

    The components lie across the narrower stream's own mean, and so that the last norm's factors, which the
    tied head needs between itself and the embeddings, are again one number for each place: a diagonal matrix
    whose part across the mean has the eigenvalues wanted, up to half the gap between two of them.
    """
    width = components.shape[1] + 1
    wanted, axes = torch.linalg.eigh(components.t() @ (factors.double()[:, None] * components))
    places = torch.cat([wanted[:1], (wanted[1:] + wanted[:-1]) / 2, wanted[-1:]])
    ones = torch.ones(width, 1, dtype=torch.float64)
    across = torch.linalg.qr(torch.cat([ones, torch.eye(width, dtype=torch.float64)[:, 1:]], 1)).Q[:, 1:]
    its_axes = torch.linalg.eigh(across.t() @ (places[:, None] * across)).eigenvectors
    return (components @ axes @ its_axes.t() @ across.t()).float(), places.float()


def _stretch(covariance: Tensor, turn: Tensor) -> float:
    """How much smaller the narrower stream's layer norms make their input than they should."""
    width = turn.shape[1]
    turned = turn.double().t() @ covariance @ turn.double()
    kept = float(turned.trace() / covariance.trace())
    return float((kept * len(covariance) / width) ** 0.5)


def _without_heads(
    config: GPT2Config, weights: Mapping[str, Tensor], best: list[list[int]], means: Tensor
) -> dict[str, Tensor]:
    """Attention of these heads only; what the others gave on average is added once and for all."""
    c, h = config.n_embd, config.n_head
    d = c // h
    found = dict(weights)
    for layer, kept in enumerate(best):
        at = f"h.{layer}.attn."
        gone = [head for head in range(h) if head not in kept]
        into = weights[f"{at}c_attn.weight"].view(c, 3, h, d)
        found[f"{at}c_attn.weight"] = into[:, :, kept].reshape(c, -1)
        found[f"{at}c_attn.bias"] = weights[f"{at}c_attn.bias"].view(3, h, d)[:, kept].reshape(-1)
        out = weights[f"{at}c_proj.weight"].view(h, d, c)
        found[f"{at}c_proj.weight"] = out[kept].reshape(-1, c)
        usual = torch.einsum("hd,hdc->c", means[layer, gone], out[gone])
        found[f"{at}c_proj.bias"] = weights[f"{at}c_proj.bias"] + usual
    return found


def _turned(
    config: GPT2Config, weights: Mapping[str, Tensor], turn: Tensor, factor: float, last: Tensor
) -> dict[str, Tensor]:
    """The model in the turned and narrower stream; `turn` and `last` as `_laid_out` gives them."""
    width = turn.shape[1]
    found = {name: weights[name] @ turn for name in ("wte.weight", "wpe.weight")}

    def norm(name: str, bias: Tensor | None = None) -> None:
        found[f"{name}.weight"] = torch.full((width,), factor)
        found[f"{name}.bias"] = torch.zeros(width) if bias is None else bias

    for layer in range(config.n_layer):
        at = f"h.{layer}."
        for normed, reader, writer in (
            ("ln_1", "attn.c_attn", "attn.c_proj"),
            ("ln_2", "mlp.c_fc", "mlp.c_proj"),
        ):
            factors, offset = weights[f"{at}{normed}.weight"], weights[f"{at}{normed}.bias"]
            reading = weights[f"{at}{reader}.weight"]
            found[f"{at}{reader}.weight"] = turn.t() @ (factors[:, None] * reading)
            found[f"{at}{reader}.bias"] = weights[f"{at}{reader}.bias"] + offset @ reading
            found[f"{at}{writer}.weight"] = weights[f"{at}{writer}.weight"] @ turn
            found[f"{at}{writer}.bias"] = weights[f"{at}{writer}.bias"] @ turn
            norm(f"{at}{normed}")
    head = weights["wte.weight" if config.tie_word_embeddings else "lm_head.weight"]
    table = head @ turn  # (V, C')
    if not config.tie_word_embeddings:
        found["lm_head.weight"] = table
    offset = torch.linalg.lstsq(table.double(), (head @ weights["ln_f.bias"]).double()[:, None]).solution
    norm("ln_f", offset[:, 0].float())
    found["ln_f.weight"] = factor * last
    return found


def fewer_neurons(
    config: GPT2Config, weights: Mapping[str, Tensor], ids: Tensor, keep: int
) -> Generator[float, None, Narrowed]:
    """Keep the `keep` neurons of every layer that say most on the text: their size times their row's length.

    Structured pruning by activations, as in Minitron (Muralidharan et al. 2024, arXiv 2407.14679). What the
    others said on average is added once and for all.
    """
    sums = torch.zeros(2, config.n_layer, config.n_inner)  # of the numbers, and of their sizes
    n_tokens, parts = 0, pieces(ids)

    def see(what: str, layer: int, tensor: Tensor) -> None:
        if what == "neurons":
            sums[0, layer] += tensor.sum(0)
            sums[1, layer] += tensor.abs().sum(0)

    with torch.inference_mode():
        for done, piece in enumerate(parts, 1):
            GPT2Pass(config, weights).loss(piece, None, see)
            n_tokens += len(piece) - 1
            yield done / len(parts)
        found, kept = dict(weights), []
        for layer in range(config.n_layer):
            at = f"h.{layer}.mlp."
            out = weights[f"{at}c_proj.weight"]  # (I, C)
            best = (sums[1, layer] * out.norm(dim=1)).topk(keep).indices.sort().values
            gone = torch.ones(config.n_inner, dtype=torch.bool)
            gone[best] = False
            found[f"{at}c_fc.weight"] = weights[f"{at}c_fc.weight"][:, best]
            found[f"{at}c_fc.bias"] = weights[f"{at}c_fc.bias"][best]
            found[f"{at}c_proj.weight"] = out[best]
            usual = sums[0, layer, gone] / max(n_tokens, 1) @ out[gone]
            found[f"{at}c_proj.bias"] = weights[f"{at}c_proj.bias"] + usual
            kept.append(tuple(best.tolist()))
    return Narrowed(replace(config, n_inner=keep), found, tuple(kept))


def _part(begin: float, end: float, work: Generator[float, None, Tensor]) -> Generator[float, None, Tensor]:
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            found: Tensor = stop.value
            return found
        yield begin + (end - begin) * fraction
