"""The role of a value, whatever its name in a log or pattern."""

import pytest

from logshipper.parse.roles import role_of

ROLES = {
    "credential": (
        "var_HTTP_COOKIE", "cookie", "set-cookie", "cookies", "Authorization", "var_HTTP_AUTHORIZATION",
        "http_x_api_key", "proxy-authorization", "x-auth-token", "token", "jwt", "password", "client_secret",
        "session_id", "PHPSESSID",
    ),
    "address": (
        "remoteAddr", "remote_addr", "remote_ip", "client_ip", "clientip", "client", "ip", "REMOTE_ADDR",
        "var_REMOTE_ADDR", "http_x_forwarded_for", "forwardedFor", "var_HTTP_X_FORWARDED_FOR", "realIp", "x-real-ip",
        "cf-connecting-ip", "peer", "req_client_ip",
    ),
    "user": ("remoteUser", "remote_user", "user", "login", "username", "auth", "ident", "REMOTE_USER", "user_email"),
    "url": ("referer", "referrer", "http_referer", "request", "uri", "request_uri", "url", "path", "full_path"),
    "query": ("query", "query_string", "var_QUERY_STRING", "args", "queryString"),
    "text": ("message", "errormsg", "trace", "country", "code", "key", "session", "tokens_used"),
    "": ("coreInfo", "timestamp", "method", "agent"),
}  # fmt: skip


@pytest.mark.parametrize(("field", "role"), [(name, role) for role, names in ROLES.items() for name in names])
def test_the_name_of_a_value_determines_its_role(field: str, role: str) -> None:
    assert role_of(field) == role
