"""What a person types or pastes to name a repository, an endpoint or a proxy, without asking anyone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

HUB = "https://huggingface.co"
ENDPOINT_VARIABLE = "HF_ENDPOINT"
MEMORY_BYTES = 4_000_000_000
"""Of address space for a download: far more than it holds; a server that answers without end meets it."""

_HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_REPO = re.compile(rf"{_WORD}(?:/{_WORD})?")
_REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository, and a branch, tag, "refs/pr/1" or commit of it; empty: the main branch."""

    repo: str
    revision: str = ""
    file: str = ""  # a GGUF file, where there are several


def parse(text: str, endpoint: str = HUB) -> Wanted:
    """Read "owner/name", "owner/name@revision", an old name such as "gpt2", or the address of a page.

    Raises StudioError for anything else, such as the address of another site than `endpoint`.
    """
    text = text.strip()
    if "://" not in text and text.split("/")[0].lower() in _HUB_HOSTS:
        text = f"https://{text}"
    if "://" not in text:
        text, _, revision = text.partition("@")
        if revision:
            return Wanted(parse(text).repo, check_revision(revision))
        if not _REPO.fullmatch(text) or ".." in text or "--" in text:
            raise _not_a_repository(text)
        return Wanted(text)
    try:
        address = urlsplit(text)
        host = (address.hostname or "").lower()
    except ValueError as error:
        raise _not_a_repository(text) from error
    parts = [unquote(part) for part in address.path.split("/") if part]
    if host not in (*_HUB_HOSTS, host_of(endpoint)) or parts[:1] in (["datasets"], ["spaces"]):
        raise _not_a_repository(text)
    if len(parts) > 2 and parts[2] in ("tree", "blob", "resolve", "commit") and len(parts) > 3:
        revision = "/".join(parts[3:6]) if parts[3] == "refs" else parts[3]
        file = parts[-1] if len(parts) > 4 and parts[-1].lower().endswith(".gguf") else ""
        return Wanted(parse("/".join(parts[:2])).repo, check_revision(revision), file)
    return parse("/".join(parts[:2]))


def check_revision(text: str) -> str:
    """A branch, tag or commit. Raises StudioError if it cannot be one."""
    if text and not _REVISION.fullmatch(text):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{revision}” cannot be the name of a revision."),
            QT_TRANSLATE_NOOP("StudioError", "Give a branch, a tag, or a commit's 40 letters and digits."),
            revision=text[:200],
        )
    return text


def is_commit(text: object) -> bool:
    """Whether this is the full id of a commit."""
    return isinstance(text, str) and _COMMIT.fullmatch(text) is not None


def is_repository(text: object) -> bool:
    """Whether this can be the name of a repository."""
    return isinstance(text, str) and _REPO.fullmatch(text) is not None and ".." not in text


def endpoint_of(setting: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where the Hub is: the setting, else HF_ENDPOINT, else the Hub itself. Raises StudioError."""
    chosen = (setting.strip() or environment.get(ENDPOINT_VARIABLE, "").strip() or HUB).rstrip("/")
    if not _usable(chosen):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{endpoint}” is not the address of a Hub."),
            QT_TRANSLATE_NOOP("StudioError", "It begins with https://, as “https://huggingface.co” does."),
            endpoint=chosen[:200],
        )
    return chosen


def check_proxy(setting: str) -> str:
    """The address of a proxy, or nothing. Raises StudioError if it cannot be one."""
    chosen = setting.strip()
    if chosen and not _usable(chosen, with_password=True):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The address of the proxy cannot be used."),
            QT_TRANSLATE_NOOP("StudioError", "It looks like “http://proxy.example:8080”."),
        )
    return chosen


def check_token(token: str, endpoint: str) -> str:
    """An access token that may be sent to `endpoint`, or nothing. Raises StudioError."""
    token = token.strip()
    if not token:
        return ""
    if not re.fullmatch(r"[\x21-\x7e]{1,500}", token):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This is not an access token."),
            QT_TRANSLATE_NOOP("StudioError", "Copy it again from the Hub's page of access tokens."),
        )
    address = urlsplit(endpoint)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The token would travel unprotected to {host}."),
            QT_TRANSLATE_NOOP("StudioError", "Use an endpoint that begins with https://, or no token."),
            host=host_of(endpoint),
        )
    return token


def host_of(endpoint: str) -> str:
    """The host that is connected to, for the user to read."""
    return (urlsplit(endpoint).hostname or "").lower()


def _usable(address: str, *, with_password: bool = False) -> bool:
    try:
        parts = urlsplit(address)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.username or parts.password) or with_password
    bare = not parts.query and not parts.fragment and not re.search(r"[\s\x00-\x1f\x7f]", address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_right and plain and bare


def _not_a_repository(text: str) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{text}” is not the name of a model on the Hub."),
        QT_TRANSLATE_NOOP(
            "StudioError", "Type it as “owner/name”, or paste the address of the model's page."
        ),
        text=text[:200],
    )
