"""A Hub on 127.0.0.1: it says and serves what the real one does, and misbehaves when told to.

Small files are served where they are asked for; large ones (`lfs`) by a redirect, as the Hub does. What is in
`faults` befalls the next requests for a file's contents, one each; what is in `refusals` the next to the API.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "owner/tiny-gpt2"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong. `n` is a number of bytes, a place, a status or seconds."""

    kind: str
    n: int = 0


FAULTS = (
    "cut",  # the connection ends after n bytes of the body
    "reset",  # the same without the last words of TCP
    "flip",  # a byte is another one; the size is right
    "whole",  # 200 and all of it, whatever was asked for
    "wrong start",  # 206, but from another place, and it says so
    "lying start",  # 206 and says the right place, but sends from another
    "no range",  # 206 without Content-Range
    "long",  # more than there is
    "length",  # a Content-Length that is not the file's
    "gzip",  # says that it is compressed
    "status",  # n: 429, 500, 503, ...
    "loop",  # redirects to itself
    "relative",  # redirects to the same host by a path only; then all is well
    "other",  # redirects to another port; then all is well
    "changed",  # other contents of the same size under another ETag
    "silence",  # nothing for n milliseconds, then the end
    "empty",  # 200 and nothing
)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    port: int


@dataclass
class FakeHub:
    """Use it in a `with`; `endpoint` is then its address."""

    files: dict[str, bytes]
    repo: str = REPO
    commit: str = COMMIT
    licence: object = "mit"
    bytes_per_s: float = 0.0  # 0: as fast as it goes
    retry_after: str = ""  # of every status fault
    faults: deque[Fault] = field(default_factory=deque)
    refusals: deque[Fault] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    answer: dict[str, object] = field(default_factory=dict)  # what the API says otherwise than usual
    sent_bytes: int = 0

    def __enter__(self) -> FakeHub:
        self._servers = [_Server(self) for _ in range(2)]
        self.endpoint, self.other = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def is_lfs(self, name: str) -> bool:
        return name.endswith((".safetensors", ".gguf", ".bin")) or len(self.files[name]) > 10_000_000

    def info(self) -> dict[str, object]:
        """What the API says of the repository."""
        siblings = []
        for name, data in self.files.items():
            sibling: dict[str, object] = {
                "rfilename": name,
                "size": len(data),
                "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
            }
            if self.is_lfs(name):
                sha256 = hashlib.sha256(data).hexdigest()
                sibling["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 134}
            siblings.append(sibling)
        return {
            "id": self.repo,
            "modelId": self.repo,
            "sha": self.commit,
            "private": False,
            "tags": ["gpt2"],
            "cardData": {"license": self.licence} if self.licence else None,
            "siblings": siblings,
            **self.answer,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client that was killed is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer takes 40 ms
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        hub = self.server.hub
        path = unquote(urlsplit(self.path).path)
        hub.asked.append(
            Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, self.server.server_port)
        )
        if path.startswith("/api/"):
            self._api(path)
        elif found := re.fullmatch(r"/(.+)/resolve/([0-9a-f]{40})/(.+)", path):
            repo, commit, name = found.groups()
            if (repo, commit) != (hub.repo, hub.commit) or name not in hub.files:
                self._say(404)
            elif hub.is_lfs(name):
                self._say(302, {"Location": f"{hub.endpoint}/cdn/{name}", "X-Linked-Etag": '"x"'})
            else:
                self._contents(name)
        elif path.startswith("/cdn/"):
            self._contents(path.removeprefix("/cdn/"))
        else:
            self._say(404)

    def _api(self, path: str) -> None:
        hub = self.server.hub
        if hub.refusals:
            self._status(hub.refusals.popleft().n)
            return
        at = rf"/api/models/{re.escape(hub.repo)}(/revision/(main|refs/pr/1|{hub.commit}))?"
        if re.fullmatch(at, path) is None:
            self._say(404, {"X-Error-Code": "RepoNotFound"})
            return
        self._say(200, {"Content-Type": "application/json"}, json.dumps(hub.info()).encode())

    def _status(self, status: int) -> None:
        after = self.server.hub.retry_after
        self._say(status, {"Retry-After": after} if after else {})

    def _contents(self, name: str) -> None:
        hub = self.server.hub
        data = hub.files[name]
        fault = hub.faults.popleft() if hub.faults else Fault("")
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        if fault.kind == "changed":
            data = bytes(reversed(data))
            etag = '"another"'
        start = self._start(etag)
        match fault.kind:
            case "status":
                return self._status(fault.n)
            case "loop":
                return self._say(302, {"Location": self.path})
            case "relative":
                return self._say(307, {"Location": f"/cdn/{name}"})
            case "other":
                return self._say(302, {"Location": f"{hub.other}/cdn/{name}"})
            case "whole":
                start = 0
        body = data[start:]
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        status = 206 if start else 200
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        match fault.kind:
            case "wrong start" | "lying start":
                status, body = 206, data[max(0, start - 7) :]
                said = start - 7 if fault.kind == "wrong start" else start
                headers["Content-Range"] = f"bytes {max(0, said)}-{len(data) - 1}/{len(data)}"
            case "no range":
                status = 206
                headers.pop("Content-Range", None)
            case "flip" if body:
                at = fault.n % len(body)
                body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            case "long":
                body += b"and more"
            case "length" | "empty":
                body = body[:-5] if fault.kind == "length" else b""
            case "gzip":
                headers["Content-Encoding"] = "gzip"
            case "silence":
                time.sleep(fault.n / 1000)
                self.close_connection = True
                return None
        self._send(status, headers, body, fault)
        return None

    def _start(self, etag: str) -> int:
        """Where the request wants to begin, if that is to be respected."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if found is None or self.headers.get("If-Range", etag) != etag:
            return 0
        return int(found.group(1))

    def _say(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self._send(status, headers or {}, body, Fault(""))

    def _send(self, status: int, headers: dict[str, str], body: bytes, fault: Fault) -> None:
        hub = self.server.hub
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.kind in ("cut", "reset"):
            body = body[: fault.n]
        for begin in range(0, len(body), 16_384):
            piece = body[begin : begin + 16_384]
            if hub.bytes_per_s:
                time.sleep(len(piece) / hub.bytes_per_s)
            self.wfile.write(piece)
            hub.sent_bytes += len(piece)
        if fault.kind in ("cut", "reset"):
            self.wfile.flush()
            if fault.kind == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True


def tiny_model(n_bytes: int = 300_000, seed: int = 0) -> dict[str, bytes]:
    """The files of a repository whose safetensors file is as long as asked for, about."""
    generator = random.Random(seed)
    n_rows = n_bytes // 32
    header = json.dumps(
        {"wte.weight": {"dtype": "F32", "shape": [n_rows, 8], "data_offsets": [0, n_rows * 32]}}
    ).encode()
    weights = struct.pack("<Q", len(header)) + header + generator.randbytes(n_rows * 32)
    config = {
        "model_type": "gpt2",
        "n_layer": 1,
        "n_head": 1,
        "n_embd": 8,
        "n_positions": 64,
        "vocab_size": n_rows,
    }
    return {
        "config.json": json.dumps(config).encode(),
        "vocab.json": b'{"a": 0}',
        "merges.txt": b"#version: 0.2\n",
        "README.md": b"---\nlicense: mit\n---\nA model.\n",
        "model.safetensors": weights,
        "pytorch_model.bin": b"\x80\x04never fetched",
        "run_me.py": b"raise SystemExit",
        "onnx/model.onnx": b"never fetched",
    }
