"""Every message that crosses between the window and the model. Frozen, without Qt, importable without torch.

Requests are imperative, messages are in the past tense; both carry the `job_id` of the request. The window
and the engine live in two processes (DECISIONS 1), so a field is an int, float, str, bytes, bool, None, an
enum, a logits processor, another class of this module, or a tuple of these: what `core/wire.py` can carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from studio.core.comparing_messages import ComparedStretch as ComparedStretch
from studio.core.comparing_messages import CompareText as CompareText
from studio.core.comparing_messages import ComparisonFinished as ComparisonFinished
from studio.core.comparing_messages import TextCompared as TextCompared
from studio.core.drafting_messages import ChooseDrafter as ChooseDrafter
from studio.core.drafting_messages import DrafterChosen as DrafterChosen
from studio.core.inside_messages import AttentionMapped as AttentionMapped
from studio.core.inside_messages import InsideSeen as InsideSeen
from studio.core.inside_messages import LensRow as LensRow
from studio.core.inside_messages import LookInside as LookInside
from studio.core.inside_messages import MapAttention as MapAttention
from studio.core.inside_messages import SwitchOff as SwitchOff
from studio.core.inside_messages import Weight as Weight
from studio.core.inside_messages import WeighWords as WeighWords
from studio.core.inside_messages import WordsWeighed as WordsWeighed
from studio.core.loading_messages import LoadModel as LoadModel
from studio.core.loading_messages import ModelUnloaded as ModelUnloaded
from studio.core.loading_messages import UnloadModel as UnloadModel
from studio.core.loom_messages import BeamsSearched as BeamsSearched
from studio.core.loom_messages import Fit as Fit
from studio.core.loom_messages import GrowTree as GrowTree
from studio.core.loom_messages import PathTold as PathTold
from studio.core.loom_messages import SettingChange as SettingChange
from studio.core.loom_messages import SettingsFound as SettingsFound
from studio.core.loom_messages import TellPath as TellPath
from studio.core.loom_messages import TreeFinished as TreeFinished
from studio.core.loom_messages import TreeGrown as TreeGrown
from studio.core.loom_messages import TreeNode as TreeNode
from studio.core.loom_messages import TuneSettings as TuneSettings
from studio.core.performance_messages import Figure as Figure
from studio.core.performance_messages import MeasurePerformance as MeasurePerformance
from studio.core.performance_messages import PerformanceMeasured as PerformanceMeasured
from studio.core.performance_messages import Quantity as Quantity
from studio.core.performance_messages import TellUsage as TellUsage
from studio.core.performance_messages import UsageTold as UsageTold
from studio.core.precision_messages import MeasurePrecisions as MeasurePrecisions
from studio.core.precision_messages import PrecisionFigures as PrecisionFigures
from studio.core.precision_messages import PrecisionMeasured as PrecisionMeasured
from studio.core.precision_messages import PrecisionsMeasured as PrecisionsMeasured
from studio.core.processors import LogitsProcessor
from studio.core.reading_messages import Alternative as Alternative
from studio.core.reading_messages import GeneratedPlace as GeneratedPlace
from studio.core.reading_messages import InspectPlace as InspectPlace
from studio.core.reading_messages import Place as Place
from studio.core.reading_messages import PlaceInspected as PlaceInspected
from studio.core.reading_messages import ReadingFinished as ReadingFinished
from studio.core.reading_messages import ReadPlace as ReadPlace
from studio.core.reading_messages import ReadText as ReadText
from studio.core.reading_messages import ReadToken as ReadToken
from studio.core.reading_messages import TextRead as TextRead
from studio.core.scoring_messages import ScoredToken as ScoredToken
from studio.core.scoring_messages import ScoreText as ScoreText
from studio.core.scoring_messages import TextScored as TextScored
from studio.core.swapping_messages import Bridge as Bridge
from studio.core.swapping_messages import BridgesFound as BridgesFound
from studio.core.swapping_messages import FindBridges as FindBridges
from studio.core.swapping_messages import LookedUp as LookedUp
from studio.core.swapping_messages import LookUp as LookUp
from studio.core.swapping_messages import Spelling as Spelling
from studio.core.xray import StageReport as StageReport
from studio.core.xray_messages import Redraw as Redraw
from studio.core.xray_messages import Redrawn as Redrawn
from studio.core.xray_messages import RedrawnToken as RedrawnToken
from studio.core.xray_messages import ReshapedToken as ReshapedToken
from studio.core.xray_messages import ReshapeText as ReshapeText
from studio.core.xray_messages import ReshapingFinished as ReshapingFinished
from studio.core.xray_messages import TextReshaped as TextReshaped

END_OF_TEXT = "<|endoftext|>"
"""How the end-of-text token is spelled. In a text it is the token only where `special_offsets` says so."""


class FinishReason(StrEnum):
    """Why a generation ended."""

    LENGTH = "length"  # max_new_tokens reached, or the context window is full
    STOP = "stop"  # a stop string was written
    COMPLETE = "complete"  # a pattern or JSON schema is complete
    END_OF_TEXT = "end_of_text"  # the model chose its end-of-text token
    CANCELLED = "cancelled"  # the user pressed Stop
    FAILED = "failed"  # see the JobFailed of the same job
    CHOSEN = "chosen"  # nothing was drawn: the user took these tokens from the model's alternatives


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of the distribution at one position."""

    token_id: int
    text: str  # this token alone; bytes that are half a character read as U+FFFD
    logprob: float  # nats, under the model itself
    sampling_prob: float  # 0..1, after the whole processor chain; 0 if the chain removed it


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token and the distribution it was drawn from.

    The texts of a generation's tokens, joined, are exactly the text it put into the document: `text` is what
    this token *completed* (a half character completes nothing, a stop string is cut off).
    """

    token_id: int
    raw: bytes  # the token's own bytes
    text: str
    logprob: float  # nats, under the model itself
    sampling_prob: float  # after the chain: what the draw saw
    rank: int  # 1 = the model's favourite: 1 + number of tokens with a higher logprob
    entropy: float  # nats, of the model's own distribution
    candidates: tuple[Candidate, ...]  # the 20 likeliest under the model, best first
    discarded: float = 0.0  # 0..1: of the probability, what a pattern or schema ruled out here; not kept


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is loaded. `sha256` is that of the weights; with `name` it identifies the model for ever."""

    name: str
    path: str
    sha256: str
    architecture: str  # "gpt2", "llama", ... (config.json's model_type)
    backend: str  # "compiled" (our own forward pass in C), "studio" (in torch) or "transformers"
    n_parameters: int
    n_layer: int
    n_embd: int
    n_positions: int  # tokens in the context window
    vocab_size: int
    end_of_text_id: int | None
    max_token_bytes: int  # bytes in the longest vocabulary entry: bounds how much text can matter
    device: str  # "cpu", "cuda", "mps"
    dtype: str  # how the weights are held: "float32", "int8", ...
    n_threads: int
    load_s: float
    libraries: tuple[tuple[str, str], ...] = ()  # name and version of what computes and tokenizes
    system: str = ""  # "Linux 6.8 x86_64"
    cpu: str = ""  # as the system calls it, and the instructions that torch uses: "... (AVX2)"
    n_head: int = 0  # in each layer; 0: not known
    no_kernels: str = ""  # why they do not compute what they could: "off", "missing", or what is wrong
    switched_off: str = ""  # "L3 L5H2": what it works without, counted from 1; empty: with everything


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Generate:
    """Continue `prompt`. Answered by GenerationStarted, TokensGenerated..., GenerationFinished; or JobFailed.

    The model sees the last tokens of the prompt that fit beside `max_new_tokens` in its context window.
    """

    job_id: int
    prompt: str
    special_offsets: tuple[int, ...]  # where in the prompt (code points) END_OF_TEXT is the real token
    processors: tuple[LogitsProcessor, ...]  # applied in this order
    max_new_tokens: int
    seed: int  # 0 .. 2**63-1
    stop: tuple[str, ...] = ()
    stop_at_end_of_text: bool = True
    draft: bool = True  # guess the next tokens where that is faster; it changes no text


