"""Debian's Chromium, one for all tests; a page that writes an error to the console fails its test."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Error, Page, async_playwright

Open = Callable[..., Awaitable[Page]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-pictures", action="store_true", help="write the pictures of the documentation")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not on PATH: tools/chromium.sh installs it, or says why it cannot")
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []  # which root has none of
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Open]:
    """What opens an address in a context of its own; its options are Playwright's."""
    allowed = request.node.get_closest_marker("allowed_errors")
    contexts, errors = [], []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            errors.append(message.text)

    def failed(error: Error) -> None:
        errors.append(str(error))

    async def opened(url: str, **options: Any) -> Page:
        context = await browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", heard)
        page.on("pageerror", failed)
        await page.goto(url)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert [each for each in errors if not (allowed and re.search(allowed.args[0], each))] == []
