"""The draw: a race between the tokens, run on noise that depends on seed, position and token alone.

Every token i gets a time E_i, exponentially distributed with mean 1, and the token with the largest p_i / E_i
wins; that happens with probability p_i (the "Gumbel-max trick" in other words: Gumbel 1954; Maddison, Tarlow
& Minka 2014, arXiv 1411.0030). The noise of a position does not depend on the probabilities. So a changed
setting changes a token only where it must: as long as the winner stays and no other gains on it, it wins
again, and a token that is removed lets all others keep their places.

The noise is Philox 4x64 (Salmon et al. 2011) by its counter: any position can be drawn again by itself.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Philox
from numpy.typing import NDArray
from torch import Tensor

from studio.kernels.library import kernels

DRAW_KEY = 0x44524157  # sets the draw's randomness apart from any other of the same seed
_BLOCK = 8192  # tokens at once: arrays that stay in the processor's cache
_UNIT = 2.0**-53
_SPARE_BITS = np.uint64(11)  # a float64 holds 53 of 64


def noise(seed: int, position: int, n: int) -> NDArray[np.uint64]:
    """The bits of the first `n` tokens at a position of a run: (n,)."""
    bits: NDArray[np.uint64] = _stream(seed, position).random_raw(n)
    return bits


def draw(probs: Tensor, seed: int, position: int) -> int:
    """The token that wins the race; never one of probability zero.

    (V,) float, not negative, with a positive sum -> token id. The race is run in float64. The times are
    E = -log(1 - u), which lies between u and u / (1 - u): most tokens have lost before a logarithm is taken.
    The compiled kernels run the same race.
    """
    lib = kernels()
    if lib is not None and probs.device.type == "cpu" and probs.dtype is torch.float32:
        probs = probs.contiguous()
        return lib.draw(probs.data_ptr(), len(probs), (seed % 2**64, DRAW_KEY), position % 2**64)
    weights = probs.detach().cpu().numpy()  # (V,)
    stream = _stream(seed, position)
    winner, best = 0, 0.0
    for begin in range(0, len(weights), _BLOCK):
        p = weights[begin : begin + _BLOCK].astype(np.float64)
        if not p.any():
            stream.advance(_BLOCK // 4)  # four numbers a step
            continue
        bits = stream.random_raw(len(p))
        bits >>= _SPARE_BITS
        times = bits.view(np.int64).astype(np.float64)  # signed numbers are converted faster
        times += 0.5  # 53 bits: u in (0, 1), times 2 ** 53
        at_most = p / times  # as much too small
        first = int(at_most.argmax())
        at_least = max(float(at_most[first] - p[first] * _UNIT), best * _UNIT)
        running = (at_most >= at_least).nonzero()[0]
        if len(running):
            speeds = p[running] / -np.log1p(-times[running] * _UNIT)
            first = int(speeds.argmax())
            if speeds[first] > best:
                winner, best = begin + int(running[first]), float(speeds[first])
    return winner


def _stream(seed: int, position: int) -> Philox:
    return Philox(key=(DRAW_KEY << 64) | (seed % 2**64), counter=(position % 2**64) << 64)
