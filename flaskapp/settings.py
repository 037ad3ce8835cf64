"""Settings of the application: defaults, the environment, and the values they accept.

Each setting is read from the environment with the prefix FLASKAPP_ (FLASKAPP_WAIT_SCALE=0.1), by Flask's own
`from_prefixed_env`, and can be passed to `create_app` without the prefix.
"""

from collections.abc import Mapping

from flask import Config

# Multiplies the waits of the slow routes: 0.01 waits a hundredth of the time, 0 does not wait.
WAIT_SCALE = 1.0
# The fraction of /simulate_error's answers that are errors, 0 to 1.
ERROR_PROBABILITY = 0.2


def load(config: Config, given: Mapping[str, object]) -> None:
    """Put the settings into `config`; a ValueError of one line for a value that is not accepted."""
    config.from_mapping(WAIT_SCALE=WAIT_SCALE, ERROR_PROBABILITY=ERROR_PROBABILITY)
    config.from_prefixed_env("FLASKAPP")
    config.from_mapping(given)
    config["WAIT_SCALE"] = _number(config, "WAIT_SCALE", most=1000.0)
    config["ERROR_PROBABILITY"] = _number(config, "ERROR_PROBABILITY", most=1.0)


def _number(config: Config, name: str, most: float) -> float:
    """Return the setting as a number from 0 to `most`."""
    value = config[name]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= most:
        raise ValueError(f"{name} is {value!r}; it must be a number from 0 to {most:g} (FLASKAPP_{name})")
    return number
