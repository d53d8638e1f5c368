"""How far the numbers behind a text are from those of transformers.

    python tests/benchmarks/agreement.py [MODEL_FOLDER...] [--tokens N] [--seed N] [--json]

Without a folder: a random model of GPT-2's size (12 layers, 768, seeded weights). Of a text of 500 tokens it
compares, with transformers' GPT2LMHeadModel (or whatever the folder is) computing eagerly: log-probability,
rank and entropy of every token as `Reader` tells them; attention of every layer and head and the hidden
states as `open_inside` sees them. The exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import transformers
from safetensors.torch import save_file

from studio.core.checkpoints import load_checkpoint
from studio.core.inside import Inside, Trace
from studio.core.looking import open_inside
from studio.core.memory import LogitMemory
from studio.core.messages import ReadText, ReadToken
from studio.core.model import GPT2Config
from studio.core.other_inside import OtherTrace
from studio.core.reader import Reader
from studio.paths import resource
from tests.benchmarks.figures import Figure
from tests.core.tiny import config_json, random_weights

GPT2_SMALL = GPT2Config(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
TEXT = (
    "The lighthouse keeper had three rules, and he broke the second one on a Tuesday in March. "
    "“Never open the lower door after dark,” his father had said; the sea, which had been patient "
    "for eleven years, was waiting behind it with a letter in its teeth. He read it twice: 1,024 words, "
    "no signature, and a smell of cloves. "
)
BAR = 1e-3


def seeded(folder: Path, seed: int) -> Path:
    """Write a checkpoint of GPT-2's size with random weights."""
    shutil.copy(resource("gpt2-bpe", "encoder.json"), folder / "vocab.json")
    shutil.copy(resource("gpt2-bpe", "vocab.bpe"), folder / "merges.txt")
    (folder / "config.json").write_text(json.dumps(config_json(GPT2_SMALL, eos_token_id=50256)), "utf-8")
    save_file(random_weights(GPT2_SMALL, seed, 0.05), folder / "model.safetensors")
    return folder


def load(folder: Path) -> Any:
    """The same folder with transformers, eager and in float32."""
    config: Any = transformers.AutoConfig.from_pretrained(folder)
    if config.model_type == "gpt2":
        weights = {}
        from safetensors.torch import load_file

        for name, tensor in load_file(folder / "model.safetensors").items():
            weights[name if name.startswith("transformer.") else f"transformer.{name}"] = tensor
        config._attn_implementation = "eager"
        theirs: Any = transformers.GPT2LMHeadModel(config)
        theirs.load_state_dict(weights, strict=False)
        theirs.tie_weights()
        return theirs.eval()
    auto: Any = transformers.AutoModelForCausalLM
    return auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def compare(folder: Path, n_tokens: int) -> list[Figure]:
    """Everything there is to compare of one model."""
    loading = load_checkpoint(str(folder), "cpu")
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint = stop.value
            break
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    encoded = tokenizer.encode(TEXT * 20)
    text = (TEXT * 20)[: encoded.start_of(n_tokens)]
    reader = Reader(model, tokenizer, LogitMemory())
    told: list[ReadToken] = []
    for part in reader.read(ReadText(1, text, ())):
        told += part.tokens
    ids = list(reader.token_ids)
    prefix = list(tokenizer.prefix_ids) or [tokenizer.end_of_text_id or 0]
    theirs = load(folder)
    with torch.inference_mode():
        # the first token is predicted from end-of-text, the others from what is before them in the text
        first = theirs(torch.tensor([prefix])).logits[0, -1:]
        whole = [*tokenizer.prefix_ids, *ids]
        output = theirs(torch.tensor([whole]), output_attentions=True, output_hidden_states=True)
    rows = torch.cat([first, output.logits[0, len(tokenizer.prefix_ids) : -1]]).float()
    logprobs = rows.log_softmax(1)
    own = logprobs[range(len(ids)), ids]
    ranks = 1 + (logprobs > own[:, None]).sum(1)
    entropies = -(logprobs.exp() * logprobs).sum(1)
    wrong_ranks = sum(
        1 for i, token in enumerate(told) if token.rank != int(ranks[i]) and not near_tie(logprobs[i], token)
    )
    seen = open_inside(model, whole)
    return [
        Figure("tokens compared", len(told), "", n_tokens, at_least=True),
        worst("log-probability", torch.tensor([t.logprob for t in told]) - own, "nats"),
        Figure("ranks that differ by more than a rounding", wrong_ranks, "", 1),
        worst("entropy", torch.tensor([t.entropy for t in told]) - entropies, "nats"),
        worst("attention, every layer and head", attention_difference(seen, output), ""),
        worst("hidden states, every layer", hidden_difference(seen, output), ""),
        worst("lens, the last row", lens_difference(seen, output), ""),
    ]


def near_tie(logprobs: torch.Tensor, token: ReadToken) -> bool:
    """Whether a rank is within what log-probabilities that are BAR apart can give."""
    own = logprobs[token.token_id]
    low, high = 1 + int((logprobs > own + BAR).sum()), 1 + int((logprobs > own - BAR).sum())
    return low <= token.rank <= high


def attention_difference(seen: Inside, output: Any) -> torch.Tensor:
    """Over all layers: the last row of every head, and the whole map of one head."""
    parts = []
    for layer, attention in enumerate(output.attentions):
        parts.append((seen.attention(layer) - attention[0, :, -1]).flatten())
        head = layer % attention.shape[1]
        parts.append((seen.attention_map(layer, head) - attention[0, head]).flatten())
    return torch.cat(parts)


def hidden_difference(seen: Inside, output: Any) -> torch.Tensor:
    """Of all layers; transformers' last is behind the final norm, which `lens` is checked with."""
    if isinstance(seen, Trace):
        return torch.cat(
            [(a - b[0]).flatten() for a, b in zip(seen.hidden, output.hidden_states[:-1], strict=False)]
        )
    assert isinstance(seen, OtherTrace)
    return torch.cat([a - b[0, -1] for a, b in zip(seen.states, output.hidden_states, strict=True)])


def lens_difference(seen: Inside, output: Any) -> torch.Tensor:
    """The log-probabilities after the last token."""
    lens = seen.lens()
    assert lens is not None
    answer: torch.Tensor = output.logits[0, -1].float()
    return lens[-1].log_softmax(0) - answer.log_softmax(0)


def worst(name: str, difference: torch.Tensor, unit: str) -> Figure:
    """The largest difference, against the bar."""
    return Figure(
        f"{name}, largest difference × 1000", 1000 * float(difference.abs().max()), unit, 1000 * BAR
    )


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--tokens", type=int, default=500)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="agreement-") as name:
        folders = arguments.folders or [seeded(Path(name), arguments.seed)]
        found = {}
        for folder in folders:
            title = (
                folder.name if arguments.folders else f"GPT-2 small, random weights, seed {arguments.seed}"
            )
            found[title] = compare(folder, arguments.tokens)
    if arguments.json:
        print(json.dumps({title: [asdict(figure) for figure in rows] for title, rows in found.items()}))
    else:
        for title, rows in found.items():
            print(title, *rows, sep="\n")
    missed = [figure.name for rows in found.values() for figure in rows if figure.is_missed()]
    print("agreement: all bars kept" if not missed else f"agreement: missed {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
