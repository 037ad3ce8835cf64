"""Files whose content is no text, whatever their names say: packed ones, archives, UTF-16, databases."""

import re
from collections.abc import Callable

from logshipper.errors import UserError

# As many bytes as these signs need; tar's is at 257.
HEAD_BYTES = 512
_SIGNS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"\x1f\x8b\x08"), "compressed with gzip", "rename it to {name}.gz"),
    (re.compile(rb"BZh[1-9]1AY&SY"), "compressed with bzip2", "rename it to {name}.bz2"),
    (re.compile(rb"\xfd7zXZ\x00"), "compressed with xz", "rename it to {name}.xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "compressed with zstd", "unpack it: zstd -d {name}"),
    (re.compile(rb"\x04\x22\x4d\x18"), "compressed with lz4", "unpack it: lz4 -d {name}"),
    (re.compile(rb"\x1f\x9d"), "compressed with compress", "unpack it: uncompress {name}"),
    (re.compile(rb"PK\x03\x04"), "a zip archive", "unpack it: unzip {name}"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it: 7z x {name}"),
    (re.compile(rb"(?s:.{257})ustar"), "a tar archive", "unpack it: tar -xf {name}"),
    (
        re.compile(rb"\xff\xfe(?s:.\x00){2}|\xfe\xff(?s:\x00.){2}|(?s:[\t\n\r -~]\x00){8}|(?s:\x00[\t\n\r -~]){8}"),
        "UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8 {name}",
    ),
    (
        re.compile(rb"\[pid: [^\r\n]*\r\[pid: "),
        "lines that end in CR alone", "convert it: tr '\\r' '\\n' < {name} > NEW",
    ),
    (re.compile(rb"LPKSHHRH"), "a file of systemd's journal", "write its text: journalctl --file {name} -o short-iso"),
    (re.compile(rb"SQLite format 3\x00"), "a SQLite database", "give a log; `logshipper view {name}` shows a database"),
)  # fmt: skip


def not_text(read_at: Callable[[int, int], bytes], name: str) -> tuple[str, str]:
    """Return what a file is if its content is no text, and the fix; two empty texts for a text.

    `read_at(offset, count)` returns bytes of the file, unpacked if its name says that it is compressed.
    """
    head = read_at(0, HEAD_BYTES)
    for sign, what, fix in _SIGNS:
        if sign.match(head):
            return what, fix.format(name=name)
    return "", ""


def check_text(read_at: Callable[[int, int], bytes], name: str) -> None:
    """Raise UserError, with the fix, if a file's content is no text; see `not_text`."""
    what, fix = not_text(read_at, name)
    if what:
        raise UserError(what, where=name, fix=fix)
