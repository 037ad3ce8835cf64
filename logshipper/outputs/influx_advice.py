"""What a failed write to InfluxDB probably means, and the fix, in words: an operator reads this at night."""

import re
from collections.abc import Sequence

# A part of the error, as the network, the TLS library or the server words it -> cause and fix.
_CAUSES: Sequence[tuple[str, str]] = (
    ("WRONG_VERSION_NUMBER", "the server speaks plain HTTP here: write http:// in urls"),
    ("record layer failure", "the server speaks plain HTTP here: write http:// in urls"),
    ("HTTP request to an HTTPS server", "the server wants TLS: write https:// in urls"),
    ("HTTP request was sent to HTTPS port", "the server wants TLS: write https:// in urls"),
    ("unable to get local issuer certificate", "its authority is not known: set tls_ca to the authority's certificate"),
    ("self-signed certificate", "its certificate is not known: set tls_ca to that certificate"),
    ("self signed certificate", "its certificate is not known: set tls_ca to that certificate"),
    ("certificate has expired", "renew the server's certificate"),
    ("certificate is not valid for", "write a name in urls that the certificate has"),
    ("doesn't match", "write a name in urls that the certificate has"),
    ("certificate required", "the server wants a client certificate: set tls_cert and tls_key"),
    ("Connection refused", "nothing listens there: start the server, or correct host and port in urls"),
    ("Name or service not known", "no such host: correct its name in urls"),
    ("Temporary failure in name resolution", "the host's name cannot be resolved now: check it, and the DNS"),
    ("No route to host", "there is no route to it: check the address and the firewall"),
    ("Network is unreachable", "there is no route to it: check the address and the firewall"),
    ("timed out", "no answer in time: check that the server is up, or raise timeout"),
    ("Connection reset by peer", "it hung up: is this InfluxDB's port, and http or https right?"),
    ("BadStatusLine", "this is not an HTTP server: correct the port in urls"),
    ("Remote end closed connection", "it hung up: is this InfluxDB's port, and http or https right?"),
)
# The same for what InfluxDB itself says.
_ANSWERS: Sequence[tuple[str, str]] = (
    (r'"?(?P<user>[^"]*)"? user is not authorized to write to database "?(?P<db>[^"]*)"?',
     'GRANT WRITE ON "{db}" TO "{user}"'),
    (r"retention policy not found: (?P<name>.*)",
     "correct retention_policy, or leave it out for the database's default"),
    (r'bucket "?(?P<name>[^"]*)"? not found', "create the bucket, or correct it and the organization"),
    (r'organization name "?(?P<name>[^"]*)"? not found', "correct organization"),
    (r"unable to parse authentication credentials", "the server wants a user: set username and password"),
    (r"authorization failed|user not found|unauthorized", "check the token or the password and its rights"),
)  # fmt: skip

_TOO_OLD = re.compile(r"points beyond retention policy dropped=(\d{1,9})\b")


def of_network(error: str) -> str:
    """Return what an error of the network means, with the fix; "" if it says all there is to say."""
    return next((advice for part, advice in _CAUSES if part in error), "")


def of_answer(text: str) -> str:
    """Return the fix for an error message of InfluxDB, "" for one that nothing is known of."""
    for expression, advice in _ANSWERS:
        if found := re.search(expression, text):
            return advice.format(**found.groupdict())
    return of_network(text)


def of_stranger(status: int, path: str) -> str:
    """Return what it means that a write's path is unknown to a server, or that something else answers."""
    if status == 404:
        other = "[[outputs.influxdb]] is for 1.x" if "/api/v2" in path else "[[outputs.influxdb_v2]] is for 2.x and 3.x"
        return f"no InfluxDB that knows {path} answers there: {other}; check host and port too"
    return "something other than InfluxDB answers there: correct host and port in urls"


def too_old(reason: str) -> int:
    """Return how many points of a write the server refused because it no longer keeps their time.

    A log from before the retention has only such points: finding each of them by halving the write takes far longer.
    """
    found = _TOO_OLD.search(reason)
    return int(found[1]) if found else 0
