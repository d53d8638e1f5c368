"""CTranslate2. It hands out whole texts only."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peers.gpt2_weights import read


def convert(model: Path, out: Path) -> None:
    """Fill CTranslate2's description of a decoder as its converter does; it quantises when it saves."""
    checkpoint = read(model)
    names = {number: name for name, number in json.loads((model / "vocab.json").read_text("utf-8")).items()}
    tokens = [names.get(i, f"[unused{i}]") for i in range(checkpoint.vocab_size)]
    ct2: Any = importlib.import_module("ctranslate2")
    specs: Any = importlib.import_module("ctranslate2.specs")
    layers: Any = importlib.import_module("ctranslate2.specs.common_spec")
    for precision in ("float32", "int8"):
        spec = specs.TransformerDecoderModelSpec.from_config(
            checkpoint.n_layer, checkpoint.n_head, pre_norm=True, activation=layers.Activation.GELUTanh
        )
        decoder, weights = spec.decoder, checkpoint.weights
        decoder.scale_embeddings = False
        decoder.embeddings.weight = weights["wte.weight"]
        decoder.position_encodings.encodings = weights["wpe.weight"]
        decoder.layer_norm.gamma, decoder.layer_norm.beta = weights["ln_f.weight"], weights["ln_f.bias"]
        decoder.projection.weight = weights["wte.weight"]
        for i, layer in enumerate(decoder.layer):
            attention, feed = layer.self_attention, layer.ffn
            for norm, name in ((attention.layer_norm, "ln_1"), (feed.layer_norm, "ln_2")):
                norm.gamma, norm.beta = checkpoint.layer(i, name)
            for linear, name in (
                (attention.linear[0], "attn.c_attn"),
                (attention.linear[1], "attn.c_proj"),
                (feed.linear_0, "mlp.c_fc"),
                (feed.linear_1, "mlp.c_proj"),
            ):
                weight, bias = checkpoint.layer(i, name)
                linear.weight, linear.bias = np.ascontiguousarray(weight.T), bias
        spec.register_vocabulary(tokens)
        spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = tokens[-1]
        spec.validate()
        spec.optimize(quantization=precision)
        (out / precision).mkdir(parents=True, exist_ok=True)
        spec.save(str(out / precision))
    assert ct2.__version__


class CTranslate2:
    """A generator with one worker."""

    def __init__(self, converted: Path, precision: str, threads: int) -> None:
        ct2: Any = importlib.import_module("ctranslate2")
        folder = converted / precision
        self._generator = ct2.Generator(
            str(folder), device="cpu", compute_type=precision, intra_threads=threads, inter_threads=1
        )
        self._tokens = json.loads((folder / "vocabulary.json").read_text("utf-8"))

    def write(self, ids: Sequence[int], n_tokens: int, n_texts: int = 1) -> None:
        several = {"num_hypotheses": n_texts, "sampling_topk": 50} if n_texts > 1 else {}
        self._generator.generate_batch(
            [[self._tokens[token] for token in ids]],
            max_length=n_tokens,
            min_length=n_tokens,
            include_prompt_in_result=False,
            end_token=[],
            **several,
        )

    def logits(self, ids: Sequence[int]) -> Any:
        """The logits after each of `ids`: (T, V) float32."""
        tokens = [[self._tokens[token] for token in ids]]
        return np.array(self._generator.forward_batch(tokens))[0]


def open_engine(_model: Path, converted: Path, precision: str, threads: int) -> CTranslate2:
    """The engine of one precision."""
    return CTranslate2(converted, precision, threads)
