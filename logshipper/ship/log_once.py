"""Problems that last, logged once when they start and once when they are over."""

import logging

log = logging.getLogger(__name__)


class LogOnce:
    """The present problems of one pipeline, by subject: "checkpoint", "quarantine"."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._texts: dict[str, str] = {}

    def error(self, subject: str, text: str) -> None:
        """Log a problem, unless it is the one that was logged last."""
        if self._texts.get(subject) != text:
            log.error("%s: %s", self.name, text)
        self._texts[subject] = text

    def clear(self, subject: str) -> None:
        """Log that the problem, if there was one, is over."""
        if self._texts.pop(subject, ""):
            log.warning("%s: the %s can be written again", self.name, subject)

    def texts(self) -> list[str]:
        """Return the present problems."""
        return list(self._texts.values())

    def __bool__(self) -> bool:
        return bool(self._texts)
