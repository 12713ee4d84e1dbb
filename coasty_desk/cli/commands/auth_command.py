"""`coasty-desk auth`: the API key in the system's keyring."""

from __future__ import annotations

import getpass
import json
import os
import sys

from msgspec.structs import asdict, replace

from coasty_desk import settings
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.models.coasty import account, stored_key
from coasty_desk.models.coasty.account import Account
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.settings import KEY_VARIABLE

app = group("The API key in the system's keyring.")


@app.command()
def login() -> int:
    """Ask for the API key without showing it, check it against the service, and store it in the keyring.

    It is read from stdin where that is no terminal; never from the command line, which others can see.
    """
    url = _url()
    keyring = stored_key.works()
    key = ApiKey(_asked(stored_key.host(url))).text
    told = account.check(key, url)
    stored_key.store(key, url)
    print(f"Stored in {keyring}: {_words(told)}.")
    if os.environ.get(KEY_VARIABLE, "").strip():
        print(f"{KEY_VARIABLE} is set as well, and comes first as long as it is.")
    return 0


@app.command()
def status(as_json: Json = False) -> int:
    """Say which key is used, and whether the service takes it."""
    url = _url()
    key, origin = find(url)
    told, note = account.check(key, url), ""
    if told.cents_left is None:
        told, note = _with_balance(told, key, url)
    if as_json:
        known = {name: value for name, value in asdict(told).items() if name != "versions"}
        print(json.dumps({"origin": origin, **known, "note": note or None}, indent=2))
    else:
        print(f"From {origin}: {_words(told)}.")
        if note:
            print(note)
    return 0


def _with_balance(told: Account, key: str, url: str) -> tuple[Account, str]:
    """The account with what is left in the wallet, or a sentence that says why that is not known: few keys may ask."""
    try:
        return replace(told, cents_left=account.balance(key, url)), ""
    except ServiceError as error:
        if error.code == "INSUFFICIENT_SCOPE":
            return told, "What is left in the wallet is not known: the key lacks the scope usage."
        return told, f"What is left in the wallet is not known: {line(error.message)}"


@app.command()
def logout() -> int:
    """Take the key out of the keyring."""
    url = _url()
    there = stored_key.forget(url)
    host = stored_key.host(url)
    print(f"The key for {host} is out of the keyring." if there else f"The keyring has no key for {host}.")
    if os.environ.get(KEY_VARIABLE, "").strip():
        print(f"{KEY_VARIABLE} is set in this environment, and stays.")
    return 0


def find(url: str) -> tuple[str, str]:
    """The key in force and where it is from; empty where there is none. Raises UsageError where the keyring is shut."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    return (key, f"the environment ({KEY_VARIABLE})") if key else (stored_key.read(url), "the keyring")


def _url() -> str:
    return settings.load({}, os.environ, [])[0].base_url


def _asked(host: str) -> str:
    """From the terminal without echo, or the first line of what is piped in."""
    if sys.stdin is not None and sys.stdin.isatty():
        try:
            return getpass.getpass(f"API key for {host} (it is not shown): ")
        except EOFError:
            return ""
    if sys.stdin is None:
        message = "There is no terminal to ask for the key."
        raise UsageError(message, "Pipe it in: coasty-desk auth login < FILE.")
    return sys.stdin.readline(10_000)


def _words(told: Account) -> str:
    bills = "costs real money" if told.bills else "never costs anything"
    left = "" if told.cents_left is None else f", {dollars(from_cents(told.cents_left))} left"
    kind = f"a {told.kind} key" if told.kind != "unknown" else "a key"
    return f"{kind} that {told.host} takes and that {bills}{left}"
