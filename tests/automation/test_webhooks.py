"""Webhooks: signed as receivers check them, sent until they arrive, and never into this machine or its network unasked."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from coasty_desk.automation import webhook_outbox
from coasty_desk.automation.public_address import (
    ReceiverError,
    demand_no_private_figures,
    is_public,
    reachable,
    receiver,
)
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.webhook_outbox import Delivery, WebhookOutbox, delivery_id
from coasty_desk.automation.webhook_sender import HttpSend, NotArrivedError, WebhookSender
from coasty_desk.automation.webhook_signature import signature
from tests.automation.engines import PATIENCE
from tests.automation.receivers import (
    Receiving,
    checked_as_text,
    checked_by_parts,
    checked_by_place,
    checked_by_stripe,
    drip,
    receiving,
    silent,
    status,
)
from tests.models.transport.certificates import make_certificate

SECRET = "whsec_" + "0123456789abcdef" * 4
BODY = '{"event":"run.succeeded","run_id":"r1","note":"zażółć"}'.encode()


class Clock:
    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """It stands still until it is moved."""
    return Clock()


@pytest.fixture
def kept(place: Path | str) -> Iterator[Storage]:
    """On SQLite and on Postgres."""
    storage = Storage(place)
    yield storage
    storage.close()


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Storage]:
    """On SQLite alone."""
    storage = Storage(tmp_path / "kept.sqlite3")
    yield storage
    storage.close()


def put(storage: Storage, outbox: WebhookOutbox, run: str = "r1", event: str = "run.succeeded", url: str = "") -> str:
    """A delivery, in a transaction of its own."""
    with storage.transaction() as connection:
        return outbox.add(
            connection, run_id=run, event=event, url=url or "https://hooks.example/a?b=c", secret=SECRET, body=BODY
        )


@pytest.mark.parametrize(
    ("secret", "at", "body", "expected"),
    [
        (
            "whsec_test_secret_123",
            1750000000,
            b'{"event":"run.succeeded","run_id":"run_123","status":"succeeded"}',
            "5f70978eab52dbf5838da76e5eb6c6c465560ce8e746ed8e6113c159d8bbb2d4",
        ),
        (
            "whsec_other_secret_456",
            1750000300,
            b'{"event":"run.awaiting_human","run_id":"run_456","reason":"captcha"}',
            "844504f42b7498094a83cedd7e050fc2f7fa32593b0814cc514c4be52a932e63",
        ),
        (
            SECRET,
            1750000000,
            b'{"event":"order.placed","order_id":"123"}',
            "1113fb7e81974a6608ae4237dc0ebe1293b33144aca769a7ca4c0b1fdbe96067",
        ),
        (SECRET, 1750000000, b"", "56c834ea635e629f7c2e37951c58a1b075d757d260d531ad41ff199078bd1654"),
        (
            SECRET,
            1750000000,
            '{"n":"zażółć"}'.encode(),
            "060efcd80301f5619ed6f999184d134e7e57cc063c60879c4c184fd3839690b8",
        ),
    ],
)
def test_the_signature_is_the_one_that_is_published(secret: str, at: int, body: bytes, expected: str) -> None:
    """API.md §11, its five vectors."""
    assert signature(secret, body, at) == f"t={at},v1={expected}"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("::ffff:93.184.216.34", True),
        *(
            (each, False)
            for each in ("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254")
        ),
        *((each, False) for each in ("0.0.0.0", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1")),
        *((each, False) for each in ("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1")),
        *(
            (each, False)
            for each in ("ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")
        ),
        *((each, False) for each in ("2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "::7f00:1")),
    ],
)
def test_what_is_public_is_of_the_internet_alone(address: str, public: bool) -> None:  # noqa: FBT001 - a row of a table
    """Neither this machine nor its network, nor an address that only carries one of those."""
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://hooks.example/",
            "ftp://hooks.example/",
            "https:///x",
            "https://",
            "hooks.example",
            "",
            "https://a:b:c/",
        ),
        *("https://user@hooks.example/", "https://user:word@hooks.example/", "https://hooks.example:0/"),
        *(
            "https://hooks.example/ x",
            "https://hooks.example/\r\nX: y",
            "https://hooks.exämple/",
            "https://a/" + "x" * 2048,
        ),
    ],
)
def test_what_is_no_receiver_is_refused(url: str) -> None:
    """Before anything is looked up."""
    with pytest.raises(ReceiverError):
        receiver(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"])
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    """As the system itself reads it, and when it is asked for already."""
    there = receiver(f"https://{host}/")
    with pytest.raises((ReceiverError, OSError)):
        reachable(there, private=False)
    with pytest.raises(ReceiverError):
        demand_no_private_figures(there, private=False)
    for name in ("hooks.example", "93.184.216.34"):
        demand_no_private_figures(receiver(f"https://{name}/"), private=False)


def test_what_may_be_sent_to_besides_is_this_machine_and_its_network_and_no_more() -> None:
    """`--webhook-allow-private`; where a cloud keeps its machines' passwords is no receiver of anybody's."""
    there = receiver("http://hooks.example/", private=True)
    for address in ("127.0.0.1", "192.168.1.9", "::1", "fd12::1"):
        assert reachable(there, private=True, lookup=lambda *_, address=address: [address])
    for address in ("169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "93.184.216.34"):
        with pytest.raises(ReceiverError):
            reachable(there, private=True, lookup=lambda *_, address=address: [address])


def test_an_event_of_a_run_is_one_delivery_however_often_it_is_added(kept: Storage) -> None:
    """And another one is another."""
    outbox = WebhookOutbox(kept)
    first = put(kept, outbox)
    assert put(kept, outbox) == first
    assert put(kept, outbox, event="run.failed") != first
    assert delivery_id("r1", "run.awaiting_human", 2) != delivery_id("r1", "run.awaiting_human")
    assert len(outbox.of_run("r1")) == 2


def test_what_did_not_come_about_is_not_told(kept: Storage) -> None:
    """The outbox is written in the transaction that ends the run, or not at all."""
    outbox = WebhookOutbox(kept)

    def fail() -> None:
        with kept.transaction() as connection:
            outbox.add(connection, run_id="r", event="run.failed", url="https://a/", secret=SECRET, body=BODY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert outbox.take() is None


def test_what_does_not_arrive_is_sent_again_after_longer_and_longer_pauses_and_then_given_up(
    kept: Storage, clock: Clock
) -> None:
    """0 s, 10 s, 1 min, 10 min, 1 h, 6 h and a little: then neither its secret nor its body is kept."""
    outbox = WebhookOutbox(kept, clock=clock, jitter=lambda: 1.0)
    put(kept, outbox)
    pauses = []
    for number in range(1, 7):
        wait = outbox.until_next()
        assert wait is not None
        clock.now += wait - 0.5
        assert wait == 0 or outbox.take() is None, "not before its time"
        clock.now += 0.5
        pauses.append(round(wait, 3))
        delivery = outbox.take()
        assert delivery is not None
        assert (delivery.tries, delivery.body, delivery.secret) == (number, BODY, SECRET)
        outbox.settle(delivery, arrived=False, said="it answered 500")
    assert pauses == [0.0, 11.0, 66.0, 660.0, 3960.0, 23760.0]
    assert outbox.until_next() is None
    (told,) = outbox.of_run("r1")
    assert (told.tries, told.state, told.said) == (6, "given up", "it answered 500")
    with kept.reading() as connection:
        assert connection.exec_driver_sql("SELECT secret, body FROM deliveries").all() == [("", "")]


def test_no_two_send_one_delivery_at_once(kept: Storage) -> None:
    """Whoever asks, and however many."""
    outbox = WebhookOutbox(kept)
    ids = {put(kept, outbox, run=f"r{number}") for number in range(12)}
    taken: list[str] = []

    def take() -> None:
        while (delivery := outbox.take()) is not None:
            taken.append(delivery.id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 12
    assert set(taken) == ids


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of hooks.example."""
    return make_certificate(tmp_path, "DNS:hooks.example")


