"""What a value is, by its name: a credential, an address, a user, a URL. Logs and patterns call each many names."""

import re
from typing import Literal

Role = Literal["credential", "address", "user", "url", "query", "text", ""]

_CREDENTIALS = re.compile(
    r".*(?:cookies?|authori[sz]ation|apikey|passw(?:or)?d|secret|sess(?:ion)?id"
    r"|(?:auth|access|csrf|xsrf|refresh|session|bearer|security)token)|(?:var)?(?:http)?x?(?:token|jwt)"
)
_ADDRESSES = re.compile(
    r".*(?:addr|address|forwardedfor|realip|clientip|remoteip|sourceip|userip|connectingip)|ip|client|remote(?:host)?"
    r"|clienthost|peer|forwarded|xff"
)
_USERS = re.compile(r".*(?:user|username|login)|userid|auth|ident|logname|(?:user)?email")
_URLS = re.compile(r".*(?:ur[il].*|path|referr?er)|request(?:line|target)?|target|location")
_QUERIES = re.compile(r".*querystring|query|(?:request)?args")
# The texts of uWSGI's line that hold nothing private, and what clients send as their name: its versions look like
# addresses.
_PLAIN = ("coreInfo", "timestamp", "method", "agent", "user_agent", "useragent", "httpVer", "httpHost")


def role_of(field: str) -> Role:
    """Return the role of a field or tag: "text" for any other text, "" for one that is never private."""
    if field in _PLAIN:
        return ""
    name = re.sub(r"[^a-z0-9]", "", field.lower())
    roles: tuple[tuple[Role, re.Pattern[str]], ...] = (
        ("credential", _CREDENTIALS), ("address", _ADDRESSES), ("user", _USERS), ("query", _QUERIES), ("url", _URLS),
    )  # fmt: skip
    return next((role for role, names in roles if names.fullmatch(name)), "text")
