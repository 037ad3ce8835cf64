"""Make the parser of a program that counts requests, from the settings of the one that ships them."""

from collections.abc import Sequence
from dataclasses import replace

from logshipper.parse.cell_form import CELLS
from logshipper.parse.parser import Parser
from logshipper.settings.options import Settings
from logshipper.wiring.parsers import build_parser


def counting_parser(settings: Settings, fields: Sequence[str]) -> Parser:
    """Return the parser of the first input for these fields, all requests and all events.

    What settings leave out of a database is counted here: a report is about the log. What they mask stays masked.
    """
    given = replace(
        settings.inputs[0], fieldpass=list(fields), fielddrop=[], taginclude=[], tagexclude=[], namepass=[],
        namedrop=[], tagpass={}, tagdrop={},
    )  # fmt: skip
    return build_parser(replace(settings, logshipper=replace(settings.logshipper, events=True)), given, form=CELLS)
