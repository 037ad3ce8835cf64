"""Prefixes as line protocol."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from logshipper import line_protocol
from logshipper.parse.prefix_cache import PLACEHOLDER, PrefixCache


class TextPrefixes(PrefixCache[str]):
    """Prefixes as line protocol, such as `uwsgi_log,method=GET,uri=/ query="a=1",`."""

    __slots__ = ()

    def written(self, name: str, tags: Mapping[str, str], fields: Mapping[str, str]) -> str:
        """See `PrefixCache`."""
        keep_tag, keep_field = self.rules.keep_tag, self.rules.keep_field
        labels = "".join(
            [
                (_label if tag == "uri" else _common_label)(tag, tags[tag])
                for tag in sorted(tags)
                if tags[tag] and keep_tag(tag)
            ]
        )
        texts = "".join(
            f'{line_protocol.key(label)}="{line_protocol.string(text)}",'
            for label, text in fields.items()
            if text and keep_field(label)
        )
        return f"{line_protocol.measurement(name)}{labels} {texts}"

    def with_field(self, prefix: str, field: str, text: str) -> str:
        """See `PrefixCache`."""
        return f'{prefix}{field}="{line_protocol.string(text)}",'

    def split(self, prefix: str, count: int) -> Sequence[str]:
        """See `PrefixCache`."""
        parts = prefix.split(PLACEHOLDER)
        return parts if len(parts) == 1 + count else []

    def filled(self, frame: Sequence[str], uri: str, carried: bool) -> str:
        """See `PrefixCache`."""
        return (line_protocol.tag(uri) if carried else line_protocol.string(uri)).join(frame)


def _label(tag: str, value: str) -> str:
    return f",{line_protocol.key(tag)}={line_protocol.tag(value)}"


# All tags but the uri have few values, and each appears in many prefixes.
_common_label = lru_cache(maxsize=1024)(_label)
