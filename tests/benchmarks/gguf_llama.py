"""What llama.cpp makes of a GGUF file, for gguf_export.py and gguf_import.py: runs where it is installed.

    python gguf_llama.py FILE < texts.json

stdin: a list of texts. stdout: {"tokens": [ids of each], "logits": those after each token of the first text,
as base64 of float32, "shape"}.
"""

from __future__ import annotations

import base64
import ctypes
import importlib
import json
import sys
from typing import Any

import numpy as np

N_TOKENS = 128


def main() -> int:
    """Answer."""
    cpp: Any = importlib.import_module("llama_cpp")
    quiet = cpp.llama_log_callback(lambda *_: None)
    cpp.llama_log_set(quiet, None)
    cpp.llama_backend_init()
    model = cpp.llama_model_load_from_file(sys.argv[1].encode(), cpp.llama_model_default_params())
    assert model, f"llama.cpp cannot load {sys.argv[1]}"
    vocabulary = cpp.llama_model_get_vocab(model)
    tokens = []
    for text in json.load(sys.stdin):
        raw = text.encode()
        room = (ctypes.c_int32 * (len(raw) + 8))()
        n = cpp.llama_tokenize(vocabulary, raw, len(raw), room, len(room), False, False)
        tokens.append(list(room[:n]))
    ids = tokens[0][:N_TOKENS]
    asked = cpp.llama_context_default_params()
    asked.n_ctx = asked.n_batch = asked.n_ubatch = len(ids)
    asked.n_threads = asked.n_threads_batch = 2
    asked.type_k = asked.type_v = 0  # float32, as ours
    asked.flash_attn_type = 0
    context = cpp.llama_init_from_model(model, asked)
    batch = cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, i, 1
        batch.seq_id[i][0], batch.logits[i] = 0, True
    assert cpp.llama_decode(context, batch) == 0
    n_vocabulary = cpp.llama_vocab_n_tokens(vocabulary)
    rows = np.stack(
        [
            np.ctypeslib.as_array(cpp.llama_get_logits_ith(context, i), (n_vocabulary,))
            for i in range(len(ids))
        ]
    )
    logits = base64.b64encode(rows.astype(np.float32).tobytes()).decode()
    print(json.dumps({"tokens": tokens, "logits": logits, "shape": rows.shape}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
