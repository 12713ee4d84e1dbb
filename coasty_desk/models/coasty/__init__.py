"""The client of the service's `/v1`: sessions, prices, retries; every step is paid for once.

`client.CoastyPredictor(connection, stop, run_id, …)` is the `core.ports.Predictor`; `http.Connection(url, key)`
with `api_key.ApiKey(text)` is what it speaks through; `Opened` and `Posted` of `wire.open_purchase` are what a run
that is taken up again gives back to it. `account.check(key, url)` looks at the account; `pricing` has the prices.
"""
