"""The stages that look at what was written, for many positions at once: see many_rows.py.

Each has something to say of a few tokens at a position, so it looks up those, not the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from studio.core.many_rows import Rows
from studio.core.processors import (
    FrequencyPenalty,
    LogitsProcessor,
    NoRepeatNgram,
    PresencePenalty,
    RepetitionPenalty,
    Xtc,
)
from studio.core.processors.dry import DryRun
from studio.core.processors.steering import MirostatRun, XtcRun
from studio.core.processors.words import BanRun, BiasRun
from studio.core.running import Running
from studio.core.truncation import INF


def edit(
    processor: LogitsProcessor,
    running: Running,
    rows: Rows,
    contexts: Sequence[Tensor],
    chosen: Sequence[int | None] | None,
) -> Rows | None:
    """A stage that is on, for all positions; None: it is not one of these, or not at hand here."""
    match processor, running:
        case _, MirostatRun() if chosen is not None:
            return _mirostat(running, rows, chosen)
        case Xtc(xtc_threshold=threshold), XtcRun():
            return _xtc(threshold, running, rows, contexts)
        case _ if rows.columns is not None or any(int(c[-1]) >= rows.vocab_size for c in contexts):
            return None
        case RepetitionPenalty(repetition_penalty=penalty, repetition_range=reach), _:
            seen = _seen([context[-reach:] for context in contexts], rows.vocab_size)[0]
            score = rows.values.gather(1, seen)
            score = (score * penalty).where(score < 0, score / penalty)
            return rows.lowered(rows.values.scatter(1, seen, score))
        case FrequencyPenalty(frequency_penalty=alpha), _:
            seen, counted = _seen(contexts, rows.vocab_size)
            counts = torch.zeros_like(rows.values).scatter_add_(1, seen, counted.float())
            return _moved(rows, rows.values - counts * alpha, lower=alpha >= 0)
        case PresencePenalty(presence_penalty=alpha), _:
            seen = _seen(contexts, rows.vocab_size)[0]
            return _moved(
                rows, rows.values.scatter(1, seen, rows.values.gather(1, seen) - alpha), lower=alpha >= 0
            )
        case NoRepeatNgram(no_repeat_ngram_size=size), _:
            return _without(rows, *_completing(contexts, size, rows.vocab_size))
        case _, DryRun():
            ids = contexts[-1].tolist()
            lowered = [running.lowered(_ids_of(c, ids), len(c)) for c in contexts]
            known = [{i: -v for i, v in row.items() if i < rows.vocab_size} for row in lowered]
            return _added(rows, known)
        case _, BiasRun():
            return _added(rows, [running.raised(context, rows.vocab_size) for context in contexts])
        case _, BanRun():
            banned = [running.removed(context, rows.vocab_size) for context in contexts]
            pairs = [(i, token_id) for i, row in enumerate(banned) for token_id in row]
            where = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
            return _without(rows, where[:, 0], where[:, 1])
        case _:
            return None


def _moved(rows: Rows, values: Tensor, *, lower: bool) -> Rows:
    return rows.lowered(values) if lower else Rows(values, None, rows.vocab_size)


def _ids_of(context: Tensor, longest: list[int]) -> list[int]:
    """The same list for all contexts that begin it: only the first of a text may be another one."""
    return longest if len(context) > 1 else context.tolist()


def _seen(contexts: Sequence[Tensor], vocab_size: int) -> tuple[Tensor, Tensor]:
    """The tokens of each context, the last one again where there are no more, and which are the context's:
    (T, L) int64, (T, L) bool."""
    ids = pad_sequence(list(contexts), batch_first=True, padding_value=-1)
    known = (ids >= 0) & (ids < vocab_size)
    last = torch.stack([context[-1] for context in contexts])
    return ids.where(known, last[:, None]), known


def _completing(contexts: Sequence[Tensor], size: int, vocab_size: int) -> tuple[Tensor, Tensor]:
    """Positions and tokens that would complete n tokens the context already holds: (n,), (n,)."""
    ids = pad_sequence(list(contexts), batch_first=True, padding_value=-1)  # (T, L)
    n_windows = ids.shape[1] + 1 - size
    lengths = torch.tensor([len(context) for context in contexts])
    if n_windows < 1:
        return lengths[:0], lengths[:0]
    ends = ids[:, size - 1 :]  # (T, n_windows)
    found = (ends >= 0) & (ends < vocab_size) & (lengths >= size)[:, None]
    for j in range(size - 1):
        at = (lengths + 1 - size + j).clamp_min(0)
        found &= ids[:, j : j + n_windows] == ids.gather(1, at[:, None])
    where = found.nonzero()
    return where[:, 0], ends[found]


def _without(rows: Rows, where: Tensor, token_ids: Tensor) -> Rows:
    """Remove tokens at positions, (n,) and (n,), but never all of a position."""
    if not len(where):
        return rows
    values = rows.values.index_put((where, token_ids), torch.tensor(-INF))
    empty = values.amax(1) == -INF
    values[empty] = rows.values[empty]
    return rows.lowered(values)


def _added(rows: Rows, added: Sequence[Mapping[int, float]]) -> Rows:
    """Add numbers to tokens of each position."""
    where = torch.tensor([i for i, row in enumerate(added) for _ in row], dtype=torch.int64)
    if not len(where):
        return rows
    token_ids = torch.tensor([token_id for row in added for token_id in row])
    numbers = rows.values.new_tensor([number for row in added for number in row.values()])
    values = rows.values.index_put((where, token_ids), numbers, accumulate=True)
    return _moved(rows, values, lower=bool((numbers <= 0).all()))


def _xtc(threshold: float, running: XtcRun, rows: Rows, contexts: Sequence[Tensor]) -> Rows:
    struck = torch.tensor([i for i, context in enumerate(contexts) if running.strikes(len(context))])
    if not len(struck):
        return rows
    before = rows.values[struck]
    above = (before.softmax(1) >= threshold) & (before > -INF)  # (n, W)
    least = before.where(above, INF).amin(1, keepdim=True)
    removed = above & (before > least)
    columns = None if rows.columns is None else rows.columns[struck]
    for token_id in running.spared:
        if columns is None:
            spares = removed[:, token_id] if token_id < rows.vocab_size else removed[:, 0] & False
        else:
            spares = (removed & (columns == token_id)).any(1)
        removed &= ~spares[:, None]
    values = rows.values.index_copy(0, struck, before.masked_fill(removed, -INF))
    return rows.lowered(values) if columns is None else Rows(values, rows.columns, rows.vocab_size)


def _mirostat(running: MirostatRun, rows: Rows, chosen: Sequence[int | None]) -> Rows:
    most = [running.follow(bits) for bits in surprises(rows, chosen)]
    found = rows.values.softmax(1).log2().neg_()
    best = rows.values.amax(1, keepdim=True)
    return rows.only((found <= torch.tensor(most)[:, None]) | (rows.values == best))


def surprises(rows: Rows, chosen: Sequence[int | None]) -> list[float]:
    """How surprising the token chosen at each position was, bits; infinite: none was, or none is known."""
    known = [i if i is not None and i < rows.vocab_size else -1 for i in chosen]
    own = rows.of(torch.tensor(known).clamp_min(0))
    bits = (rows.values.logsumexp(1) - own) / math.log(2)  # (T,)
    return [found if i >= 0 else math.inf for found, i in zip(bits.tolist(), known, strict=True)]
