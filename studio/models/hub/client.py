"""The way to the Hub: a client that leaks nothing, and what is done about each kind of trouble on the way."""

from __future__ import annotations

import email.utils
import functools
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2

from studio import __version__
from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.models.hub.listing import Listing, from_hub, unclear
from studio.models.hub.names import HUB, Wanted, host_of

SILENCE_S = 20.0
"""A server that says nothing for so long is taken for gone."""

MAX_WAIT_S = 600.0
"""A server that asks for a longer pause is not waited for."""

_AGAIN_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Access:
    """How the Hub is reached. The token is in no address, no message and no file."""

    endpoint: str = HUB
    proxy: str = ""
    token: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Who is connected to."""
        return host_of(self.endpoint)

    @property
    def headers(self) -> dict[str, str]:
        """What identifies the user to the endpoint; httpx2 leaves it out when another host takes over."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class PassingError(Exception):
    """What may be gone in a moment: a broken connection, a busy server. `wait_s`: what the server wants."""

    def __init__(self, reason: Sentence, wait_s: float | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.wait_s = wait_s


class InsecureError(httpx2.TransportError):
    """An answer that leads from https:// to an unprotected address."""


def make_client(access: Access) -> httpx2.Client:
    """A client that follows redirects, but never from a protected address to an unprotected one."""

    def check(request: httpx2.Request) -> None:
        if access.endpoint.startswith("https:") and request.url.scheme != "https":
            raise InsecureError("unprotected", request=request)

    return httpx2.Client(
        verify=_trusted(),
        proxy=access.proxy or None,
        follow_redirects=True,
        max_redirects=5,
        timeout=SILENCE_S,
        # Ranges are ranges of the file only if it is not compressed on the way.
        headers={"User-Agent": f"gpt2-studio/{__version__}", "Accept-Encoding": "identity"},
        event_hooks={"request": [check]},
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes a tenth of a second."""
    return httpx2.create_ssl_context()


def ask(access: Access, wanted: Wanted) -> Listing:
    """What the Hub has under that name, now. Raises PassingError, StudioError."""
    from huggingface_hub import HfApi, set_client_factory
    from huggingface_hub.errors import HfHubHTTPError

    set_client_factory(lambda: make_client(access))  # which also closes the one of before
    api = HfApi(
        access.endpoint, access.token or False, library_name="gpt2-studio", library_version=__version__
    )
    try:
        info = api.model_info(
            wanted.repo, revision=wanted.revision or None, files_metadata=True, timeout=SILENCE_S
        )
    except HfHubHTTPError as error:
        raise refused(error.response.status_code, error.response.headers, access, wanted) from error
    except httpx2.HTTPError as error:
        raise trouble(error, access) from error
    except (KeyError, TypeError, ValueError, AttributeError, MemoryError, RecursionError) as error:
        raise unclear() from error
    return from_hub(info, wanted)


def trouble(error: Exception, access: Access) -> Exception:
    """What becomes of an error of the connection: a PassingError; a StudioError where waiting is no use."""
    if isinstance(error, InsecureError):
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "{host} wants to hand over to an unprotected connection."),
            QT_TRANSLATE_NOOP("StudioError", "Nothing was fetched from there; use another endpoint."),
            host=access.host,
        )
    if isinstance(error, httpx2.TooManyRedirects | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "{host} sends from one address to the next without end."),
            QT_TRANSLATE_NOOP("StudioError", "Check the endpoint in the download settings."),
            host=access.host,
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "{host} cannot prove that it is {host}: its certificate is not valid."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Check the date of this computer, the proxy and the endpoint."),
            host=access.host,
        )
    if isinstance(error, httpx2.ProxyError):
        return PassingError(Sentence(QT_TRANSLATE_NOOP("StudioError", "The proxy refuses the connection.")))
    if isinstance(error, httpx2.TimeoutException):
        return PassingError(_reason(QT_TRANSLATE_NOOP("StudioError", "{host} does not answer."), access))
    if isinstance(error, httpx2.ConnectError):
        return PassingError(_reason(QT_TRANSLATE_NOOP("StudioError", "{host} cannot be reached."), access))
    return PassingError(
        _reason(QT_TRANSLATE_NOOP("StudioError", "The connection to {host} broke off."), access)
    )


def refused(status: int, headers: Mapping[str, str], access: Access, wanted: Wanted) -> Exception:
    """What becomes of an answer that is no success: a PassingError or a StudioError."""
    if status in _AGAIN_LATER:
        return PassingError(_busy(status, access), _asked_wait_s(headers.get("retry-after", "")))
    if status in (401, 403):
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "{host} does not give “{repo}” to everybody: it is private, or does not exist."
            ),
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Check the name; if it has conditions, accept them on its page and give your access token.",
            ),
            host=access.host,
            repo=wanted.repo,
        )
    if status == 404:
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "{host} has no model “{repo}”, or not the revision or file asked for."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Check the name; upper and lower case matter."),
            host=access.host,
            repo=wanted.repo,
        )
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "{host} refuses with status {status}."),
        QT_TRANSLATE_NOOP("StudioError", "Check the endpoint in the download settings, or try again later."),
        host=access.host,
        status=status,
    )


def _busy(status: int, access: Access) -> Sentence:
    if status == 429:
        return _reason(
            QT_TRANSLATE_NOOP("StudioError", "{host} asks for a pause: too many requests."), access
        )
    template = QT_TRANSLATE_NOOP("StudioError", "{host} is in trouble (status {status}).")
    return Sentence(template, (("host", access.host), ("status", str(status))))


def _reason(template: str, access: Access) -> Sentence:
    return Sentence(template, (("host", access.host),))


def _asked_wait_s(value: str) -> float | None:
    """The seconds of a Retry-After header, which is a number or a date; None if it is neither."""
    if value.strip().isdecimal() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
