"""Who may ask, and what the service tells of itself."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from coasty_desk.core.errors import UsageError
from coasty_desk.server.api_keys import DEFAULT_SCOPES, SCOPES, ApiKeys, Seal
from coasty_desk.server.database import Database
from tests.server.served import Client, Served


def test_the_database_is_for_its_owner_alone_and_knows_its_versions(tmp_path: Path) -> None:
    """The database is for its owner alone and knows its versions."""
    path = tmp_path / "data" / "service.sqlite3"
    database = Database(path)
    database.upgrade("shop", ["CREATE TABLE shop (a TEXT)"])
    database.upgrade("shop", ["CREATE TABLE shop (a TEXT)", "ALTER TABLE shop ADD COLUMN b TEXT"])
    with database.transaction() as connection:
        connection.execute("INSERT INTO shop VALUES ('1', '2')")
    assert database.row("SELECT b FROM shop") == ("2",)
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(UsageError, match="later version"):
        database.upgrade("shop", ["CREATE TABLE shop (a TEXT)"])
    with pytest.raises(ZeroDivisionError):
        _delete_and_fail(database)
    assert database.row("SELECT count(*) FROM shop") == (1,)
    database.close()


def _delete_and_fail(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("DELETE FROM shop")
        raise ZeroDivisionError


_NO_ROOM = """
import resource, signal, sqlite3, sys
from pathlib import Path
from coasty_desk.server.database import Database
found = Database(Path(sys.argv[1]))
found.upgrade("things", ["CREATE TABLE things (content BLOB)"])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
failed = 0
for _ in range(20):
    try:
        with found.transaction() as connection:
            connection.execute("INSERT INTO things VALUES (zeroblob(50000))")
    except sqlite3.Error:
        failed += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
with found.transaction() as connection:
    connection.execute("INSERT INTO things VALUES ('there')")
print(failed > 5, found.row("SELECT count(*) + ? FROM things", (failed,))[0])
"""


def test_a_database_that_had_no_room_goes_on_once_there_is_some(tmp_path: Path) -> None:
    """What could not be written is not there, and nothing that was half written is in the way of the next."""
    command = [sys.executable, "-c", _NO_ROOM, str(tmp_path / "service.sqlite3")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "21"]


def test_what_is_free_is_answered_where_it_cannot_be_counted(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is said, and hinders nobody from looking and from making room."""
    with monkeypatch.context() as full:
        full.setattr("coasty_desk.server.usage_meter.counted_in", _no_room)
        assert here.client("GET", "/v1/keys").status == 200
        full.setattr("coasty_desk.server.api_keys.ApiKeys.make", _no_room)
        refused = here.client("POST", "/v1/keys", {"name": "n"})
    assert (refused.status, refused.code) == (503, "DB_UNAVAILABLE")
    assert "no room left on its disk" in refused.json["error"]["message"]


def _no_room(*_: object, **__: object) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE things (content)")


def test_a_file_that_is_no_database_and_a_link_are_refused_in_a_sentence(tmp_path: Path) -> None:
    """A file that is no database and a link are refused in a sentence."""
    (tmp_path / "text").write_text("no database at all, but a text that is long enough to be looked at" * 100)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("text", "link"):
        with pytest.raises(UsageError, match="cannot be used"):
            Database(tmp_path / name)
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_is_kept_as_its_hash_alone(tmp_path: Path) -> None:
    """A key is kept as its hash alone."""
    database = Database(tmp_path / "service.sqlite3")
    keys = ApiKeys(database)
    key, made = keys.make("reports", DEFAULT_SCOPES)
    assert len(key) == len("sk-coasty-test-") + 48
    assert made.prefix == key[:16]
    found = keys.of(key)
    assert found is not None
    assert found.scopes == frozenset(DEFAULT_SCOPES)
    assert not found.may("usage")
    assert found.may("terminal:exec")
    assert not found.may("terminal:exec", on_desktop=True)
    other, _ = keys.make("mine", SCOPES, this_desktop=True)
    mine = keys.of(other)
    assert mine is not None
    assert mine.may("terminal:exec", on_desktop=True)
    database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.encode() not in kept
    assert key[16:].encode() not in kept
    assert bytes.fromhex(key[15:]) not in kept


def test_what_is_sealed_opens_with_the_same_key_and_name_alone() -> None:
    """What is sealed opens with the same key and name alone."""
    seal, other = Seal(b"one"), Seal(b"another")
    hidden = seal.close("op_1", b"a webhook's secret")
    assert b"secret" not in hidden
    assert seal.open("op_1", hidden) == b"a webhook's secret"
    for key, name, kept in ((other, "op_1", hidden), (seal, "op_2", hidden), (seal, "op_1", hidden[:-1])):
        with pytest.raises(ValueError, match="not sealed"):
            key.open(name, kept)


