"""The key and the address as a person gives them."""

from __future__ import annotations

import pytest

from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.models.coasty.api_key import ApiKey, base_url

GOOD = "sk-coasty-live-" + "ab" * 24


@pytest.mark.parametrize(
    ("key", "kind", "bills"),
    [
        (GOOD, "live", True),
        ("sk-coasty-test-00", "test", False),
        ("cua_sk_00", "legacy", True),
        ("something", "unknown", True),
        (f"  {GOOD}\n", "live", True),
    ],
)
def test_the_prefix_says_who_pays(key: str, kind: str, *, bills: bool) -> None:
    """Its length is nobody's business, and white space around it comes from files."""
    assert (ApiKey(key).kind, ApiKey(key).bills) == (kind, bills)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "NO_KEY"),
        (" \n", "NO_KEY"),
        (f"Bearer {GOOD}", "BAD_KEY"),
        (f"bearer {GOOD}", "BAD_KEY"),
        ("sk coasty", "BAD_KEY"),
        ("sk-coasty\r\nX-Evil: 1", "BAD_KEY"),
        ("sk-cöasty", "BAD_KEY"),
        ("sk-…", "BAD_KEY"),
    ],
)
def test_what_cannot_be_a_key_is_refused_before_it_is_sent(key: str, code: str) -> None:
    """With what to do about it, and without repeating it."""
    with pytest.raises(ServiceError) as caught:
        ApiKey(key)
    assert caught.value.code == code
    assert caught.value.remedy
    assert not key.strip() or key.strip() not in str(caught.value) + caught.value.remedy


def test_a_key_shows_in_no_repr() -> None:
    """Not even in a debugger's."""
    assert GOOD not in repr(ApiKey(GOOD))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://coasty.ai", "https://coasty.ai/v1"),
        ("https://coasty.ai/v1/", "https://coasty.ai/v1"),
        (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080/v1"),
        ("https://proxy.example/coasty", "https://proxy.example/coasty/v1"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
        ("http://127.9.8.7", "http://127.9.8.7/v1"),
        ("http://localhost:1", "http://localhost:1/v1"),
        ("HTTP://LocalHost", "HTTP://LocalHost/v1"),
    ],
)
def test_the_address_is_taken_with_or_without_its_version(text: str, url: str) -> None:
    """Wherever the service lies."""
    assert base_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "coasty.ai", "ftp://coasty.ai", "https://", "https://a b", "https://me:pw@coasty.ai", "http://x:99999",
     "https://coasty.ai/?key=1", "http://[::1", "https://coasty.ai/\nx"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    """Before anything is sent, a password in it least of all."""
    with pytest.raises(UsageError) as caught:
        base_url(text)
    assert "pw" not in caught.value.message


@pytest.mark.parametrize(
    "host",
    ["coasty.ai", "localhost.evil.example", "127.0.0.1.evil.example", "localhost.", "10.0.0.1", "0.0.0.0", "[::]",
     "[fe80::1]", "127.1", "0x7f000001", "2130706433", "loc\u0430lhost", "192.168.1.1:8080", "[2001:db8::1]:80"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_key_goes_unencrypted_to_this_machine_alone(scheme: str, host: str) -> None:
    """Safety sentence: any other http address is refused before anything is sent, also one that looks like ours."""
    with pytest.raises(UsageError, match=r"can read the key|not an http") as caught:
        base_url(f"{scheme}://{host}/v1")
    assert "https" in caught.value.remedy
    for way in (f"http://localhost@{host}", f"http://127.0.0.1\\@{host}", f"http://{host}#@localhost"):
        with pytest.raises(UsageError):
            base_url(way)
