"""The loom: the most probable continuations of a place as a tree, grown best first.

The cumulative probability of a child is never larger than its parent's, so taking the best open leaf again
and again finds the most probable nodes in order. The forward passes go ahead of that in batches: whenever the
best leaf's followers are not known, those of the `BATCH` best are computed in one pass; what is known is
kept, so a wider or deeper tree of the same place costs only what is new.
"""

from __future__ import annotations

import copy
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.choice import describe, sampling_probs
from studio.core.loom_messages import GrowTree, PathTold, TellPath, TreeFinished, TreeGrown, TreeNode
from studio.core.memory import LogitMemory
from studio.core.messages import Progress
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.running import Known, LogitsProcessor, Running, RunStart, begin_all
from studio.core.shared_prefix import TokenTree
from studio.core.tokenizer import IncrementalDecoder, Tokenizer

BATCH = 8
"""Leaves looked at together: on a CPU a pass for eight costs about twice one for a single token."""

MAX_WIDTH = 32
N_KNOWN = 1000
"""Nodes whose followers are kept; those of one place only."""

ROOM = 512
"""Tokens read behind a place before the room for them is used anew."""

Path = tuple[int, ...]
"""Token ids after the context."""

Way = tuple[tuple[LogitsProcessor, ...], int]
"""What the probabilities are taken after: a chain and its seed."""


