"""Files that nobody should have to read."""

from __future__ import annotations

import io
import zipfile

from studio.export.word import WORD
from tests.export.archive_samples import exported


def docx(document: bytes | str, **others: bytes) -> bytes:
    """A DOCX of this document and other members (`a__b` is `a/b`)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", document)
        for name, content in others.items():
            package.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def named(name: str) -> bytes:
    """A good DOCX with one more member of this name."""
    file = io.BytesIO(exported(WORD))
    with zipfile.ZipFile(file, "a") as package:
        package.writestr(name, b"x")
    return file.getvalue()


def encrypted() -> bytes:
    """A good DOCX whose members claim to be encrypted."""
    data = bytearray(exported(WORD))
    for mark, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


MAIN = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(12))

HOSTILE_DOCX = {
    "zip bomb": docx(b"\0" * 60_000_000),
    "dense document": docx(f"<w:document {MAIN}><w:p><w:t>{'a' * 9_000_000}</w:t></w:p></w:document>"),
    "entity bomb": docx(f"<!DOCTYPE x [{_LOL}]><w:document {MAIN}><w:p><w:t>&l11;</w:t></w:p></w:document>"),
    "outside entity": docx(
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document {MAIN}>&e;</w:document>'
    ),
    "entity bomb in UTF-16": docx(
        f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [{_LOL}]><x>&l11;</x>'.encode("utf-16")
    ),
    "unknown encoding": docx(b'<?xml version="1.0" encoding="klingon"?><x/>'),
    "deep": docx("<a>" * 100_000 + "</a>" * 100_000),
    "deep and open": docx(f"<w:document {MAIN}>" + "<w:p>" * 150),
    "up": named("../../evil.xml"),
    "absolute": named("/etc/evil.xml"),
    "drive": named("C:\\evil.xml"),
    "encrypted": encrypted(),
    "empty": b"",
    "another kind of zip": docx("<x/>")[:40],
    "no document": named("a")[:10],
    "not xml": docx(b"\xff\xfe\xfd"),
}

HOSTILE_JSON = {
    "empty": b"",
    "deep lists": b"[" * 100_000,
    "deep lists, closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "many lists": b"[" + b"[]," * 3_000_000 + b"[]]",
    "many values": b"[" + b"0," * 12_000_000 + b"0]",
    "long number": b'{"format":"gpt2-studio","version":' + b"9" * 1_000_000 + b"}",
    "large number": b'{"format":"gpt2-studio","version":1e999}',
    "not a number": b'{"format":"gpt2-studio","version":NaN}',
    "infinity": b'{"format":"gpt2-studio","version":-Infinity}',
    "a key twice": b'{"format":"gpt2-studio","format":"gpt2-studio"}',
    "no archives": b'{"format":"gpt2-studio","version":1}',
    "newer": b'{"format":"gpt2-studio","version":3,"more":[]}',
    "true as version": b'{"archives":[],"format":"gpt2-studio","version":true}',
    "null": b"null",
    "a text": b'"format"',
    "of another program": b'{"messages":[]}',
    "bytes": bytes(range(256)),
    "actions of a wrong kind": b'{"gamestarted":true,"prompt":"a","actions":7}',
    "actions with a wrong kind in them": b'{"prompt":"a","actions":["b",null]}',
    "prompt of a wrong kind": b'{"memoryTokens":{},"prompt":7}',
}
