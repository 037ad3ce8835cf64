"""What is wrong with the state at the moment, said once when it begins and once when it is over."""

import logging

log = logging.getLogger(__name__)


class LogOnce:
    """The alarms of one pipeline, by what they are about: "checkpoint", "quarantine"."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._texts: dict[str, str] = {}

    def sound(self, about: str, text: str) -> None:
        """Say what is wrong, unless it was said already."""
        if self._texts.get(about) != text:
            log.error("%s: %s", self.name, text)
        self._texts[about] = text

    def clear(self, about: str) -> None:
        """Say that it is over."""
        if self._texts.pop(about, ""):
            log.warning("%s: the %s can be written again", self.name, about)

    def __bool__(self) -> bool:
        return bool(self._texts)
