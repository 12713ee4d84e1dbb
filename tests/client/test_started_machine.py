"""A machine that was started for a run, for as long as that goes on."""

from __future__ import annotations

import json

from coasty_desk.client import started_machine
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from tests.stub_machines import MachineService
from tests.stub_service import SANDBOX_KEY, serving


def test_a_machine_is_given_its_time_again_while_the_run_goes_on() -> None:
    """However long that takes; nothing is set any more once it is over."""
    service = MachineService()
    service.add()
    with serving(service) as url:
        client = ServiceClient(Connection(url, ApiKey(SANDBOX_KEY)))

        def given() -> list[int]:
            return [json.loads(request.body)["ttl_minutes"] for request in service.requests]

        with started_machine.kept_alive(client, "mch_test_00000001", 100, again=0.01), service.arrived:
            assert service.arrived.wait_for(lambda: len(service.requests) > 3, 60)
        after = len(service.requests)
        assert set(given()) == {100}
        assert service.machines["mch_test_00000001"].ttl == 100
        assert len(service.requests) == after


def test_a_deadline_counts_and_no_time_is_longer_than_is_taken() -> None:
    """In minutes, a day beside the run's own time."""
    assert started_machine.minutes(None) == 1440
    assert started_machine.minutes(61) == 1442
    assert started_machine.minutes(10_000_000) == 10_080
