"""A path of a tree of continuations becomes part of the text: a branch that nothing was drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject

from studio.autosave import GenerationLog
from studio.core import chain
from studio.core import messages as m
from studio.core.environment import Environment
from studio.core.processors import LogitsProcessor
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.writing import Writing


class PathTaking(QObject):
    """Puts paths into the text of a window."""

    def __init__(
        self, window: MainWindow, sessions: Sessions, writing: Writing, index: TokenIndex, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._sessions, self._writing, self._index = window, sessions, writing, index

    def put(
        self,
        tokens: Sequence[m.Token],
        place: m.GeneratedPlace,
        offset: int,
        processors: tuple[LogitsProcessor, ...],
        seed: int,
    ) -> bool:
        """Put the tokens in at `offset`, where `place` ends; false if they are not a whole character."""
        editor, model = self._window.editor, self._writing.model
        assert model is not None
        text = "".join(token.text for token in tokens)
        if not text:
            self._window.notice.show_notice(
                self.tr("This token is half a character; take one after it."), "warn"
            )
            return False
        record = r.GenerationRecord(
            self._writing.next_generation_id,
            self._sessions.id,
            None,
            offset,
            place.prompt,
            place.special_offsets,
            chain.to_json(processors),
            place.max_new_tokens,
            (),
            False,
            seed,
            model.name,
            model.sha256,
            model.path,
            model.device,
            datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
            text,
            m.FinishReason.CHOSEN,
            len(tokens),
            environment=Environment.of(model).to_json(),
        )
        self._writing.next_generation_id += 1
        editor.begin_generation(record.id, offset)
        for token in tokens:
            special = token.token_id == model.end_of_text_id and token.text == m.END_OF_TEXT
            editor.add_generated(token.text, special=special)
        editor.end_generation()
        self._index.add(record.id, tokens)
        self._sessions.autosave.follow(GenerationLog(record, list(tokens)))
        editor.set_caret(offset + len(text))
        self._writing.progressed.emit((record,))
        self._writing.update_actions()
        return True
