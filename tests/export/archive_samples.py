"""One fixed session with everything that is hard to write down, and how its exports are compared."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from studio.core.history import Node, Run
from studio.core.manuscript import Manuscript
from studio.core.messages import END_OF_TEXT, Candidate, FinishReason, Token
from studio.export.archive import Archive
from studio.export.exporter import Exporter, Options
from studio.store.records import GenerationRecord, SessionRecord

HARD = (
    "The café 🦊👩‍👩‍👧 said\tnothing.\n\n春天来了，\u200b万物复苏。\nשלום עולם — مرحبا\n"
    "<script>alert('x')</script> & \"quoted\" ]]>\n=cmd|' /C calc'!A0\n\0\x07 NUL and bell\n"
    "<mark>mine</mark>\n"
)
ENVIRONMENT = (
    '{"app":"0.1.0","backend":"studio","cpu":"A CPU (AVX2)","dtype":"float32",'
    '"libraries":{"tiktoken":"0.14.0","torch":"2.13.0+cpu"},"n_threads":1,"system":"Linux 6.8 x86_64"}'
)
LONG_LINE = "A very long line without an end. " * 200


def token(text: str, rank: int = 1, sampling_prob: float = 0.25) -> Token:
    candidates = tuple(
        Candidate(1000 + k, f" word{k}", -0.10000000149011612 - k, 0.5 ** (k + 1)) for k in range(3)
    )
    return Token(
        900 + rank, text.encode("utf-8", "replace"), text, -1.25, sampling_prob, rank, 2.7182817, candidates
    )


def generation(number: int, text: str, session_id: int = 3) -> GenerationRecord:
    return GenerationRecord(
        id=number,
        session_id=session_id,
        retry_of=None,
        position=5,
        prompt="=SUM(A1:A2) Once 🦊",
        special_offsets=(0, 4),
        processors='[["Temperature", {"temperature": 0.8}], ["TopK", {"top_k": 40}]]',
        max_new_tokens=40,
        stop=("\n", "Ende"),
        stop_at_end_of_text=True,
        seed=2**63 - 1,
        model_name="starter",
        model_sha256="ab" * 32,
        model_path="models/starter",
        device="cpu",
        created_utc="2026-01-02T03:04:05",
        text=text,
        finish_reason=FinishReason.LENGTH,
        n_tokens=3,
        prefill_s=0.125,
        decode_s=0.1,
        environment=ENVIRONMENT,
    )


def archive(session_id: int = 3) -> Archive:
    """Written, generated, edited and special text; a retry beside it, and a bookmark."""
    first, second = " it <began>\nagain 🦊", " there was a variant"
    manuscript = Manuscript()
    manuscript.replace(0, 0, HARD)
    at = len(HARD)
    for number, text in ((8, second), (7, first)):
        manuscript.begin_group(number)
        manuscript.replace(at, at, text, (Run(len(text), number, 0),))
        manuscript.end_group()
        if number == 8:
            manuscript.undo()
    manuscript.replace(at + 4, at + 4, "EDIT")
    end = len(manuscript.text)
    manuscript.replace(end, end, END_OF_TEXT, (Run(len(END_OF_TEXT), -1, 0),))
    manuscript.replace(end, end, LONG_LINE)
    nodes = [replace(node, created_utc="2026-01-02T03:04:05") for node in manuscript.take_changed()]
    nodes[-1] = replace(nodes[-1], name="the end", bookmarked=True)
    nodes[1] = replace(nodes[1], pruned=True)  # the variant
    session = SessionRecord(
        session_id,
        'A <tale> of "=2+3" & 🦊',
        manuscript.text,
        manuscript.runs,
        12,
        0.25,
        9,
        tuple(nodes),
        manuscript.history.head,
    )
    tokens = {
        7: (token(" it"), token(" <began>\n", 3, 0.01), token("again 🦊", 250, float("nan"))),
        8: (token(" there was", 2), token(" a variant", 1, 0.9)),
    }
    generations = (
        generation(7, first, session_id),
        replace(
            generation(8, second, session_id),
            retry_of=7,
            finish_reason=None,
            n_tokens=2,
            decode_s=1 / 3,
            environment="",
        ),
    )
    return Archive(
        session, "2026-01-02T03:04:05", "2026-02-03T04:05:06", ("fable", "草稿"), generations, tokens
    )


def second_archive() -> Archive:
    """A small one with other ids, for a library of two."""
    text = "Short."
    node = Node(1, 0, '{"edits":[[0,"",[],"Short.",[[6,0,0]]]]}')
    session = SessionRecord(4, "", text, (Run(6),), 0, 0.0, 1, (node,), 1)
    return Archive(session, "2026-01-02T03:04:05", "2026-01-02T03:04:05")


ALL_ON = Options(front_matter=True, mark_generated=True, colour_by_probability=True, with_tokens=False)


def exported(exporter: Exporter, *archives: Archive, options: Options | None = None) -> bytes:
    file = io.BytesIO()
    exporter.write(archives or (archive(),), file, options)
    return file.getvalue()


def comparable(data: bytes) -> bytes:
    """The bytes; of a ZIP its members one after the other, since zlib's versions compress differently."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return b"".join(b"== %s\n%s\n" % (n.encode(), package.read(n)) for n in package.namelist())
