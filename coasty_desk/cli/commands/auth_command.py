"""`coasty-desk auth`: the API key in the system's keyring."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec.structs import asdict, replace

from coasty_desk import lifetimes, merged_settings, settings
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty import account
from coasty_desk.models.coasty.account import Account
from coasty_desk.models.coasty.api_key import ApiKey, host
from coasty_desk.models.transport import stored_key
from coasty_desk.models.vendor_model import VendorModel, stored
from coasty_desk.settings import KEY_VARIABLE, Settings

app = group("The API key in the system's keyring.")


@app.command(epilog="Example:  coasty-desk auth login --provider anthropic")
@with_settings("provider", "base_url", provider="Whose key. [coasty]")
def login(options: Options) -> int:
    """Ask for the API key without showing it, check it against the service, and store it in the keyring.

    It is read from stdin where that is no terminal; never from the command line, which others can see.
    """
    if found := _vendor(options):
        return _login_at(*found)
    url = _url()
    keyring = stored_key.works()
    key = ApiKey(_asked(host(url))).text
    told = account.check(key, url)
    stored_key.store(key, host(url))
    print(f"Stored in {keyring}: {_words(told)}.")
    if os.environ.get(KEY_VARIABLE, "").strip():
        print(f"{KEY_VARIABLE} is set as well, and comes first as long as it is.")
    return 0


def _vendor(options: Mapping[str, object]) -> tuple[VendorModel, Settings] | None:
    """The vendor's model that is named, and its settings; None for the Coasty API. Raises UsageError for one without keys."""
    chosen, _ = merged_settings.load(options, os.environ, [])
    model = lifetimes.model(chosen.provider)
    if isinstance(model, VendorModel):
        return model, chosen
    if chosen.provider != Settings().provider:
        message = f"The provider {chosen.provider} has no key."
        raise UsageError(message, "Leave --provider out, or name one that has.")
    return None


def _login_at(model: VendorModel, chosen: Settings) -> int:
    at = urlsplit(model.url(chosen)).hostname or ""
    keyring = stored_key.works()
    key = model.demanded(_asked(at).strip(), model.url(chosen))
    stored_key.store(key, model.check(chosen, key, Stop()))
    print(f"Stored in {keyring}: a key that {at} takes.")
    variable = model.variable(model.url(chosen))
    if variable and os.environ.get(variable, "").strip():
        print(f"{variable} is set as well, and comes first as long as it is.")
    return 0


def _status_at(model: VendorModel, chosen: Settings, *, as_json: bool) -> int:
    url = model.url(chosen)
    variable = model.variable(url)
    key = os.environ.get(variable, "").strip() if variable else ""
    origin = f"the environment ({variable})" if key else "the keyring"
    key = key or stored(url)
    if not key:
        model.key(chosen, {})  # which says that there is none, where one is needed
        print(f"There is no key for {urlsplit(url).hostname}, and none may be needed.")
        return 0
    host = model.check(chosen, key, Stop())
    print(
        json.dumps({"origin": origin, "host": host}, indent=2)
        if as_json
        else f"From {origin}: a key that {host} takes."
    )
    return 0


@app.command(epilog="Example:  coasty-desk auth status")
@with_settings("provider", "base_url", provider="Whose key. [coasty]")
def status(options: Options, as_json: Json = False) -> int:
    """Say which key is used, and whether the service takes it."""
    if found := _vendor(options):
        return _status_at(*found, as_json=as_json)
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


@app.command(epilog="Example:  coasty-desk auth logout --provider anthropic")
@with_settings("provider", "base_url", provider="Whose key. [coasty]")
def logout(options: Options) -> int:
    """Take the key out of the keyring."""
    found, url = _vendor(options), _url()
    at = (urlsplit(found[0].url(found[1])).hostname or "") if found else host(url)
    variable = found[0].variable(found[0].url(found[1])) if found else KEY_VARIABLE
    there = stored_key.forget(at)
    print(f"The key for {at} is out of the keyring." if there else f"The keyring has no key for {at}.")
    if variable and os.environ.get(variable, "").strip():
        print(f"{variable} is set in this environment, and stays.")
    return 0


def find(url: str) -> tuple[str, str]:
    """The key in force and where it is from; empty where there is none. Raises UsageError where the keyring is shut."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    return (key, f"the environment ({KEY_VARIABLE})") if key else (stored_key.read(host(url)), "the keyring")


def _url() -> str:
    return merged_settings.load({}, os.environ, [])[0].base_url or settings.BASE_URL


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