@dataclass(frozen=True, slots=True)
class _Followers:
    """The likeliest tokens after a path, with their log-probabilities (nats), best first."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    chain: tuple[Running, ...]  # as it stands at this position, before it is told what was chosen


@dataclass(slots=True)
class _Place:
    """What is known behind one context."""

    ids: list[int]
    tree: TokenTree | None = None
    nodes: dict[Path, int] = field(default_factory=dict)  # tokens in `tree`, by the path to them
    known: dict[tuple[Way, Path], _Followers] = field(default_factory=dict)


@dataclass(slots=True)
class _Growing:
    """One request under way."""

    request: GrowTree
    way: Way
    n_prompt: int
    base: Path  # of the root, after the context
    heap: list[tuple[float, int, Path]] = field(default_factory=list)  # -cumulative, id, path
    n_nodes: int = 0
    n_passes: int = 0
    new: list[TreeNode] = field(default_factory=list)  # not told of yet


class Loom:
    """Grows trees with one model. Its KV cache is left holding the context of the place."""

    def __init__(self, model: CausalLM, tokenizer: Tokenizer, logits: LogitMemory) -> None:
        self._model, self._tokenizer, self._logits = model, tokenizer, logits
        self._others = LogitMemory()
        self._place = _Place([])

    def grow(
        self, request: GrowTree, ids: Sequence[int], cancelled: Cancelled
    ) -> Iterator[TreeGrown | Progress | TreeFinished]:
        """Tell of the tree in stretches. `ids`: what the model reads before the place, without its tokens."""
        if list(ids) != self._place.ids:
            self._place = _Place(list(ids))
        growing = _Growing(request, (request.processors, request.seed), len(ids), request.place.token_ids)
        growing.heap.append((-0.0, 0, growing.base))
        stopped = False
        try:
            for _ in self._steps(growing, cancelled):
                if growing.new:
                    yield TreeGrown(request.job_id, tuple(growing.new))
                    growing.new.clear()
                yield Progress(request.job_id, min(growing.n_nodes / request.max_nodes, 1.0))
        except InterruptedReading:
            stopped = True
        if growing.new:
            yield TreeGrown(request.job_id, tuple(growing.new))
        yield TreeFinished(request.job_id, growing.n_nodes, growing.n_passes, stopped)

    def _steps(self, growing: _Growing, cancelled: Cancelled) -> Iterator[None]:
        """Grow; yields now and then."""
        request = growing.request
        last = min(len(growing.base) + request.depth, self._model.n_positions - len(self._place.ids))
        while growing.heap and growing.n_nodes < request.max_nodes:
            if (growing.way, growing.heap[0][2]) not in self._place.known:
                yield
                if cancelled():
                    raise InterruptedReading
                best = heapq.nsmallest(BATCH, growing.heap)
                wanted = [path for *_, path in best if (growing.way, path) not in self._place.known]
                self._look(growing, wanted, cancelled)
            cost, parent, path = heapq.heappop(growing.heap)
            self._fork(growing, parent, path, -cost, last)

    def _fork(self, growing: _Growing, parent: int, path: Path, cumulative: float, last: int) -> None:
        """Give a node its children."""
        request = growing.request
        followers = self._place.known[growing.way, path]
        pairs = zip(followers.token_ids, followers.logprobs, strict=True)
        for token_id, logprob in list(pairs)[: request.width]:
            total = cumulative + logprob
            if growing.n_nodes >= request.max_nodes or total < _log(request.min_prob):
                return
            growing.n_nodes += 1
            ends = token_id == self._tokenizer.end_of_text_id
            growing.new.append(
                TreeNode(
                    growing.n_nodes,
                    parent,
                    token_id,
                    self._tokenizer.display(token_id),
                    self._tokenizer.token_bytes(token_id),
                    logprob,
                    total,
                    ends,
                )
            )
            if not ends and len(path) + 1 < last:
                heapq.heappush(growing.heap, (-total, growing.n_nodes, (*path, token_id)))

    def _start(
        self, request: GrowTree | TellPath, n_prompt: int, ids: Sequence[int], cancelled: Cancelled
    ) -> RunStart:
        """A run at the place, on stored logits; `ids` are all that it reads, if that is known."""
        return RunStart(
            request.seed, n_prompt, self._tokenizer, self._model, -1, cancelled=cancelled,
            n_new=max(0, min(request.place.max_new_tokens, self._model.n_positions - 1)),
            known=Known(self._others, ids),
        )  # fmt: skip

    # -- the numbers ---------------------------------------------------------------------------------------

    def _look(self, growing: _Growing, paths: Sequence[Path], cancelled: Cancelled) -> None:
        """Find the followers of several paths."""
        place = self._place
        if len(place.known) > N_KNOWN:
            place.known.clear()
        rows: dict[Path, Tensor] = {}
        unread: list[Path] = []
        for path in paths:
            row = self._remembered(path)
            if row is None:
                unread.append(path)
            else:
                rows[path] = row
        rows |= self._read(growing, unread, cancelled)
        for path in paths:
            self._keep(growing, path, rows[path], cancelled)

    def _remembered(self, path: Path) -> Tensor | None:
        return self._logits.get(memory.key_of([*self._place.ids, *path])) if path else None

    def _keep(self, growing: _Growing, path: Path, logits: Tensor, cancelled: Cancelled) -> None:
        place, way = self._place, growing.way
        whole = torch.tensor([*place.ids, *path])
        with torch.inference_mode():
            if way[0]:
                chain = self._chain(growing, path, cancelled)
                logprobs = sampling_probs(chain, whole, logits).log()
            else:
                chain, logprobs = (), logits - logits.logsumexp(0)
            top = logprobs.topk(min(MAX_WIDTH, len(logprobs)))
        pairs = [
            (token_id, logprob)
            for token_id, logprob in zip(top.indices.tolist(), top.values.tolist(), strict=True)
            if logprob > -torch.inf
        ]
        place.known[way, path] = _Followers(tuple(i for i, _ in pairs), tuple(p for _, p in pairs), chain)

    def _chain(self, growing: _Growing, path: Path, cancelled: Cancelled) -> tuple[Running, ...]:
        """The stages as they stand after a path: they have been told what was chosen on the way."""
        if not path:
            return begin_all(growing.way[0], self._start(growing.request, growing.n_prompt, (), cancelled))
        before = self._place.known.get((growing.way, path[:-1]))
        if before is None:  # the tree begins further down
            self._look(growing, [path[:-1]], cancelled)
            before = self._place.known[growing.way, path[:-1]]
        chain = tuple(map(copy.copy, before.chain))
        for stage in chain:
            stage.chosen(path[-1])
        return chain

    def _read(self, growing: _Growing, paths: Sequence[Path], cancelled: Cancelled) -> dict[Path, Tensor]:
        """The logits after several paths: (V,) float32 each."""
        place, rows = self._place, dict[Path, Tensor]()
        if not paths:
            return rows
        context.reuse(self._model, place.ids)
        beginning = context.read(self._model, place.ids, cancelled)
        self._logits.put(memory.key_of(place.ids), beginning)
        if () in paths:
            growing.n_passes += 1
            rows[()] = beginning
        missing = {path[:n] for path in paths for n in range(1, len(path) + 1)} - place.nodes.keys()
        missing |= {path for path in paths if path}
        if place.tree is None or place.tree.n_nodes + len(missing) > ROOM:
            missing = {path[:n] for path in paths for n in range(1, len(path) + 1)}
            place.tree, place.nodes = self._model.tree(max(ROOM, len(missing))), {}
        while missing:
            ready = sorted(path for path in missing if len(path) == 1 or path[:-1] in place.nodes)
            parents = [place.nodes.get(path[:-1], -1) for path in ready]
            first = place.tree.n_nodes
            logits = place.tree.forward(parents, torch.tensor([path[-1] for path in ready]))
            growing.n_passes += 1
            for node, (path, row) in enumerate(zip(ready, logits, strict=True), first):
                place.nodes[path] = node
                self._logits.put(memory.key_of([*place.ids, *path]), row)
                rows[path] = row
            missing -= set(ready)
            if missing and cancelled():
                raise InterruptedReading
        return rows

    # -- a path taken --------------------------------------------------------------------------------------

    def tell(self, request: TellPath, ids: Sequence[int], cancelled: Cancelled) -> PathTold:
        """The tokens of a path as if they had been drawn. Raises InterruptedReading."""
        model, tokenizer = self._model, self._tokenizer
        known = [*ids, *request.token_ids]
        chain = begin_all(request.processors, self._start(request, len(ids), known, cancelled))
        decoder = IncrementalDecoder()
        tokens = []
        for n, token_id in enumerate(request.token_ids):
            before = [*ids, *request.token_ids[:n]]
            logits = self._logits.get(memory.key_of(before))
            if logits is None:
                context.reuse(model, before)
                logits = context.read(model, before, cancelled)
            with torch.inference_mode():
                probs = sampling_probs(chain, torch.tensor(before), logits)
                for stage in chain:
                    stage.chosen(token_id)
                token = describe(tokenizer, logits, probs, token_id)
            if token_id != tokenizer.end_of_text_id:
                token = replace(token, text=decoder.feed(token.raw))
            tokens.append(token)
        return PathTold(request.job_id, tuple(tokens))


def _log(prob: float) -> float:
    return float(torch.tensor(prob, dtype=torch.float64).log())
