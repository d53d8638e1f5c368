"""Tiny GGUF files as llama.cpp writes them, and what is computed of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf.constants import GGML_QUANT_SIZES
from gguf.constants import GGMLQuantizationType as Kind
from gguf.gguf_writer import GGUFWriter
from gguf.quants import quantize

from studio.conversion import from_gguf
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.other_tokenizer import byte_of_character
from studio.paths import resource

STARTER = resource("models", "starter")
ALPHABET = list(byte_of_character())
WORDS = ["he", "hel", "lo", "hello", "Ġw", "Ġwo", "12"]
MERGES = ["h e", "he l", "l o", "hel lo", "Ġ w", "Ġw o", "1 2"]
TOKENS = [*ALPHABET, *WORDS, "<|endoftext|>"]  # 264 tokens
WIDTH, INNER, LAYERS, HEADS = 256, 512, 1, 4
Numbers = np.ndarray[Any, np.dtype[np.float32]]

IDS = [5, 9, 256, 263, 17, 40, 100, 3]


def numbers(seed: int, *shape: int) -> Numbers:
    return (np.random.default_rng(seed).standard_normal(shape) / 8).astype(np.float32)


def packed(kind: Kind, seed: int, *shape: int) -> np.ndarray[Any, Any]:
    """A matrix of this kind; of a kind that the package cannot write, random blocks, sane in scale."""
    try:
        return np.asarray(quantize(numbers(seed, *shape), kind))
    except NotImplementedError:
        per_block, n_bytes = GGML_QUANT_SIZES[kind]
        rows = np.random.default_rng(seed).integers(0, 256, (shape[0], shape[1] // per_block, n_bytes))
        blocks = rows.astype(np.uint8)
        for at in {"Q2_K": (80, 82), "Q3_K": (108,), "Q6_K": (208,)}.get(kind.name, (0, 2)):
            blocks[..., at : at + 2] = np.frombuffer(np.float16(1e-3).tobytes(), np.uint8)
        return blocks.reshape(shape[0], -1)


def tokenizer(writer: GGUFWriter, **told: Any) -> None:
    tokens = told.get("tokens", TOKENS)
    writer.add_tokenizer_model(told.get("model", "gpt2"))
    writer.add_tokenizer_pre(told.get("pre", "gpt-2"))
    writer.add_token_list(tokens)
    writer.add_token_types(told.get("types", [1] * (len(tokens) - 1) + [3]))
    if "scores" in told:
        writer.add_token_scores(told["scores"])
    else:
        writer.add_token_merges(MERGES)
    writer.add_eos_token_id(len(tokens) - 1)


def finish(writer: GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gpt2_file(path: Path, kind: Kind = Kind.F32, **told: Any) -> Path:
    """A tiny GPT-2 as llama.cpp writes it."""
    writer = GGUFWriter(path, told.get("architecture", "gpt2"))
    writer.add_context_length(32)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(told.get("n_heads", HEADS))
    writer.add_layer_norm_eps(1e-5)
    writer.add_license("mit")
    tokenizer(writer, **told)
    writer.add_tensor("token_embd.weight", packed(kind, 1, len(TOKENS), WIDTH), raw_dtype=kind)
    writer.add_tensor("position_embd.weight", numbers(2, 32, WIDTH))
    for n, (name, n_out, n_in) in enumerate(
        [
            ("attn_qkv", 3 * WIDTH, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_up", INNER, WIDTH),
            ("ffn_down", WIDTH, INNER),
        ]
    ):
        writer.add_tensor(f"blk.0.{name}.weight", packed(kind, 3 + n, n_out, n_in), raw_dtype=kind)
        writer.add_tensor(f"blk.0.{name}.bias", numbers(13 + n, n_out))
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", 1 + numbers(20, WIDTH))
        writer.add_tensor(f"{name}.bias", numbers(21, WIDTH))
    if told.get("head"):
        writer.add_tensor("output.weight", numbers(30, len(TOKENS), WIDTH))
    finish(writer)
    return path


def run(job: Callable[..., Iterator[dict[str, Any]]], **spec: Any) -> dict[str, Any]:
    """The done event of a job that runs right here."""
    if "out" in spec:
        spec["part"] = spec["out"].with_name("half.part")
    return list(job({key: str(v) if isinstance(v, Path) else v for key, v in spec.items()}, lambda: None))[-1]


def logits(folder: Path, ids: list[int]) -> torch.Tensor:
    """What this program computes of a folder, as float32."""
    loading = load_checkpoint(str(folder), "cpu", backend="torch")
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            return checkpoint.model.forward_all(torch.tensor(ids))


def llama_file(path: Path, kind: Kind, weights: dict[str, Numbers], architecture: str) -> Path:
    """A tiny Llama with GQA; its q and k with the halves of each head interleaved, as llama.cpp has it."""
    writer = GGUFWriter(path, architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(96)
    writer.add_block_count(2)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(20_000.0)
    tokenizer(writer, pre="llama-bpe")
    for name, value in weights.items():
        by_pairs = value
        if architecture == "llama" and name.endswith(("attn_q.weight", "attn_k.weight")):
            by_pairs = value.reshape(-1, 2, 8, 64).swapaxes(1, 2).reshape(value.shape)
        if value.ndim == 2:
            writer.add_tensor(name, quantize(np.ascontiguousarray(by_pairs), kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, by_pairs)
    finish(writer)
    return path


def take_over(file: Path) -> Path:
    """The folder beside it that the import makes of a file."""
    folder = file.with_suffix(".folder")
    folder.mkdir()
    run(from_gguf.run, file=file, staging=folder)
    return folder
