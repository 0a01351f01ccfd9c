"""The page in a real browser: each test fails with an error in the console, too."""

import asyncio
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Locator, expect
from playwright.async_api import Page as BrowserPage
from tracedpipeline import loopback
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.page import build, html
from tracedpipeline.page.document import Page
from tracedpipeline.page.server import PageServer
from tracedpipeline.verdict import Verdict

from tests.integration.page.conftest import Open
from tests.integration.page.sample import FAILED, SLOW, message, page

pytestmark = pytest.mark.asyncio(loop_scope="session")

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
WIDE, NARROW = {"width": 1120, "height": 900}, {"width": 360, "height": 740}
BAR = "44 messages ≤ 250 ms: open a trace"


@pytest.fixture
def file(tmp_path: Path) -> str:
    return written(tmp_path, page())


def written(folder: Path, shown: Page) -> str:
    path = folder / "page.html"
    path.write_text(html.render(shown), encoding="utf-8")
    return path.as_uri()


async def test_a_bar_opens_a_trace_of_its_latency(file: str, open_page: Open) -> None:
    shown = await open_page(file, viewport=WIDE)
    await expect(shown.get_by_role("heading", level=1)).to_have_text("orders")
    await shown.get_by_role("button", name=BAR).click()
    await expect(shown.locator("#trace-facts")).to_contain_text(SLOW)
    await expect(shown.locator(".bar.failed")).to_have_count(1)
    await expect(shown.locator(".unsure").first).to_be_visible()
    await shown.get_by_text("process traced-topic").click()
    await expect(shown.get_by_text(FAILED)).to_be_visible()


async def tab_to(shown: BrowserPage, wanted: Locator) -> None:
    while not await wanted.evaluate("element => element === document.activeElement"):
        await shown.keyboard.press("Tab")
        assert await shown.evaluate("document.activeElement !== document.body"), "the focus has left the page"


async def test_all_of_it_is_reached_by_keyboard(file: str, open_page: Open) -> None:
    shown = await open_page(file)
    bar = shown.get_by_role("button", name=BAR)
    await tab_to(shown, bar)
    await shown.keyboard.press("Enter")
    await expect(shown.locator("#trace-facts")).to_contain_text(SLOW)
    await expect(bar).to_be_focused()
    await tab_to(shown, shown.locator("summary").first)
    await shown.keyboard.press("Enter")
    await expect(shown.get_by_text("messaging.kafka.message.key")).to_be_visible()


async def test_it_goes_on_with_what_the_server_sends_and_says_when_that_ends(open_page: Open) -> None:
    now = page()

    async def look() -> Page:
        return now

    application = loopback.application()
    PageServer(look).add_to(application)
    async with TestServer(application) as server:
        shown = await open_page(str(server.make_url("/")))
        await expect(shown.locator("#live")).to_have_text("Live")
        await shown.get_by_role("button", name=BAR).click()
        now = replace(page(Verdict(False, "NoConsumerSpans", "look at the consumer's log")), traces=now.traces)
        await expect(shown.locator("#reason")).to_contain_text("NoConsumerSpans")
        await expect(shown.locator("#trace-facts")).to_contain_text(SLOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_nothing_keeps_people_from_using_it(file: str, open_page: Open, scheme: str, size: object) -> None:
    shown = await open_page(file, viewport=size, color_scheme=scheme, bypass_csp=True)
    await shown.get_by_role("button", name=BAR).click()
    await shown.get_by_text("process traced-topic").click()
    await shown.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = json.loads(await shown.evaluate("axe.run().then(found => JSON.stringify(found.violations))"))
    assert [each["help"] for each in found if each["impact"] in ("serious", "critical")] == []
    light = await shown.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] > 128")
    assert light == (scheme == "light")


def said(text: str, spans: list[Span]) -> Page:
    """A page on which everything says this."""
    return build.build("orders", Verdict(False, text, text), spans, 0)


async def test_it_fits_a_narrow_window_whatever_spans_are_called(tmp_path: Path, open_page: Open) -> None:
    long = "a.very-long_name" * 40
    spans = message("a" * 32, 1, 5, 20, long)
    odd = [replace(span, name=f"{span.name}.{long}", attributes=((long, long),)) for span in spans]
    shown = await open_page(written(tmp_path, said(long, odd)), viewport=NARROW)
    for row in await shown.locator("summary").all():
        await row.click()
    assert await shown.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


async def test_what_a_span_says_is_text(tmp_path: Path, open_page: Open) -> None:
    attack = "</script><script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"
    spans = [replace(span, error=attack, attributes=((attack, attack),)) for span in message("a" * 32, 1, 5, 20)]
    shown = await open_page(written(tmp_path, said(attack, spans)))
    await shown.locator("summary").first.click()
    await expect(shown.locator("#message")).to_have_text(attack)
    await expect(shown.locator(".attributes dd").last).to_have_text(attack)
    assert await shown.evaluate("[window.attacked, document.images.length, document.scripts.length]") == [None, 0, 2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pictures(request: pytest.FixtureRequest, file: str, open_page: Open, scheme: str) -> None:
    if not request.config.getoption("--update-pictures"):
        pytest.skip("written with --update-pictures")
    shown = await open_page(file, viewport=WIDE, color_scheme=scheme, timezone_id="UTC")
    await shown.get_by_role("button", name=BAR).click()
    await asyncio.to_thread(PICTURES.mkdir, exist_ok=True)
    await shown.screenshot(path=PICTURES / f"page-{scheme}.png", full_page=True)
