"""How a passage came about, in words: rows of a label and a value, as text to be shown and copied."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject

from studio.core import chain
from studio.core.environment import Environment
from studio.core.manuscript import Origin
from studio.core.messages import END_OF_TEXT, FinishReason
from studio.core.parameters import Parameter, TextParameter, is_off, parameters
from studio.core.reproducing import Comparison, Difference, Outcome
from studio.store.records import GenerationRecord
from studio.ui import drafting_words, sentences
from studio.ui.glyphs import visible
from studio.ui.tree_model import local_time

QUOTE_CHARS = 60
PROMPT_CHARS = 80


@dataclass(frozen=True, slots=True)
class Section:
    """Something to be told: rows of a label and a value under a title."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """As plain text."""
        return "\n".join(
            [self.title, *(f"{label}: {value}" if label else value for label, value in self.rows)]
        )


class ProvenanceWords(QObject):
    """Finds the words; knows the language of the window."""

    def quote(self, text: str) -> str:
        """The passage, short, in quotation marks."""
        return self._quoted(text if len(text) <= QUOTE_CHARS else f"{text[:QUOTE_CHARS]}…")

    def _quoted(self, text: str) -> str:
        """In quotation marks, on one line."""
        return self.tr("“{text}”").format(text=text.replace("\n", "↵ ").replace("\t", "⇥"))

    def passage(
        self,
        text: str,
        start: int,
        end: int,
        origin: Origin,
        record: GenerationRecord | None,
        *,
        since: str | None,
        unknown: bool,
    ) -> Section:
        """One span, of which `text` is the beginning.

        `since`: when it was written by hand; empty: it was there from the beginning; None: not known yet.
        `unknown`: a record that is missing does not exist.
        """
        who = {
            Origin.WRITTEN: self.tr("Written by you"),
            Origin.GENERATED: self.tr("Written by the model"),
            Origin.EDITED: self.tr("Edited by you, inside a passage of the model"),
            Origin.SPECIAL: self.tr("The end-of-text token"),
        }[origin]
        if origin is Origin.WRITTEN and since == "":
            who = self.tr("Imported, or written before the history begins")
        if record is not None and record.finish_reason is FinishReason.CHOSEN:
            who = self.tr("An alternative of the model's, chosen by you")
        rows = [(self.tr("Where"), self._where(start, end - start))]
        if origin is not Origin.GENERATED and since:
            rows.insert(0, (self.tr("When"), local_time(since)))
        if record is not None:
            rows += self.generation(record)
        elif origin is Origin.GENERATED and unknown:
            rows.append(("", self.tr("How it came about is not in the library.")))
        shown = text if origin is not Origin.SPECIAL else END_OF_TEXT
        return Section(f"{who}: {self.quote(shown)}", tuple(rows))

    def _where(self, start: int, length: int) -> str:
        if length == 1:
            return self.tr("character {start}").format(start=f"{start + 1:,}")
        return self.tr("characters {start} to {end}").format(
            start=f"{start + 1:,}", end=f"{start + length:,}"
        )

    def more(self, n: int) -> Section:
        """There are passages that are not shown."""
        return Section(self.tr("… and {n} more passages").format(n=f"{n:,}"))

    # -- a generation --------------------------------------------------------------------------------------

    def generation(self, record: GenerationRecord) -> list[tuple[str, str]]:
        """Everything that is known of a generation."""
        rows = [
            (self.tr("Model"), record.model_name),
            (self.tr("When"), local_time(record.created_utc)),
            (self.tr("Sampling"), self.chain(record.processors)),
            (self.tr("Seed"), str(record.seed)),
            (self.tr("Length"), self._length(record)),
            (self.tr("Ended"), self.ended(record.finish_reason)),
            (self.tr("Stop strings"), self._stops(record)),
            (self.tr("Prompt"), self._prompt(record)),
            (self.tr("Speed"), self._speed(record)),
            (self.tr("Ran on"), self.environment(record)),
            (self.tr("Model folder"), record.model_path),
        ]
        if rank := Environment.from_json(record.environment).rank:
            rows.append((self.tr("Beam search"), self.tr("text {rank}, 1 being the best").format(rank=rank)))
        if record.retry_of:
            rows.append((self.tr("Retry of"), self.tr("generation {id}").format(id=record.retry_of)))
        rows.append((self.tr("Generation"), str(record.id)))
        rows.append((self.tr("Weights (SHA-256)"), record.model_sha256))
        return rows

    def chain(self, text: str) -> str:
        """The stages in their order, with their values; those that do nothing are left out."""
        try:
            processors = chain.from_json(text)
        except ValueError as error:
            return sentences.refusal(error)
        parts = []
        for processor in processors:
            if is_off(processor):
                continue
            values = [
                (self._label(p.label), self._value(p, getattr(processor, p.name)))
                for p in parameters(processor)
            ]
            stage = self._label(processor.stage.label)
            if len(values) == 1:
                parts.append(f"{stage} {values[0][1]}")
            else:
                parts.append(f"{stage} ({', '.join(f'{label} {value}' for label, value in values)})")
        return self.tr(", then ").join(parts) or self.tr("none: drawn from the model's own probabilities")

    def _value(self, parameter: Parameter | TextParameter, value: object) -> str:
        if isinstance(parameter, Parameter):
            return f"{value:.{parameter.decimals}f}"
        return self._quoted(str(value))

    def _label(self, text: str) -> str:
        return QCoreApplication.translate("processors", text)

    def _length(self, record: GenerationRecord) -> str:
        text = self.tr("{n} of at most {most} tokens, {characters} characters")
        return text.format(
            n=f"{record.n_tokens:,}", most=f"{record.max_new_tokens:,}", characters=f"{len(record.text):,}"
        )

    def ended(self, reason: FinishReason | None) -> str:
        """Why a generation ended."""
        if reason is None:
            return self.tr("not: it is under way, or the app was interrupted")
        return {
            FinishReason.LENGTH: self.tr("at its length, or at the end of the model's window"),
            FinishReason.STOP: self.tr("at a stop string"),
            FinishReason.END_OF_TEXT: self.tr("the model chose its end-of-text token"),
            FinishReason.COMPLETE: self.tr("its pattern or JSON was complete"),
            FinishReason.CANCELLED: self.tr("stopped by you"),
            FinishReason.FAILED: self.tr("it failed"),
            FinishReason.CHOSEN: self.tr("nothing was drawn: you chose it from the model's alternatives"),
        }[reason]

    def _stops(self, record: GenerationRecord) -> str:
        stops = [self.tr("“{text}”").format(text=visible(stop)) for stop in record.stop]
        end = self.tr("the end-of-text token")
        return ", ".join([*stops, end] if record.stop_at_end_of_text else stops) or self.tr("none")

    def _prompt(self, record: GenerationRecord) -> str:
        n = len(record.prompt)
        text = self.tr("{n} characters, to character {position} of the text").format(
            n=f"{n:,}", position=f"{record.position:,}"
        )
        if record.special_offsets:
            special = self.tr("{n} end-of-text tokens among them").format(
                n=f"{len(record.special_offsets):,}"
            )
            text = f"{text}, {special}"
        tail = record.prompt[-PROMPT_CHARS:]
        return f"{text}: {self._quoted(tail if n <= PROMPT_CHARS else f'…{tail}')}"

    def _speed(self, record: GenerationRecord) -> str:
        if record.decode_s <= 0:
            return self.tr("not recorded")
        text = self.tr("{rate} tokens/s; reading the prompt took {prefill} s").format(
            rate=f"{record.n_tokens / record.decode_s:.1f}", prefill=f"{record.prefill_s:.3f}"
        )
        of = Environment.from_json(record.environment)
        if of.n_guessed:
            told = (of.n_guessed, of.n_right, of.saved_s, record.n_tokens, record.decode_s)
            text += "; " + drafting_words.in_words(*told)
        return text

    def environment(self, record: GenerationRecord) -> str:
        """Device, number format, threads, versions, machine."""
        of = Environment.from_json(record.environment)
        parts = [record.device.upper(), of.dtype]
        if of.n_threads:
            parts.append(
                self.tr("1 thread")
                if of.n_threads == 1
                else self.tr("{n} threads").format(n=f"{of.n_threads:,}")
            )
        parts += [f"{name} {version}" for name, version in of.libraries]
        if of.app:
            parts.append(f"GPT-2 Studio {of.app}")
        parts += [of.system, of.cpu]
        if of.switched_off:
            parts.insert(0, self.tr("without {parts} (switched off)").format(parts=of.switched_off))
        if of == Environment():
            parts.append(self.tr("the rest was not recorded"))
        return ", ".join(part for part in parts if part)

    # -- a second run --------------------------------------------------------------------------------------

    def running(self, comparison: Comparison) -> Section:
        """A second run is under way."""
        text = self.tr("Reproducing: {n} of {all} tokens are the same so far…")
        return Section(text.format(n=f"{comparison.n_same:,}", all=f"{len(comparison.expected):,}"))

    def result(
        self, outcome: Outcome, comparison: Comparison, found: tuple[Difference, ...], *, recorded: bool
    ) -> Section:
        """How the second run compares with the first."""
        n = f"{comparison.n_same:,}"
        match outcome:
            case Outcome.SAME:
                title = self.tr("Reproduced: the same text came out, {n} of {n} tokens.").format(n=n)
            case Outcome.SAME_SO_FAR:
                title = self.tr("Reproduced: the same text, as far as it was written ({n} tokens).").format(
                    n=n
                )
            case Outcome.STOPPED:
                title = self.tr("Stopped. Until then {n} tokens were the same.").format(n=n)
            case Outcome.PARTED:
                title = self.tr("Not the same: after {n} equal tokens they part.").format(n=n)
        rows: list[tuple[str, str]] = []
        if outcome is Outcome.PARTED and comparison.parting is not None:
            for label, word in (
                (self.tr("Then"), comparison.parting.then),
                (self.tr("Now"), comparison.parting.now),
            ):
                shown = self.tr("“{text}”").format(text=visible(word)) if word else self.tr("it ended here")
                rows.append((label, shown))
            rows.append((self.tr("What differs"), self.differences(found, recorded=recorded)))
        elif found and outcome is not Outcome.STOPPED:
            rows.append((self.tr("What differs all the same"), self.differences(found, recorded=recorded)))
        return Section(title, tuple(rows))

    def differences(self, found: tuple[Difference, ...], *, recorded: bool) -> str:
        """What is recorded and differs; or that it is not that."""
        names = {
            "model": self.tr("model"),
            "weights": self.tr("weights"),
            "device": self.tr("device"),
            "app": "GPT-2 Studio",
            "backend": self.tr("way of computing"),
            "dtype": self.tr("number format"),
            "threads": self.tr("threads"),
            "system": self.tr("system"),
            "cpu": self.tr("processor"),
            "switched_off": self.tr("parts of the model switched off"),
        }
        text = self.tr("{what}: then {then}, now {now}")
        nothing = self.tr("none")
        parts = [
            text.format(what=names.get(d.what, d.what), then=d.then or nothing, now=d.now or nothing)
            for d in found
        ]
        if not recorded:
            parts.append(self.tr("what it ran on then was not recorded"))
        elif not parts:
            return self.tr(
                "Nothing that is recorded. The last digits of the model's numbers depend on how the prompt "
                "was split up when it was read, and a close draw can fall the other way."
            )
        return self.tr("; ", "between two parts of a sentence").join(parts)

    def other_model(self, record: GenerationRecord, now: str) -> Section:
        """Another model is loaded; asked before it runs."""
        text = self.tr("Another model is loaded: {now}, not {then}. It will hardly write the same.")
        return Section(text.format(now=now, then=record.model_name))
