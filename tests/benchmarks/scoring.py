"""How fast a text gets its numbers: our reader against a plain transformers forward, the same weights.

124M seeded weights in GPT-2's shape, 500 tokens, one thread; both in this process, in turn.
"""

from __future__ import annotations

import statistics
import time

from tests.benchmarks.figures import Figure

N_TOKENS = 500
BAR = 0.7
"""Of transformers' throughput: ours also ranks every token, takes entropies and keeps the logits."""


def throughput(runs: int) -> list[Figure]:
    """Tokens per second of both, and how they compare."""
    import torch
    from transformers import GPT2Config as TheirConfig
    from transformers import GPT2LMHeadModel

    from studio.core import messages as m
    from studio.core.memory import LogitMemory
    from studio.core.model import GPT2, GPT2Config
    from studio.core.other_tokenizer import load_tokenizer
    from studio.core.reader import Reader
    from studio.paths import resource

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    theirs = GPT2LMHeadModel(TheirConfig(vocab_size=4096, bos_token_id=0, eos_token_id=0))
    theirs.train(False)
    config = GPT2Config(vocab_size=4096, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
    state = {name.removeprefix("transformer."): w.detach() for name, w in theirs.state_dict().items()}
    ours = GPT2(config, {name: state[name] for name in config.shapes()}, torch.device("cpu"))
    tokenizer = load_tokenizer(resource("models", "starter"), 4096, 0)
    words = "Once upon a time there was a little fox who lived in a tree. " * 100
    ids = tokenizer.encode(words).ids[:N_TOKENS]
    text = b"".join(map(tokenizer.token_bytes, ids)).decode()
    mine, others = [], []
    for run in range(max(2, runs // 3)):
        reader = Reader(ours, tokenizer, LogitMemory())
        ours.truncate(0)
        started = time.perf_counter()
        n = sum(len(part.tokens) for part in reader.read(m.ReadText(run, text, ())))
        mine.append(n / (time.perf_counter() - started))
        with torch.inference_mode():
            started = time.perf_counter()
            theirs(torch.tensor([ids])).logits.log_softmax(-1)
            others.append(len(ids) / (time.perf_counter() - started))
    torch.set_num_threads(n_threads)
    share = statistics.median(a / b for a, b in zip(mine, others, strict=True))
    return [
        Figure("reading 500 tokens, 85M parameters, median", statistics.median(mine), "tok/s"),
        Figure("transformers' forward of the same, median", statistics.median(others), "tok/s"),
        Figure("our reading as a share of theirs, median", share, "", BAR, at_least=True),
    ]
