"""What llama.cpp calls the parts of a model, what Hugging Face calls them, and how their numbers differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.gguf_header import Header, shown

_OTHER_FILE = QT_TRANSLATE_NOOP("StudioError", "Choose another file of this model.")
_MAX_LAYERS = 1024
_MAX_SIZE = 1 << 24

AS_IS, TRANSPOSED, ROTATED = "as is", "transposed", "rotated"
"""How a tensor's numbers lie in a GGUF: as in the HF folder; turned round; or with the two halves of each
head's outputs interleaved, as llama.cpp turns them by position in pairs of neighbours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor of a GGUF belongs in the HF folder."""

    name: str
    shape: tuple[int, ...]  # in the GGUF; turned round in the folder if it is TRANSPOSED
    how: str = AS_IS
    n_heads: int = 0  # of a ROTATED one

    @property
    def folder_shape(self) -> tuple[int, ...]:
        """The shape in the HF folder."""
        return self.shape[::-1] if self.how == TRANSPOSED else self.shape


Config = dict[str, Any]
Places = dict[str, Place]
"""By the name in the GGUF."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of model that can be taken over."""

    config: Callable[[Header], Config]  # config.json, without what the tokenizer tells
    places: Callable[[Mapping[str, Any]], Places]  # without the head, which may be missing
    head: str  # the HF name of "output.weight"
    vocab_and_width: tuple[str, str] = ("vocab_size", "hidden_size")


def _gpt2_config(header: Header) -> Config:
    read = _Reading(header, "gpt2")
    width = read.whole("embedding_length")
    n_heads = read.divisor("attention.head_count", width)
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "vocab_size": _n_tokens(header),
        "n_positions": read.whole("context_length"),
        "n_ctx": read.whole("context_length"),
        "n_embd": width,
        "n_layer": read.whole("block_count", limit=_MAX_LAYERS),
        "n_head": n_heads,
        "n_inner": read.whole("feed_forward_length", 4 * width),
        "layer_norm_epsilon": read.real("attention.layer_norm_epsilon", 1e-5, below=1.0),
        "attn_pdrop": 0.1,
        "embd_pdrop": 0.1,
        "resid_pdrop": 0.1,
        "initializer_range": 0.02,
    }


def gpt2_places(config: Mapping[str, Any]) -> Places:
    """The tensors of a GPT-2, but for an output of its own."""
    width, inner = config["n_embd"], config["n_inner"]
    places = {
        "token_embd.weight": Place("transformer.wte.weight", (config["vocab_size"], width)),
        "position_embd.weight": Place("transformer.wpe.weight", (config["n_positions"], width)),
    }

    def norm(theirs: str, ours: str) -> Iterator[tuple[str, Place]]:
        for part in ("weight", "bias"):
            yield f"{theirs}.{part}", Place(f"transformer.{ours}.{part}", (width,))

    for i in range(config["n_layer"]):
        for theirs, ours, n_out, n_in in (
            ("attn_qkv", "attn.c_attn", 3 * width, width),
            ("attn_output", "attn.c_proj", width, width),
            ("ffn_up", "mlp.c_fc", inner, width),
            ("ffn_down", "mlp.c_proj", width, inner),
        ):
            name = f"transformer.h.{i}.{ours}"
            places[f"blk.{i}.{theirs}.weight"] = Place(f"{name}.weight", (n_out, n_in), TRANSPOSED)
            places[f"blk.{i}.{theirs}.bias"] = Place(f"{name}.bias", (n_out,))
        places |= norm(f"blk.{i}.attn_norm", f"h.{i}.ln_1")
        places |= norm(f"blk.{i}.ffn_norm", f"h.{i}.ln_2")
    return places | dict(norm("output_norm", "ln_f"))


def _llama_config(header: Header) -> Config:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        **_sizes(header, "llama"),
    }


def _qwen2_config(header: Header) -> Config:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_act": "silu",
        "use_sliding_window": False,
        **_sizes(header, "qwen2"),
    }


