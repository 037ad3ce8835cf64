"""Writes a configuration's `RequestLog` as TOML settings."""

from logshipper.uwsgi.logformat import RequestLog


def whole_settings(log: RequestLog) -> str:
    """Return a settings file that every command takes as it is."""
    files = ", ".join(map(toml_string, log.files)) or '"/var/log/uwsgi/app.log"'
    lines = ["[[inputs.tail]]", f"  files = [{files}]", "  from_beginning = true"]
    lines += [f"  {line}" for line in format_settings(log)]
    return "\n".join([*lines, "", "[[outputs.sqlite]]", '  path = "requests.db"'])


def format_settings(log: RequestLog) -> list[str]:
    """Return the settings that say how to read a line."""
    lines = [
        f'data_format = "{log.data_format}"',
        f"grok_patterns = [{', '.join(map(toml_string, log.patterns))}]",
    ]
    if log.custom_patterns:
        lines.append(f"grok_custom_patterns = {toml_string(log.custom_patterns)}")
    keys = {"message_key": log.message_key, "time_key": log.time_key, "time_format": log.time_format}
    return lines + [f"json_{name} = {toml_string(value)}" for name, value in keys.items() if value]


def toml_string(text: str) -> str:
    """Return a TOML string: if possible a literal one, in which a backslash is a backslash."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
