"""The metrics on an address of their own."""

import pytest

from flaskapp.exporter import parse


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        (":8000", ("0.0.0.0", 8000)),
        ("[::1]:9", ("::1", 9)),
        ("flask_app:8000", ("flask_app", 8000)),
    ],
)
def test_an_address_is_host_and_port(address: str, meant: tuple[str, int]) -> None:
    assert parse(address) == meant


@pytest.mark.parametrize("address", ["8000", "127.0.0.1:", "host:http", "host:70000", "host:0"])
def test_an_invalid_address_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(ValueError, match=r"METRICS_ADDRESS is '.*'; it must be host:port, such as"):
        parse(address)
