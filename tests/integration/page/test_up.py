"""`tracedpipeline up` in a browser: it goes live, shows a trace, and says when the command has ended."""

import asyncio
import re
import shutil
import signal

import pytest
from playwright.async_api import Page, expect

from tests.integration.page.conftest import Open
from tests.running_up import up

pytestmark = pytest.mark.asyncio(loop_scope="session")

HAS_JAVA = shutil.which("java") is not None
REAL = pytest.param("real", marks=pytest.mark.skipif(not HAS_JAVA, reason="Apache Kafka needs Java"))
# Said by the browser when the command is gone, which is what the test is about.
GONE = "Failed to load resource|ERR_|EventSource"


async def until_a_trace_is_there(shown: Page) -> None:
    await expect(shown.locator("#live")).to_have_text("Live")
    await expect(shown.locator("#reason")).to_contain_text("Flowing", timeout=120_000)


async def a_bar_opens_a_trace(shown: Page) -> None:
    bars = shown.get_by_role("button", name=re.compile("open a trace"))
    await bars.first.click(timeout=60_000)
    await expect(shown.locator("#trace-facts")).to_have_text(re.compile("^[0-9a-f]{32} "))
    for name in ("send", "queue", "process"):
        await expect(shown.locator("summary").filter(has_text=f"{name} traced-topic")).to_have_count(1)


@pytest.mark.parametrize("kafka", ["mock", REAL])
@pytest.mark.allowed_errors(GONE)
async def test_it_goes_live_shows_a_trace_and_says_when_it_has_ended(open_page: Open, kafka: str) -> None:
    with up("--kafka", kafka) as running:
        line = await asyncio.to_thread(running.until, "^page: ")
        shown = await open_page(line.removeprefix("page: "))
        await until_a_trace_is_there(shown)
        await a_bar_opens_a_trace(shown)
        chosen = await shown.locator("#trace-facts").inner_text()
        running.process.send_signal(signal.SIGINT)
        status, _ = await asyncio.to_thread(running.end)
        await expect(shown.locator("#live")).to_have_text(re.compile(r"^No longer live: as it was at \d\d:\d\d:\d\d$"))
        assert status == 0
        assert await shown.locator("#trace-facts").inner_text() == chosen
        await a_bar_opens_a_trace(shown)  # what was there still is


@pytest.mark.allowed_errors(GONE)
async def test_a_command_that_is_killed_is_no_longer_live_and_a_next_one_at_its_port_is(open_page: Open) -> None:
    with up("--kafka", "mock") as running:
        line = await asyncio.to_thread(running.until, "^page: ")
        url = line.removeprefix("page: ")
        shown = await open_page(url)
        await until_a_trace_is_there(shown)
        running.process.kill()
        await expect(shown.locator("#live")).to_have_text(re.compile("^No longer live"))
    with up("--kafka", "mock", "--port", re.findall(r":(\d+)/", url)[0]) as running:
        await asyncio.to_thread(running.until, "^page: ")
        await expect(shown.locator("#live")).to_have_text("Live", timeout=60_000)