@dataclass(frozen=True, slots=True)
class GenerateAlternatives:
    """Continue `prompt` once with each of `seeds`, all in one pass over the weights.

    Answered by GenerationStarted, AlternativeTokens and AlternativeFinished of each, GenerationFinished; or
    JobFailed. Alternative i is what Generate with seeds[i] writes. If the chain asks for a beam search, they
    are the best texts it finds, the best first, after a BeamsSearched; nothing is told of what is not found.
    """

    job_id: int
    prompt: str
    special_offsets: tuple[int, ...]  # as in Generate
    processors: tuple[LogitsProcessor, ...]
    max_new_tokens: int  # of each
    seeds: tuple[int, ...]  # 0 .. 2**63-1 each
    stop: tuple[str, ...] = ()
    stop_at_end_of_text: bool = True


@dataclass(frozen=True, slots=True)
class MeasureContext:
    """Ask how much of `text` (the text before the caret) the model would see. Answered by ContextMeasured."""

    job_id: int
    text: str
    special_offsets: tuple[int, ...]
    max_new_tokens: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop job `job_id`, running or still queued. Read while a job runs; never answered itself."""

    job_id: int


Request = (
    LoadModel
    | UnloadModel
    | Generate
    | GenerateAlternatives
    | MeasureContext
    | ScoreText
    | ReadText
    | InspectPlace
    | LookInside
    | MapAttention
    | WeighWords
    | SwitchOff
    | ReshapeText
    | Redraw
    | CompareText
    | LookUp
    | FindBridges
    | Cancel
    | GrowTree
    | TellPath
    | TuneSettings
    | MeasurePerformance
    | TellUsage
    | MeasurePrecisions
    | ChooseDrafter
)


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work is under way."""

    job_id: int
    fraction: float  # 0..1


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The model is ready for requests."""

    job_id: int
    model: ModelInfo


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Heads and layers are off or on, as was asked; see `model.switched_off`."""

    job_id: int
    model: ModelInfo


