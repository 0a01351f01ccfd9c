"""The page as HTML in one file that loads nothing. Pure.

What spans say is in the page as JSON alone: no `<` of it reaches the HTML parser, and the scripts write it as text. The
Content-Security-Policy lets nothing run but the script whose hash it names.
"""

import base64
import hashlib
import json
import math
from dataclasses import asdict
from importlib import resources
from typing import Any

from tracedpipeline.page.document import Page

SCRIPTS = ("dom.js", "flow.js", "latency.js", "waterfall.js", "main.js")
# In JSON these occur within texts alone, where \u stands for them.
_ESCAPED = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}


def render(page: Page) -> str:
    """Return the whole file."""
    style, script = _file("page.css"), "".join(map(_file, SCRIPTS))
    script = f'(() => {{\n"use strict";\n{script}}})();\n'
    parts = {"POLICY": _policy(style, script), "STYLE": style, "SCRIPT": script, "DATA": encode(page)}
    text = _file("page.html")
    for name, part in parts.items():
        before, _, after = text.rpartition(f"%{name}%")
        text = before + part + after
    return text


def encode(page: Page) -> str:
    """Return the page's values as JSON that no HTML parser sees anything in."""
    return json.dumps(_plain(asdict(page)), separators=(",", ":"), allow_nan=False).translate(_ESCAPED)


def _plain(value: Any) -> Any:
    """Return the value without numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _file(name: str) -> str:
    return resources.files("tracedpipeline.page").joinpath("files", name).read_text(encoding="utf-8")
