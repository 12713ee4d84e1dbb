"""`auth` from outside: a key is checked before it is kept, kept for its host alone, and shown nowhere."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from coasty_desk.cli.app import main
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import VendorStub
from tests.cli.conftest import service
from tests.stub_service import KEY

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass
class Home:
    """A person's environment, with a keyring of its own."""

    patch: pytest.MonkeyPatch
    output: pytest.CaptureFixture[str]
    keyring: Path
    url: str

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self.patch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["auth", *arguments])
        said = self.output.readouterr()
        assert KEY not in said.out + said.err
        return code, said.out, said.err

    @property
    def stored(self) -> dict[str, str]:
        """What the keyring holds."""
        entries: dict[str, str] = json.loads(self.keyring.read_text()) if self.keyring.exists() else {}
        return entries


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Home]:
    """No key in the environment, an empty keyring, a service that takes one key."""
    import keyring  # noqa: PLC0415 - it looks for backends when it is loaded

    from tests.keyring_in_a_file import FileKeyring  # noqa: PLC0415 - it is one

    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call]  # keyring itself is not typed
    monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("COASTY_API_KEY", raising=False)
    with service() as (_, url):
        monkeypatch.setenv("COASTY_BASE_URL", url)
        yield Home(monkeypatch, capsys, tmp_path / "keyring.json", url)
    keyring.set_keyring(before)


def test_a_key_that_the_service_takes_is_stored_for_its_host(home: Home) -> None:
    """White space round it is no part of it; afterwards `status` knows it, until `logout`."""
    code, out, _ = home("login", typed=f"  {KEY}\n")
    assert code == 0
    assert "a live key that 127.0.0.1 takes and that costs real money" in out
    assert home.stored == {"coasty-desk/127.0.0.1": KEY}
    code, out, _ = home("status", "--json")
    assert code == 0
    assert json.loads(out)["origin"] == "the keyring"
    assert home("logout")[0] == 0
    assert home.stored == {}
    assert home("status")[0] == 4


def test_a_key_that_the_service_refuses_is_not_stored(home: Home) -> None:
    """Nor is none, nor one that cannot be a key."""
    for typed in ("sk-coasty-live-wrong\n", "\n", "Bearer x\n"):
        code, out, err = home("login", typed=typed)
        assert (code, out) == (4, "")
        assert err.count("\n") == 2
    assert home.stored == {}


def test_the_environments_key_comes_first(home: Home) -> None:
    """And `status`, `login` and `logout` say so."""
    home.patch.setenv("COASTY_API_KEY", KEY)
    assert "From the environment (COASTY_API_KEY)" in home("status")[1]
    assert "comes first" in home("login", typed=KEY)[1]
    assert "stays" in home("logout")[1]


def test_a_key_for_one_host_is_not_sent_to_another(home: Home) -> None:
    """The service at another address has none."""
    home("login", typed=KEY)
    home.patch.setenv("COASTY_BASE_URL", "http://localhost:9/v1")
    code, _, err = home("status")
    assert code == 4
    assert "There is no API key" in err


def test_a_keyring_that_is_locked_is_said_in_a_sentence(home: Home) -> None:
    """With the environment as the way round it."""
    home.keyring.write_text("locked")
    code, _, err = home("login", typed=KEY)
    assert code == 2
    assert "could not be written to (KeyringLocked)" in err
    assert "COASTY_API_KEY" in err


def test_without_a_keyring_nothing_is_asked(home: Home) -> None:
    """Where none works, the environment is named before a key is typed in vain."""
    import keyring  # noqa: PLC0415 - see above
    from keyring.backends.fail import Keyring  # noqa: PLC0415

    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # keyring itself is not typed
    code, _, err = home("login", typed=KEY)
    assert code == 2
    assert "no keyring on this machine" in err
    assert home("status")[0] == 4


def test_the_key_is_not_echoed_at_a_terminal(home: Home) -> None:
    """Typed at the prompt, it is nowhere on the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PYTHON_KEYRING_BACKEND"] = "tests.keyring_in_a_file.FileKeyring"
        os.environ["PYTHONPATH"] = str(REPOSITORY)
        os.chdir(os.environ["HOME"])  # no module of the working directory is loaded
        os.execv(sys.executable, [sys.executable, "-m", "coasty_desk", "auth", "login"])  # noqa: S606 - no shell is wanted
    seen = b""
    while b"not shown" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, KEY.encode() + b"\n")
    while b"real money" not in seen:
        seen += os.read(terminal, 1000)
    os.close(terminal)
    os.waitpid(child, 0)
    assert KEY.encode() not in seen
    assert home.stored == {"coasty-desk/127.0.0.1": KEY}


@pytest.mark.parametrize(
    ("provider", "header"), [("anthropic", "x-api-key"), ("openai", "authorization"), ("chat", "authorization")]
)
def test_a_vendors_key_is_checked_and_stored_for_its_own_host(home: Home, provider: str, header: str) -> None:
    """By what costs nothing; the Coasty API's key is another."""
    stub = VendorStub(strict_rules.chat, (), get={"/models": {"data": []}})
    with stub.serving() as url:
        at = ("--provider", provider, "--base-url", url)
        code, out, err = home("login", *at, typed=f"{KEY}\n")
        assert (code, err) == (0, "")
        assert "a key that 127.0.0.1 takes" in out
        assert KEY in stub.headers[-1][header]
        assert home.stored == {"coasty-desk/127.0.0.1": KEY}
        assert "the keyring" in home("status", *at)[1]
        assert home("logout", *at)[0] == 0
    assert home.stored == {}
    code, _, err = home("login", "--provider", "offline")
    assert code == 2
    assert "has no key" in err