@dataclass(frozen=True, slots=True)
class GenerationStarted:
    """The prompt has been measured; the first token follows."""

    job_id: int
    n_prompt_tokens: int  # tokens in the prompt as sent
    n_context_tokens: int  # of these, how many the model sees (at least 1: an empty prompt is end-of-text)
    n_reused_tokens: int  # of these, how many were still in the KV cache
    visible_start: int  # code point of the prompt where what the model sees begins
    max_new_tokens: int  # as asked, or fewer if the context window is smaller


@dataclass(frozen=True, slots=True)
class TokensGenerated:
    """New tokens, in order."""

    job_id: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class AlternativeTokens:
    """New tokens of one alternative, in order."""

    job_id: int
    index: int  # of its seed in `seeds`
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class AlternativeFinished:
    """One alternative is over; others may go on. Not sent for those that a failure cut short."""

    job_id: int
    index: int
    reason: FinishReason
    n_tokens: int
    stop_string: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationFinished:
    """The last message of a generation, also of one that was cancelled.

    For GenerateAlternatives `n_tokens` is the sum, and `reason` that of the alternative that ended last.
    """

    job_id: int
    reason: FinishReason
    n_tokens: int
    prefill_s: float  # reading the prompt, until the first token could be drawn
    decode_s: float  # from then on
    stop_string: str | None = None
    n_guessed: int = 0  # tokens that were read before they were drawn, see core/ahead.py
    n_right: int = 0  # of these, how many were drawn then
    saved_s: float = 0.0  # that decode_s would have been longer without


@dataclass(frozen=True, slots=True)
class ContextMeasured:
    """How the text before the caret lies in the context window."""

    job_id: int
    n_tokens: int  # of the text as sent
    n_context_tokens: int  # of these, how many the model would see
    visible_start: int  # code point of the text where what the model sees begins
    n_positions: int


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A request could not be carried out. Nothing the user wrote is affected.

    `what_happened` and `what_to_do` are one sentence each, in plain words. `report` is empty unless this is a
    bug of ours: then it holds a traceback to be saved, never shown by itself. The two sentences are English;
    `templates` and `values` are what they were made of (see `StudioError`), for a window that speaks another
    language.
    """

    job_id: int
    what_happened: str
    what_to_do: str
    report: str = ""
    templates: tuple[str, str] = ("", "")
    values: tuple[tuple[str, str], ...] = ()


Message = (
    Progress
    | ModelLoaded
    | ModelUnloaded
    | GenerationStarted
    | TokensGenerated
    | AlternativeTokens
    | AlternativeFinished
    | GenerationFinished
    | ContextMeasured
    | TextScored
    | TextRead
    | ReadingFinished
    | PlaceInspected
    | InsideSeen
    | AttentionMapped
    | WordsWeighed
    | SwitchedOff
    | TextReshaped
    | ReshapingFinished
    | Redrawn
    | TextCompared
    | ComparisonFinished
    | LookedUp
    | BridgesFound
    | JobFailed
    | TreeGrown
    | TreeFinished
    | PathTold
    | BeamsSearched
    | SettingsFound
    | PerformanceMeasured
    | UsageTold
    | PrecisionMeasured
    | PrecisionsMeasured
    | DrafterChosen
)