Sending = Callable[..., HttpSend]


@pytest.fixture
def sending(certificate: Path) -> Sending:
    """What sends to this machine, whatever the name, and trusts the certificate."""

    def make(
        *, private: bool = True, lookup: Callable[[str, int], Sequence[str]] | None = None, seconds: float = PATIENCE
    ) -> HttpSend:
        return HttpSend(
            private=private,
            lookup=lookup or (lambda *_: ["127.0.0.1"]),
            seconds=seconds,
            environment={"REQUESTS_CA_BUNDLE": str(certificate)},
        )

    return make


def to(server: Receiving, host: str = "hooks.example", scheme: str = "https") -> Delivery:
    """A delivery for it."""
    return Delivery("d1", "r1", "run.succeeded", f"{scheme}://{host}:{server.port}/a/b?c=d", SECRET, BODY, 1)


def test_a_receiver_gets_the_bytes_and_every_check_in_use_takes_them(sending: Sending, certificate: Path) -> None:
    """By its own name, at the path it named, signed now; and a byte more or less is refused."""
    with receiving(Receiving(), certificate) as server:
        assert sending()(to(server)) == "it answered 200"
    (got,) = server.got
    assert (got.path, got.body) == ("/a/b?c=d", BODY)
    assert got.headers["Host"] == f"hooks.example:{server.port}"
    assert got.headers["Content-Type"] == "application/json"
    assert (got.headers["Coasty-Event"], got.headers["Coasty-Delivery"]) == ("run.succeeded", "d1")
    header = got.headers["Coasty-Signature"]
    for check in (checked_by_parts, checked_by_place, checked_as_text, checked_by_stripe):
        assert check(got.body, header, SECRET, time.time())
        assert not check(got.body + b" ", header, SECRET, time.time())
        assert not check(got.body, header, SECRET + "x", time.time())


