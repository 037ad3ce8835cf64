"""Make selections of points out of settings: namepass, namedrop, tagpass, tagdrop."""

from collections.abc import Callable, Sequence

from logshipper.points import AnyPoint
from logshipper.selection import Renaming, Selection, as_bytes, labels_of
from logshipper.settings.options import Input, SelectionSettings


def as_bytes_all(texts: Sequence[str]) -> list[str]:
    """Return texts in the parser's form."""
    return [as_bytes(text) for text in texts]


def takes_point(input_: Input, rename: Renaming, base: str) -> Callable[[AnyPoint], bool]:
    """Return the input's selection of points. As in Telegraf it goes by the measurement before it is renamed."""
    selection = selection_of(input_)
    if selection is None:
        return bool

    def takes(point: AnyPoint) -> bool:
        name, tags = labels_of(point)
        original = name.removeprefix(rename.prefix).removesuffix(rename.suffix)
        return selection.takes(base if name == rename(base) else original, tags)

    return takes


def selection_of(options: SelectionSettings) -> Selection | None:
    """Return which points an input or output takes, None for all."""
    tags = [
        {as_bytes(name): as_bytes_all(values) for name, values in table.items()}
        for table in (options.tagpass, options.tagdrop)
    ]
    return Selection.of(as_bytes_all(options.namepass), as_bytes_all(options.namedrop), *tags)
