"""What is typed or pasted is a repository of the Hub, or is refused in a sentence."""

from __future__ import annotations

import pytest

from studio.core.errors import StudioError
from studio.models.hub import names
from studio.models.hub.names import HUB, Wanted, parse

COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" openai-community/gpt2 ", Wanted("openai-community/gpt2")),
        ("gpt2", Wanted("gpt2")),
        ("a/b@refs/pr/3", Wanted("a/b", "refs/pr/3")),
        ("https://huggingface.co/uer/gpt2-chinese", Wanted("uer/gpt2-chinese")),
        ("huggingface.co/uer/gpt2-chinese/", Wanted("uer/gpt2-chinese")),
        ("https://hf.co/a/b?x=1#y", Wanted("a/b")),
        (f"https://huggingface.co/a/b/tree/{COMMIT}", Wanted("a/b", COMMIT)),
        ("https://huggingface.co/a/b/blob/main/config.json", Wanted("a/b", "main")),
        ("https://huggingface.co/a/b/tree/refs%2Fpr%2F1", Wanted("a/b", "refs/pr/1")),
        ("https://huggingface.co/a/b/tree/refs/pr/12/onnx", Wanted("a/b", "refs/pr/12")),
        ("https://mirror.example/a/b", Wanted("a/b")),
    ],
)
def test_names_and_addresses_are_understood(text: str, wanted: Wanted) -> None:
    assert parse(text, "https://mirror.example") == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/b/c",
        "../b",
        "a/..",
        "a b/c",
        "/etc/passwd",
        "C:\\models",
        "https://evil.example/a/b",
        "https://huggingface.co/datasets/a/b",
        "https://huggingface.co/a/b/tree/../../x",
        "https://[::1/a/b",
        "x" * 300,
        "a--b/c",
        "a/b\u202e",
    ],
)
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(StudioError) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 500


def test_the_endpoint_is_the_setting_then_the_variable_then_the_hub() -> None:
    variable = {names.ENDPOINT_VARIABLE: "https://mirror.example/"}
    assert names.endpoint_of("https://other.example/hub/", variable) == "https://other.example/hub"
    assert names.endpoint_of(" ", variable) == "https://mirror.example"
    assert names.endpoint_of("", {}) == HUB


@pytest.mark.parametrize(
    "text",
    [
        "ftp://x",
        "x",
        "https://",
        "https://a b",
        "https://u:p@x",
        "https://x?y",
        "http://x:0",
        "http://x:99999",
    ],
)
def test_what_is_no_address_is_no_endpoint(text: str) -> None:
    with pytest.raises(StudioError):
        names.endpoint_of(text, {})


def test_a_token_travels_protected_or_not_at_all() -> None:
    assert names.check_token(" hf_abc\n", HUB) == "hf_abc"
    assert names.check_token("hf_abc", "http://127.0.0.1:80") == "hf_abc"
    for token, endpoint in (("hf_abc", "http://mirror.example"), ("hf_ä", HUB), ("a\r\nb", HUB)):
        with pytest.raises(StudioError) as refusal:
            names.check_token(token, endpoint)
        assert token not in str(refusal.value)


def test_a_proxy_may_have_a_password_that_no_message_repeats() -> None:
    assert names.check_proxy(" http://me:secret@proxy:8080 ") == "http://me:secret@proxy:8080"
    assert names.check_proxy("") == ""
    with pytest.raises(StudioError) as refusal:
        names.check_proxy("socks5://me:secret@proxy")
    assert "secret" not in str(refusal.value)
