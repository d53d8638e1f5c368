"""Makes rows and their sentences of what the model says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject

from studio.core.messages import Alternative, Bridge, BridgesFound, LookedUp, PlaceInspected, Spelling, Token
from studio.core.processors import LogitsProcessor
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.token_view.figures import nats, one_in
from studio.ui.token_view.rows import Row


class RowMaker(QObject):
    """Knows the language of the window, and the chain that was asked about."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.processors: Sequence[LogitsProcessor] = ()

    def stage(self, index: int) -> str:
        """The name of a stage of the chain; empty for none."""
        if not 0 <= index < len(self.processors):
            return ""
        return QCoreApplication.translate("processors", self.processors[index].stage.label)

    # -- a place -------------------------------------------------------------------------------------------

    def place(self, message: PlaceInspected) -> list[Row]:
        """The likeliest, what stands there if it is not among them, and all others together."""
        chosen = message.wanted[0] if message.wanted else None
        rows = [
            self.alternative(each, chosen=_is(each, chosen), entropy=message.entropy) for each in message.top
        ]
        if chosen is not None and not any(_is(each, chosen) for each in message.top):
            rows.append(self.alternative(chosen, chosen=True, entropy=message.entropy))
        shown = self.tr("all others")
        rest, after = max(message.rest, 0.0), max(message.sampling_rest, 0.0)
        sentence = self.tr(
            "All tokens that are not listed, together: {own} from the model itself, {after} after the "
            "sampling settings."
        ).format(own=percent(rest), after=percent(after))
        rows.append(
            Row(shown, "Σ", rest, after, nats(math.log(rest)) if rest > 0 else "", sentence, is_sum=True)
        )
        return rows

    def alternative(self, of: Alternative, *, chosen: bool = False, entropy: float = math.nan) -> Row:
        """One token."""
        own = math.exp(of.logprob)
        removed = self.stage(of.removed_by)
        return Row(
            visible(of.text, of.raw),
            f"{of.rank:,}",
            own,
            of.sampling_prob,
            nats(of.logprob),
            partial(self._sentence, f"{of.rank:,}", own, of.sampling_prob, of.logprob, removed),
            removed,
            chosen,
            tokens=(of,),
            rank=of.rank,
            token_id=of.token_id,
            plain=of.text,
            entropies=(entropy,),
        )

    def _sentence(self, rank: str, own: float, after: float, logprob: float, removed_by: str) -> str:
        if removed_by:
            then = self.tr("removed by the sampling stage {stage}").format(stage=removed_by)
        elif after <= 0:
            then = self.tr("removed by the sampling settings")
        else:
            then = self.tr("{after} after the sampling settings").format(after=percent(after))
        rare = one_in(own)
        how = self.tr("{own} (one in {n})").format(own=percent(own), n=rare) if rare else percent(own)
        return self.tr(
            "Rank {rank}: {own} from the model itself, {after}. Log-probability {logprob} nats."
        ).format(rank=rank, own=how, after=then, logprob=nats(logprob))

    def stored(self, token: Token) -> list[Row]:
        """What was kept when the token was drawn."""
        return [
            Row(
                visible(each.text),
                f"{rank:,}",
                math.exp(each.logprob),
                each.sampling_prob,
                nats(each.logprob),
                self._sentence(f"{rank:,}", math.exp(each.logprob), each.sampling_prob, each.logprob, ""),
                self.tr("the settings") if each.sampling_prob <= 0 else "",
                each.token_id == token.token_id,
                rank=rank,
                token_id=each.token_id,
                plain=each.text,
            )
            for rank, each in enumerate(token.candidates, 1)
        ]

    # -- a text looked up ----------------------------------------------------------------------------------

    def looked_up(self, message: LookedUp) -> list[Row]:
        """The spellings tried, likeliest first, then the tokens the text is found in."""
        spellings = sorted(message.spellings, key=lambda spelling: -spelling.logprob)
        rows = [self.spelling(each) for each in spellings]
        known = {each.tokens[0].token_id for each in spellings if len(each.tokens) == 1}
        rows += [self.alternative(each) for each in message.matches if each.token_id not in known]
        return rows

    def spelling(self, of: Spelling) -> Row:
        """A text as its tokens."""
        if len(of.tokens) == 1:
            return self.alternative(of.tokens[0], entropy=of.entropies[0])
        parts = "·".join(visible(token.text, token.raw) for token in of.tokens)
        each = "\n".join(
            self.tr("“{token}”: {own}, rank {rank}, {logprob} nats").format(
                token=visible(token.text, token.raw),
                own=percent(math.exp(token.logprob)),
                rank=f"{token.rank:,}",
                logprob=nats(token.logprob),
            )
            for token in of.tokens
        )
        rare = one_in(math.exp(of.logprob))
        own = percent(math.exp(of.logprob))
        if rare:
            own = self.tr("{own} (one in {n})").format(own=own, n=rare)
        sentence = self.tr(
            "{n} tokens in a row: {own} together from the model itself, {after} after the sampling "
            "settings. Log-probability {logprob} nats."
        ).format(n=len(of.tokens), own=own, after=percent(of.sampling_prob), logprob=nats(of.logprob))
        first = next((self.stage(token.removed_by) for token in of.tokens if token.removed_by >= 0), "")
        return Row(
            parts,
            self.tr("{n} tok.").format(n=len(of.tokens)),
            math.exp(of.logprob),
            of.sampling_prob,
            nats(of.logprob),
            f"{sentence}\n{each}",
            first,
            tokens=of.tokens,
            plain=of.text,
            entropies=of.entropies,
        )

    # -- bridges -------------------------------------------------------------------------------------------

    def bridges(self, message: BridgesFound, row: Row) -> list[Row]:
        """How the text could go on: without a bridge, and with each; `row` is what is swapped in."""
        return [self._bridge(each, message, row) for each in (*message.bridges, message.none)]

    def _bridge(self, of: Bridge, message: BridgesFound, row: Row) -> Row:
        gain = of.logprob - message.none.logprob
        words = visible(of.spelling.text) if of.spelling.tokens else ""
        text = f"{row.text} {words} …" if words else f"{row.text} …"
        factor = math.exp(min(gain, 700.0))
        times = f"{factor:.1f}" if factor < 10 else f"{factor:.0f}" if factor < 1e4 else f"{factor:.0e}"
        if of.spelling.tokens:
            sentence = self.tr(
                "With “{words}” in between, the next {n} tokens of the text and these words are together "
                "{times} times as likely as the text is without them ({gain} nats)."
            ).format(words=words, n=message.n_rest, times=times, gain=f"+{gain:.2f}")
        else:
            sentence = self.tr(
                "No words between: the next {n} tokens of the text have the log-probability {logprob} nats."
            ).format(n=message.n_rest, logprob=nats(of.logprob))
        return Row(
            text,
            f"×{times}" if of.spelling.tokens else "",
            math.exp(of.logprob / max(message.n_rest + len(of.spelling.tokens), 1)),
            0.0,
            f"+{gain:.2f}" if of.spelling.tokens else "±0",
            sentence,
            is_sampled=False,
            tokens=(*row.tokens, *of.spelling.tokens),
            entropies=(*row.entropies, *of.spelling.entropies),
        )


def _is(one: Alternative, other: Alternative | None) -> bool:
    return other is not None and one.token_id == other.token_id
