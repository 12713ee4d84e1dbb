"""The client of the service's `/v1`: sessions, prices, retries; every step is paid for once.

`CoastyPredictor(connection, stop, run_id, …)` is the `core.ports.Predictor`; `Connection(url, key)`
with `ApiKey(text)` is what it speaks through; `Opened` and `Posted` are what a run that is taken up
again gives back to it. `check(key, url)` looks at the account. `Tariff`, `itemise`, `cheapest` and
`savings` are the prices.
"""

from coasty_desk.models.coasty.account import Account, check
from coasty_desk.models.coasty.api_key import BASE_URL, ApiKey, base_url
from coasty_desk.models.coasty.client import TASK_MAX, CoastyPredictor
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory, Outbox
from coasty_desk.models.coasty.pricing import Item, Saving, Tariff, cheapest, itemise, savings
from coasty_desk.wire.open_purchase import Opened, Posted

__all__ = [
    "BASE_URL",
    "TASK_MAX",
    "Account",
    "ApiKey",
    "CoastyPredictor",
    "Connection",
    "Item",
    "Memory",
    "Opened",
    "Outbox",
    "Posted",
    "Saving",
    "Tariff",
    "base_url",
    "cheapest",
    "check",
    "itemise",
    "savings",
]
