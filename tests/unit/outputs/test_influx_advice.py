"""What an operator reads when a write to InfluxDB fails: the cause and the fix."""

import pytest

from logshipper.outputs.influx_advice import of_answer, of_network, of_stranger, too_old


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "write http:// in urls"),
        ("certificate verify failed: self-signed certificate (_ssl.c:1006)", "set tls_ca to that certificate"),
        ("certificate verify failed: unable to get local issuer certificate", "set tls_ca to the authority's"),
        ("IP address mismatch, certificate is not valid for '127.0.0.1'", "a name in urls that the certificate has"),
        ("[Errno 111] Connection refused", "start the server"),
        ("[Errno -2] Name or service not known", "no such host"),
        ("Read timed out. (read timeout=5.0)", "raise timeout"),
        ("something nobody has seen", ""),
    ],
)
def test_a_network_error_has_its_fix(error: str, said: str) -> None:
    assert said in of_network(error)
    assert bool(of_network(error)) == bool(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('"ann" user is not authorized to write to database "logs"', 'GRANT WRITE ON "logs" TO "ann"'),
        ("retention policy not found: day", "correct retention_policy"),
        ('bucket "b" not found', "create the bucket"),
        ("unable to parse authentication credentials", "set username and password"),
        ("authorization failed", "check the token or the password"),
        ("Client sent an HTTP request to an HTTPS server.", "write https:// in urls"),
        ("partial write", ""),
    ],
)
def test_an_error_response_has_its_fix(answer: str, said: str) -> None:
    assert said in of_answer(answer)
    assert bool(of_answer(answer)) == bool(said)


def test_a_response_from_another_kind_of_server_is_recognised() -> None:
    assert "[[outputs.influxdb]] is for 1.x" in of_stranger(404, "/api/v2/write")
    assert "[[outputs.influxdb_v2]] is for 2.x" in of_stranger(404, "/write")
    assert "something other than InfluxDB" in of_stranger(405, "/write")


@pytest.mark.parametrize(
    ("reason", "count"),
    [
        ("partial write: points beyond retention policy dropped=5000", 5000),
        ("failure writing points to database: partial write: points beyond retention policy dropped=1", 1),
        ("partial write: max-values-per-tag limit exceeded (1/1): tag value dropped=3", 0),
        ("unable to parse 'dropped=3'", 0),
    ],
)
def test_points_that_are_too_old_are_counted(reason: str, count: int) -> None:
    assert too_old(reason) == count
