"""A pattern is split into steps, which together are the pattern."""

import re

import pytest

from logshipper.grok.library import library
from logshipper.grok.steps import steps
from tests.support.request_lines import LINE

LIBRARY = library()


@pytest.mark.parametrize("name", ["UWSGI_LOG", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG", "COMBINED_LOG_FORMAT"])
def test_the_steps_of_a_pattern_together_match_its_lines(name: str) -> None:
    samples = {"UWSGI_LOG": LINE, "UWSGI_LOG_VARIANT": "x " + LINE.replace("msecs", "micros via route()")}
    combined = '10.0.2.2 - ann [05/May/2017:14:51:39 +0000] "GET /a HTTP/1.1" 200 14 "-" "curl"'
    text = "".join(step.text for step in steps(f"%{{{name}}}", LIBRARY))
    assert re.match(text, samples.get(name, combined), re.ASCII)