def _sizes(header: Header, architecture: str) -> Config:
    """What Llama and its kin have in common."""
    read = _Reading(header, architecture)
    width, n_heads = read.whole("embedding_length"), read.whole("attention.head_count")
    head_dim = read.whole(
        "attention.key_length", read.whole("rope.dimension_count", max(width // n_heads, 1))
    )
    kind = header.text(f"{architecture}.rope.scaling.type") or "none"
    if (
        kind not in {"none", "linear"}
        or read.whole("attention.value_length", head_dim) != head_dim
        or read.whole("rope.dimension_count", head_dim) != head_dim
        or head_dim % 2
    ):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "This model counts positions in a way ({kind}) that cannot be taken over."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
            kind=shown(kind),
        )
    config: Config = {
        "vocab_size": _n_tokens(header),
        "max_position_embeddings": read.whole("context_length"),
        "hidden_size": width,
        "intermediate_size": read.whole("feed_forward_length"),
        "num_hidden_layers": read.whole("block_count", limit=_MAX_LAYERS),
        "num_attention_heads": n_heads,
        "num_key_value_heads": read.divisor("attention.head_count_kv", n_heads, n_heads),
        "head_dim": head_dim,
        "rms_norm_eps": read.real("attention.layer_norm_rms_epsilon", 1e-5, below=1.0),
        "rope_theta": read.real("rope.freq_base", 10_000.0, below=1e12),
    }
    if kind == "linear":
        factor = read.real("rope.scaling.factor", 1.0, below=1e6)
        config["rope_scaling"] = {"rope_type": "linear", "factor": factor}
    return config


def llama_places(config: Mapping[str, Any]) -> Places:
    """The tensors of a Llama or one of its kin, but for an output of its own."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    n_heads, n_kv = config["num_attention_heads"], config["num_key_value_heads"]
    n_q, n_k = n_heads * config["head_dim"], n_kv * config["head_dim"]
    turned = ROTATED if config["model_type"] == "llama" else AS_IS
    places = {"token_embd.weight": Place("model.embed_tokens.weight", (config["vocab_size"], width))}
    for i in range(config["num_hidden_layers"]):
        theirs, ours = f"blk.{i}", f"model.layers.{i}"
        places |= {
            f"{theirs}.attn_norm.weight": Place(f"{ours}.input_layernorm.weight", (width,)),
            f"{theirs}.attn_q.weight": Place(
                f"{ours}.self_attn.q_proj.weight", (n_q, width), turned, n_heads
            ),
            f"{theirs}.attn_k.weight": Place(f"{ours}.self_attn.k_proj.weight", (n_k, width), turned, n_kv),
            f"{theirs}.attn_v.weight": Place(f"{ours}.self_attn.v_proj.weight", (n_k, width)),
            f"{theirs}.attn_output.weight": Place(f"{ours}.self_attn.o_proj.weight", (width, n_q)),
            f"{theirs}.ffn_norm.weight": Place(f"{ours}.post_attention_layernorm.weight", (width,)),
            f"{theirs}.ffn_gate.weight": Place(f"{ours}.mlp.gate_proj.weight", (inner, width)),
            f"{theirs}.ffn_up.weight": Place(f"{ours}.mlp.up_proj.weight", (inner, width)),
            f"{theirs}.ffn_down.weight": Place(f"{ours}.mlp.down_proj.weight", (width, inner)),
        }
        if config["model_type"] == "qwen2":
            for part, n in (("q", n_q), ("k", n_k), ("v", n_k)):
                places[f"{theirs}.attn_{part}.bias"] = Place(f"{ours}.self_attn.{part}_proj.bias", (n,))
    places["output_norm.weight"] = Place("model.norm.weight", (width,))
    return places


ARCHITECTURES: Mapping[str, Architecture] = {
    "gpt2": Architecture(_gpt2_config, gpt2_places, "lm_head.weight", ("vocab_size", "n_embd")),
    "llama": Architecture(_llama_config, llama_places, "lm_head.weight"),
    "qwen2": Architecture(_qwen2_config, llama_places, "lm_head.weight"),
}
"""By what `general.architecture` says."""


class _Reading:
    """Reads an architecture's numbers from the metadata, each within limits."""

    def __init__(self, header: Header, architecture: str) -> None:
        self._header, self._prefix = header, architecture

    def whole(self, key: str, default: int | None = None, limit: int = _MAX_SIZE) -> int:
        value = self._header.metadata.get(f"{self._prefix}.{key}", default)
        if type(value) is not int or not 1 <= value <= limit:
            raise self._impossible(key, value)
        return value

    def divisor(self, key: str, of: int, default: int | None = None) -> int:
        value = self.whole(key, default)
        if of % value:
            raise self._impossible(key, value)
        return value

    def real(self, key: str, default: float, below: float) -> float:
        value = self._header.metadata.get(f"{self._prefix}.{key}", default)
        if type(value) is not float or not 0 < value < below:  # false for what is not a number
            raise self._impossible(key, value)
        return value

    def _impossible(self, key: str, value: object) -> StudioError:
        if value is None:
            return StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The file does not tell {key}."),
                _OTHER_FILE,
                key=f"{self._prefix}.{key}",
            )
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The file says {key} = {value}, which cannot be."),
            _OTHER_FILE,
            key=f"{self._prefix}.{key}",
            value=shown(str(value)) if isinstance(value, int | float | str) else "…",
        )


def _n_tokens(header: Header) -> int:
    """How many tokens the embeddings have."""
    embedded = header.tensors.get("token_embd.weight")
    if embedded is None or len(embedded.shape) != 2:
        raise lacks("token_embd.weight")
    return embedded.shape[0]


def check_places(header: Header, places: Places) -> None:
    """StudioError unless the file holds exactly these tensors, in these shapes."""
    for name, place in places.items():
        if name not in header.tensors:
            raise lacks(name)
        if (actual := header.tensors[name].shape) != place.shape:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "“{name}” has the shape {actual}, but the file's own sizes ask for {shape}.",
                ),
                _OTHER_FILE,
                name=name,
                actual=list(actual),
                shape=list(place.shape),
            )
    if surplus := sorted(header.tensors.keys() - places.keys()):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The file holds “{name}”, which no model of this kind that is known here has."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
            name=shown(surplus[0], 64),
        )


def lacks(name: str) -> StudioError:
    """What is said of a tensor that must be there."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The file lacks “{name}”."),
        _OTHER_FILE,
        name=name,
    )
