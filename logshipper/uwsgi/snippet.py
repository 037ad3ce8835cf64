"""Writes a configuration's `RequestLog` as TOML settings."""

from logshipper.uwsgi.logformat import RequestLog
from logshipper.uwsgi.variables import Variable

_JSON_TIMES = {
    "ts-epoch": "unix", "ts-epochmilli": "unix_ms", 'ts-"unix_us"': "unix_us", "ts-ansic": "ANSIC",
    "ts-httpd": "02/Jan/2006:15:04:05 -0700",
}  # fmt: skip


def input_settings(log: RequestLog) -> str:
    """Return a whole `[[inputs.tail]]`."""
    files = ", ".join(map(toml_string, log.files)) or '"/var/log/uwsgi/app.log"'
    lines = ["[[inputs.tail]]", f"  files = [{files}]", "  from_beginning = true"]
    lines += [f"  {line}" for line in format_settings(log)]
    return "\n".join(lines)


def format_settings(log: RequestLog) -> list[str]:
    """Return the settings that say how to read a line."""
    lines = [f'data_format = "{log.data_format}"']
    if log.patterns:
        lines.append(f"grok_patterns = [{', '.join(map(toml_string, log.patterns))}]")
    if log.custom_patterns:
        lines.append(f"grok_custom_patterns = {toml_string(log.custom_patterns)}")
    return lines + _json_settings(log.json_keys) if log.json_keys else lines


def _json_settings(keys: tuple[tuple[str, Variable], ...]) -> list[str]:
    times = sorted((one.rank, key, one) for key, one in keys if one.time)
    time_key = times[0][1] if times else ""
    kinds = {key: _kind(one) for key, one in keys if key != time_key}
    lines = [
        f"{name} = [{', '.join(toml_string(key) for key, kind in kinds.items() if kind == wanted)}]"
        for name, wanted in (("tag_keys", "tag"), ("json_string_fields", "string"), ("json_integer_fields", "int"))
        if wanted in kinds.values()
    ]
    if times:
        time = times[0][2].time
        lines.append(f"json_time_key = {toml_string(time_key)}")
        lines.append(f"json_time_format = {toml_string(_JSON_TIMES.get(time, time[4:-1]))}")
    return lines


def _kind(one: Variable) -> str:
    return "string" if one.field == "httpVer" else one.modifier or "string"


def toml_string(text: str) -> str:
    """Return a TOML string: if possible a literal one, in which a backslash is a backslash."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