def test_a_redirect_is_an_answer_and_is_not_followed(sending: Sending, certificate: Path) -> None:
    """It would lead to an address that nobody has looked at."""
    with receiving(Receiving(), certificate) as elsewhere:
        answer = status(307, Location=f"https://hooks.example:{elsewhere.port}/")
        with (
            receiving(Receiving(answer), certificate) as server,
            pytest.raises(NotArrivedError, match="it answered 307"),
        ):
            sending()(to(server))
    assert elsewhere.got == []


@pytest.mark.parametrize("how", [silent, drip])
def test_a_receiver_that_hangs_or_drips_is_left(
    sending: Sending, certificate: Path, how: Callable[[Receiving], Callable[..., None]]
) -> None:
    """The time is that of the whole try, and not of each packet."""
    server = Receiving()
    server._answers = [how(server)]
    with receiving(server, certificate), pytest.raises(NotArrivedError, match="it did not answer in time"):
        sending(seconds=1.0)(to(server))


def test_a_name_that_leads_into_this_machine_is_not_connected_to(sending: Sending, certificate: Path) -> None:
    """Without the switch that allows it."""
    with receiving(Receiving(), certificate) as server, pytest.raises(NotArrivedError, match="not public"):
        sending(private=False)(to(server))
    assert server.got == []