def test_health_and_the_document_need_no_key(here: Served) -> None:
    """Health and the document need no key."""
    stranger = Client(here.client.port, "")
    assert stranger("GET", "/v1/health").json == {"status": "ok", "service": "coasty-desk", "api_version": "v1"}
    document = stranger("GET", "/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert "/v1/keys/{key_id}" in document["paths"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ""},
        {"X-API-Key": "sk-coasty-test-" + "0" * 48},
        {"X-API-Key": "", "Authorization": "Bearer nobody's"},
        {"X-API-Key": "", "Authorization": "Basic dXNlcjpwYXNz"},
    ],
)
def test_without_a_key_of_ours_nothing_is_answered(here: Served, headers: dict[str, str]) -> None:
    """Without a key of ours nothing is answered."""
    answer = here.client("GET", "/v1/keys", **headers)
    assert (answer.status, answer.code) == (401, "INVALID_API_KEY")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json["error"]["retryable"] is False


def test_either_header_takes_the_key_and_the_word_bearer_belongs_to_one(here: Served) -> None:
    """Either header takes the key and the word bearer belongs to one."""
    client, key = here.client, here.client.key
    assert client("GET", "/v1/keys", X_API_Key="", Authorization=f"Bearer {key}").status == 200
    assert client("GET", "/v1/keys", Authorization=f"Bearer {key}").status == 200
    assert client("GET", "/v1/keys", X_API_Key=f"Bearer {key}").status == 401
    assert client("GET", "/v1/keys", Authorization="Bearer sk-coasty-test-other").status == 401


def test_a_key_is_made_listed_used_and_deleted(here: Served) -> None:
    """A key is made listed used and deleted."""
    client = here.client
    made = client("POST", "/v1/keys", {"name": "reports", "scopes": ["usage"]}).json
    assert made["scopes"] == ["usage"]
    other = Client(client.port, made["key"])
    assert other("GET", "/v1/usage").status == 200
    refused = other("GET", "/v1/keys")
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE")
    assert refused.json["error"]["type"] == "forbidden"
    assert refused.json["error"]["required_scope"] == "keys"
    assert refused.json["error"]["current_scopes"] == ["usage"]
    listed = {key["key_id"]: key for key in client("GET", "/v1/keys").json["keys"]}[made["key_id"]]
    assert listed["key_prefix"] == made["key"][:16]
    assert listed["last_used_at"] is not None
    assert made["key"] not in client("GET", "/v1/keys").body.decode()
    assert client("DELETE", f"/v1/keys/{made['key_id']}").json["status"] == "ok"
    assert client("DELETE", f"/v1/keys/{made['key_id']}").status == 404
    assert other("GET", "/v1/usage").status == 401


def test_a_key_makes_none_that_may_do_more_than_itself(here: Served) -> None:
    """A key makes none that may do more than itself."""
    made = here.client("POST", "/v1/keys", {"name": "maker", "scopes": ["keys", "predict"]}).json
    maker = Client(here.client.port, made["key"])
    assert maker("POST", "/v1/keys", {"name": "a", "scopes": ["terminal:exec"]}).code == "INSUFFICIENT_SCOPE"
    assert maker("POST", "/v1/keys", {"name": "a", "this_desktop": True}).code == "INSUFFICIENT_SCOPE"
    assert maker("POST", "/v1/keys", {"name": "a"}).json["scopes"] == ["predict"]
    assert here.client("POST", "/v1/keys", {"name": "a", "this_desktop": True}).status == 403
    owner = Client(here.client.port, here.service.keys.owner_token)
    assert owner("POST", "/v1/keys", {"name": "a", "this_desktop": True}).json["this_desktop"] is True


def test_usage_adds_up(here: Served) -> None:
    """Usage adds up."""
    for _ in range(3):
        here.client("GET", "/v1/keys")
    here.client("GET", "/v1/idempotency/none")
    told = here.client("GET", "/v1/usage").json
    assert told["breakdown"]["listApiKeys"] == {"requests": 3, "credits": 0}
    assert "getIdempotencyResult" not in told["breakdown"]
    assert told["total_requests"] == sum(one["requests"] for one in told["breakdown"].values())
    assert here.client("GET", "/v1/usage?period=1999-01").json["total_requests"] == 0
    refused = here.client("GET", "/v1/usage?period=2026-13")
    assert (refused.status, refused.json["error"]["details"][0]["loc"]) == (422, ["query", "period"])
