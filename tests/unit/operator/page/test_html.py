"""Whatever spans say, the page has the same elements and one script."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from tracedpipeline.page import build, html
from tracedpipeline.page.document import Measured, Page
from tracedpipeline.verdict import Verdict

from tests.unit.operator.page.spans import message

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></SCRIPT\t><img src=x onerror=alert(1)>",
    "%DATA% %SCRIPT% %STYLE% %POLICY%",
    "\u2028\u2029\x00\x1b\ud800",
    "&lt;&#60;",
    "'\"`${alert(1)}\\",
]


class Elements(HTMLParser):
    """The start tags of a page, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.raw: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attributes)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in ("script", "style") and data.strip():
            self.raw.append(data)


def page(text: str, measured: Measured | None = None) -> Page:
    spans = message(1, error=text, attributes=((text, text),))
    spans[0] = replace(spans[0], name=f"send {text}")
    return build.build("orders", Verdict(False, text, text), spans, 0, measured=measured, topic=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_span_says_adds_nothing_to_the_page(text: str) -> None:
    plain, found = Elements(html.render(page("plain"))), Elements(html.render(page(text)))
    assert found.tags == plain.tags
    assert found.raw[0] == plain.raw[0]
    assert found.raw[2] == plain.raw[2]
    assert json.loads(found.raw[1])["message"] == text


def test_the_policy_lets_only_the_pages_own_script_and_style_run() -> None:
    found = Elements(html.render(page("plain")))
    style, _, script = found.raw
    for text, kind in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}';" in found.policy
    assert found.policy.startswith("default-src 'none';")
    assert "unsafe" not in found.policy


def test_the_page_loads_nothing_and_writes_no_markup() -> None:
    text = html.render(page("plain"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", text)
    assert re.findall(r"(?:src|href)=(?!\"data:)\S+", text) == []


def test_numbers_that_json_lacks_are_unknown() -> None:
    measured = Measured((float("nan"), float("inf")), (1, 0, 0), "one", p50=float("inf"))
    found: dict[str, Any] = json.loads(html.encode(page("plain", measured)))
    assert found["flow"]["p50"] is None


def test_the_page_is_its_files_and_its_values() -> None:
    files = resources.files("tracedpipeline.page").joinpath("files")
    style, data, script = Elements(html.render(page("plain"))).raw
    scripts = "".join(files.joinpath(name).read_text("utf-8") for name in html.SCRIPTS)
    assert script.strip() == f'(() => {{\n"use strict";\n{scripts}}})();'
    assert style.strip() == files.joinpath("page.css").read_text("utf-8").strip()
    assert data == html.encode(page("plain"))
    assert data.startswith('{"pipeline":"orders","at":0,"ok":false,"reason":"plain","message":"plain","flow":{')
    assert [bar["depth"] for bar in json.loads(data)["traces"][0]["bars"]] == [0, 1, 2]


def test_the_page_asks_only_where_it_comes_from_and_sends_nothing() -> None:
    allowed = "; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    assert Elements(html.render(page("plain"))).policy.endswith(allowed)
