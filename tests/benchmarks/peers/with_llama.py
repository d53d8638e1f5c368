"""llama.cpp through llama-cpp-python's C functions, built from source for this processor."""

from __future__ import annotations

import ctypes
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peers.engines import Array
from tests.benchmarks.peers.gpt2_weights import Checkpoint, read

QUANTISED = {"int8": "LLAMA_FTYPE_MOSTLY_Q8_0", "int4": "LLAMA_FTYPE_MOSTLY_Q4_0"}
N_TEXTS = 8


def convert(model: Path, out: Path) -> None:
    """Write float32.gguf with the gguf package; llama.cpp's own quantiser makes Q8_0 and Q4_0 of it."""
    out.mkdir(parents=True, exist_ok=True)
    _write_gguf(read(model), model, out / "float32.gguf")
    cpp: Any = importlib.import_module("llama_cpp")
    cpp.llama_backend_init()
    for precision, kind in QUANTISED.items():
        asked = cpp.llama_model_quantize_default_params()
        asked.ftype = getattr(cpp, kind)
        asked.nthread = 2
        source, target = out / "float32.gguf", out / f"{precision}.gguf"
        status = cpp.llama_model_quantize(bytes(source), bytes(target), ctypes.byref(asked))
        assert status == 0, f"llama.cpp could not write {target}"


def _write_gguf(checkpoint: Checkpoint, model: Path, path: Path) -> None:
    gguf: Any = importlib.import_module("gguf")
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_name("gpt2")
    writer.add_context_length(checkpoint.n_positions)
    writer.add_embedding_length(checkpoint.n_embd)
    writer.add_feed_forward_length(checkpoint.n_inner)
    writer.add_block_count(checkpoint.n_layer)
    writer.add_head_count(checkpoint.n_head)
    writer.add_layer_norm_eps(checkpoint.epsilon)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    vocabulary = json.loads((model / "vocab.json").read_text("utf-8"))
    names = {number: name for name, number in vocabulary.items()}
    merges = (model / "merges.txt").read_text("utf-8").splitlines()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([names.get(i, f"[unused{i}]") for i in range(checkpoint.vocab_size)])
    writer.add_token_types([1] * checkpoint.vocab_size)
    writer.add_token_merges([line for line in merges if line and not line.startswith("#version")])
    writer.add_eos_token_id(json.loads((model / "config.json").read_text("utf-8"))["eos_token_id"])
    weights = checkpoint.weights
    writer.add_tensor("token_embd.weight", weights["wte.weight"])
    writer.add_tensor("position_embd.weight", weights["wpe.weight"])
    for i in range(checkpoint.n_layer):
        for theirs, ours in {
            "attn_norm": "ln_1",
            "attn_qkv": "attn.c_attn",
            "attn_output": "attn.c_proj",
            "ffn_norm": "ln_2",
            "ffn_up": "mlp.c_fc",
            "ffn_down": "mlp.c_proj",
        }.items():
            weight, bias = checkpoint.layer(i, ours)
            writer.add_tensor(f"blk.{i}.{theirs}.weight", np.ascontiguousarray(weight.T))
            writer.add_tensor(f"blk.{i}.{theirs}.bias", bias)
    writer.add_tensor("output_norm.weight", weights["ln_f.weight"])
    writer.add_tensor("output_norm.bias", weights["ln_f.bias"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Llama:
    """One context for a single text, a second, made when asked for, for several."""

    def __init__(self, converted: Path, precision: str, threads: int) -> None:
        self._cpp: Any = importlib.import_module("llama_cpp")
        self._quiet = self._cpp.llama_log_callback(lambda *_: None)
        self._cpp.llama_log_set(self._quiet, None)
        self._cpp.llama_backend_init()
        path = converted / f"{precision}.gguf"
        self._model = self._cpp.llama_model_load_from_file(
            bytes(path), self._cpp.llama_model_default_params()
        )
        assert self._model, f"llama.cpp cannot read {path}"
        self._n_positions = self._cpp.llama_model_n_ctx_train(self._model)
        vocabulary = self._cpp.llama_model_get_vocab(self._model)
        self._vocab_size = self._cpp.llama_vocab_n_tokens(vocabulary)
        self._threads = threads
        self._single = self._context(1)
        self._several: Any = None
        self._batch = self._cpp.llama_batch_init(self._n_positions, 0, 1)
        self._prompt: list[int] = []
        self._n_past = 0

    def _context(self, n_texts: int) -> Any:
        asked = self._cpp.llama_context_default_params()
        asked.n_ctx = self._n_positions
        asked.n_batch = self._n_positions
        asked.n_ubatch = 512
        asked.n_seq_max = n_texts
        asked.kv_unified = n_texts > 1  # the texts share the prompt's cells
        asked.n_threads = asked.n_threads_batch = self._threads
        context = self._cpp.llama_init_from_model(self._model, asked)
        assert context, "llama.cpp made no context"
        return context

    def reset(self) -> None:
        self._prompt, self._n_past = [], 0
        self._cpp.llama_memory_clear(self._cpp.llama_get_memory(self._single), True)

    def read(self, ids: Sequence[int]) -> Array:
        self._prompt += ids
        self._put(self._single, [(token, 0, i == len(ids) - 1) for i, token in enumerate(ids)], step=1)
        row: Array = self._rows(self._single, [len(ids) - 1])[0]
        return row

    def fork(self, n: int, n_tokens: int) -> None:
        if self._several is None:
            self._several = self._context(N_TEXTS)
        memory = self._cpp.llama_get_memory(self._several)
        self._cpp.llama_memory_clear(memory, True)
        self._n_past = 0
        self._put(self._several, [(token, 0, False) for token in self._prompt], step=1)
        for row in range(1, n):
            self._cpp.llama_memory_seq_cp(memory, 0, row, -1, -1)

    def read_rows(self, ids: Sequence[int]) -> Array:
        self._put(self._several, [(token, row, True) for row, token in enumerate(ids)], step=0)
        self._n_past += 1
        return self._rows(self._several, range(len(ids)))

    def _put(self, context: Any, rows: list[tuple[int, int, bool]], step: int) -> None:
        """Tokens with the text they belong to and whether their logits are wanted."""
        batch = self._batch
        batch.n_tokens = len(rows)
        for i, (token, text, wanted) in enumerate(rows):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, self._n_past + step * i, 1
            batch.seq_id[i][0], batch.logits[i] = text, wanted
        assert self._cpp.llama_decode(context, batch) == 0
        self._n_past += step * len(rows)

    def _rows(self, context: Any, places: Sequence[int]) -> Array:
        """The logits of some tokens of the last batch: (N, V)."""
        found = [self._cpp.llama_get_logits_ith(context, place) for place in places]
        arrays = [np.ctypeslib.as_array(pointer, (self._vocab_size,)) for pointer in found]
        return np.stack(arrays) if len(arrays) > 1 else arrays[0][None]


def open_engine(_model: Path, converted: Path, precision: str, threads: int) -> Llama:
    """The engine of one precision."""
    return Llama(converted, precision, threads)
