"""What a person does in the browser."""

from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--disable-component-update",
]
WAIT_MS = 15_000


@asynccontextmanager
async def chromium():
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def new_page(browser: Browser, **options: object):
    """A page of a visitor without cookies. Fails the test if the page runs into an error."""
    context = await browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    page.on("requestfailed", lambda request: troubles.append(f"request failed: {request.url}"))
    page.on(
        "console",
        lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None,
    )
    try:
        yield page
        assert not troubles, troubles
    finally:
        await context.close()


async def sign_in(page: Page, user: str, password: str, *, directory: str | None = None) -> None:
    """Fills in the sign-in page; the name and password may be those of a directory."""
    if directory:
        await page.get_by_label("Account of").select_option(label=directory)
    await page.get_by_label("User name").fill(user)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def decide(page: Page, user_code: str, *, allow: bool) -> None:
    """Answers the question whether an application may act for the user."""
    await page.get_by_role("heading", name="Allow access?").wait_for()
    shown = "".join(filter(str.isdigit, await page.locator(".code").inner_text()))
    assert shown == "".join(filter(str.isdigit, user_code)), "the page shows another code"
    await page.get_by_role("button", name="Allow" if allow else "Deny").click()
    await page.get_by_role("heading", name="Access allowed" if allow else "Access denied").wait_for()


async def answer_request(
    browser: Browser,
    address: str,
    user_code: str,
    user: str,
    password: str,
    *,
    allow: bool = True,
    directory: str | None = None,
) -> None:
    """Opens the address an assistant showed, signs in and decides."""
    async with new_page(browser) as page:
        await page.goto(address)
        await sign_in(page, user, password, directory=directory)
        await decide(page, user_code, allow=allow)