def test_a_name_is_asked_for_once_and_what_it_said_is_connected_to(sending: Sending, certificate: Path) -> None:
    """One that says something public when it is checked and something else when it is called is called at what was checked."""
    asked: list[str] = []

    def lookup(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiving(Receiving(), certificate) as server:
        sending(lookup=lookup)(to(server))  # a name that the system itself does not know
    assert asked == ["hooks.example"]
    assert len(server.got) == 1


def test_of_the_addresses_of_a_name_only_those_that_may_be_are_tried() -> None:
    """A receiver that names a public one and one of ours gets nothing to ours."""
    found = reachable(receiver("https://a/"), private=False, lookup=lambda *_: ["127.0.0.1", "93.184.216.34", "::1"])
    assert [str(each) for each in found] == ["93.184.216.34"]


def test_a_receiver_without_the_names_certificate_gets_nothing(sending: Sending, certificate: Path) -> None:
    """Whoever answers at the address is not who was meant."""
    with receiving(Receiving(), certificate) as server, pytest.raises(NotArrivedError, match="certificate"):
        sending()(to(server, host="other.example"))
    assert server.got == []


def test_without_encryption_nothing_leaves_for_the_internet(sending: Sending) -> None:
    """`http` is for a receiver on this machine, and for no other."""
    with receiving(Receiving()) as server:
        assert sending()(to(server, scheme="http")) == "it answered 200"
        with pytest.raises(NotArrivedError, match="not https"):
            sending(lookup=lambda *_: ["93.184.216.34"])(to(server, scheme="http"))
        with pytest.raises(NotArrivedError, match="not https"):
            sending(private=False)(to(server, scheme="http"))
    assert len(server.got) == 1


def test_a_name_that_leads_nowhere_is_a_try_in_vain(sending: Sending) -> None:
    """As is an address at which nobody listens."""

    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(host)

    with pytest.raises(NotArrivedError, match="leads nowhere"):
        sending(lookup=nowhere)(Delivery("d1", "r1", "run.failed", "https://hooks.example/", SECRET, BODY, 1))
    with receiving(Receiving()) as server:
        pass
    with pytest.raises(NotArrivedError, match="cannot be reached"):
        sending()(to(server))


@pytest.fixture
def senders() -> Iterator[Callable[[WebhookSender], WebhookSender]]:
    """Begun, and closed at the end."""
    begun: list[WebhookSender] = []

    def begin(sender: WebhookSender) -> WebhookSender:
        begun.append(sender)
        sender.begin()
        return sender

    yield begin
    for sender in begun:
        sender.close()


Begin = Callable[[WebhookSender], WebhookSender]


def settled(outbox: WebhookOutbox, run: str, state: str) -> None:
    """Wait until that is what became of the run's first delivery."""
    last = time.monotonic() + PATIENCE
    while (found := outbox.of_run(run)[0]).state != state:
        assert time.monotonic() < last, found
        time.sleep(0.01)


def test_a_receiver_that_fails_is_told_again_by_the_same_id_until_it_takes_it(
    on_disk: Storage, sending: Sending, certificate: Path, senders: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes each time, and then no more."""
    monkeypatch.setattr(webhook_outbox, "PAUSES", (0.0,) * 6)
    outbox = WebhookOutbox(on_disk)
    with receiving(Receiving(status(500), status(302), status(204)), certificate) as server:
        delivery = put(on_disk, outbox, url=to(server).url)
        senders(WebhookSender(outbox, sending()))
        settled(outbox, "r1", "delivered")
    assert [got.headers["Coasty-Delivery"] for got in server.got] == [delivery] * 3
    assert {got.body for got in server.got} == {BODY}
    assert outbox.of_run("r1")[0].tries == 3


def test_one_that_hangs_does_not_hold_up_the_others(on_disk: Storage, senders: Begin) -> None:
    """Each try has a thread of its own."""
    leave = threading.Event()

    def send(delivery: Delivery) -> str:
        if delivery.run_id == "slow":
            leave.wait(PATIENCE)
        return "it answered 200"

    outbox = WebhookOutbox(on_disk)
    put(on_disk, outbox, run="slow")
    sender = senders(WebhookSender(outbox, send))
    put(on_disk, outbox, run="quick")
    sender.wake()
    settled(outbox, "quick", "delivered")
    assert outbox.of_run("slow")[0].state == "sending"
    leave.set()
    settled(outbox, "slow", "delivered")


def test_a_try_that_was_cut_off_is_made_again_by_the_same_id(kept: Storage, senders: Begin) -> None:
    """Killed before it was sent or after: at least once, and a receiver knows it again."""
    outbox = WebhookOutbox(kept)
    delivery = put(kept, outbox)
    cut_off = outbox.take()
    assert cut_off is not None
    sent: list[str] = []

    def send(delivery: Delivery) -> str:
        sent.append(delivery.id)
        return "it answered 200"

    senders(WebhookSender(outbox, send))
    settled(outbox, "r1", "delivered")
    assert sent == [cut_off.id] == [delivery]
    outbox.settle(cut_off, arrived=False, said="late")
    assert outbox.of_run("r1")[0].state == "delivered", "who was cut off has no say any more"


def test_a_fault_of_our_own_is_a_try_in_vain_and_no_end_of_the_sending(on_disk: Storage, senders: Begin) -> None:
    """Nothing that one delivery does keeps another from being sent."""

    def send(delivery: Delivery) -> str:
        if delivery.run_id == "bad":
            raise ZeroDivisionError
        return "it answered 200"

    outbox = WebhookOutbox(on_disk)
    put(on_disk, outbox, run="bad")
    put(on_disk, outbox, run="good")
    senders(WebhookSender(outbox, send))
    settled(outbox, "good", "delivered")
    settled(outbox, "bad", "waiting")
    assert outbox.of_run("bad")[0].said == "it failed here (ZeroDivisionError)"
