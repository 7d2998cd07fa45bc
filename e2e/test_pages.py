"""The sign-in pages: without scripts, with labels, within a strict policy."""

import os
import re
from pathlib import Path

import httpx2
import pytest

from octo_e2e.browser import decide, new_page, sign_in
from octo_e2e.client import connect

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots go: the folder named by E2E_PICTURES, or a temporary one."""
    named = os.environ.get("E2E_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def check_accessible(page):
    """Language, title, one heading, a label for every field, a name for every button."""
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.title()
    assert await page.locator("h1").count() == 1
    assert await page.locator("main").count() == 1
    for field in await page.locator("input:not([type=hidden])").all():
        name = await field.get_attribute("id")
        assert await page.locator(f"label[for='{name}']").count() == 1, name
    for button in await page.locator("button").all():
        assert (await button.inner_text()).strip()


async def check_contrast(page):
    """Text against its background, as WCAG 2.2 AA asks."""
    poor = await page.evaluate(
        """() => {
          const luminance = c => c.map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
          const background = element => {
            for (let e = element; e; e = e.parentElement) {
              const c = rgb(getComputedStyle(e).backgroundColor);
              if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
            }
            return [255, 255, 255];
          };
          return [...document.querySelectorAll('h1, p, label, button, dt, dd, a, .hint')]
            .filter(e => e.innerText && e.innerText.trim())
            .map(e => {
              const [a, b] = [luminance(rgb(getComputedStyle(e).color).slice(0, 3)), luminance(background(e))];
              return [e.innerText.slice(0, 30), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
            })
            .filter(([, ratio]) => ratio < 4.5);
        }"""
    )
    assert not poor, poor


async def test_the_whole_sign_in_works_without_scripts(server, browser, pictures):
    async with connect(server.mcp) as assistant:
        started = await assistant.start_sign_in("octosystem")
        async with new_page(browser, java_script_enabled=False) as page:
            await page.goto(started["verificationUriComplete"])
            await page.screenshot(path=pictures / "1-sign-in.png")
            await sign_in(page, "admin", server.password)
            await page.get_by_role("heading", name="Allow access?").wait_for()
            await page.screenshot(path=pictures / "2-allow.png")
            text = await page.locator("main").inner_text()
            for shown in ("octosystem", "admin", "octo-mcpServices-device", "127.0.0.1", "Octo platform APIs"):
                assert shown in text, text
            await decide(page, started["userCode"], allow=True)
            await page.screenshot(path=pictures / "3-allowed.png")
        assert (await assistant.call("check_auth_status"))["isAuthenticated"] is True
    assert len(list(pictures.glob("*.png"))) >= 3


async def test_every_page_is_accessible(server, browser):
    async with connect(server.mcp) as assistant:
        started = await assistant.start_sign_in("octosystem")
    async with new_page(browser) as page:
        await page.goto(started["verificationUriComplete"])
        await check_accessible(page)
        await check_contrast(page)
        await sign_in(page, "admin", "wrong")
        await page.get_by_role("alert").wait_for()
        await check_accessible(page)
        await check_contrast(page)
        await sign_in(page, "admin", server.password)
        await page.get_by_role("heading", name="Allow access?").wait_for()
        await check_accessible(page)
        await check_contrast(page)
        await page.goto(f"{server.identity}/octosystem/device")
        await check_accessible(page)
        await check_contrast(page)
        await page.goto(f"{server.identity}/octosystem/logout")
        await check_accessible(page)
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_load_state()
        await page.goto(f"{server.identity}/octosystem/device")
        await page.get_by_label("Password").wait_for()


async def test_the_keyboard_is_enough(server, browser):
    async with connect(server.mcp) as assistant:
        started = await assistant.start_sign_in("octosystem")
        async with new_page(browser) as page:
            await page.goto(started["verificationUri"])
            await page.get_by_label("User name").focus()
            await page.keyboard.type("admin")
            await page.keyboard.press("Tab")
            await page.keyboard.type(server.password)
            await page.keyboard.press("Enter")
            await page.get_by_label("Code shown by the application").focus()
            await page.keyboard.type(started["userCode"])
            await page.keyboard.press("Enter")
            await page.get_by_role("button", name="Allow").focus()
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="Access allowed").wait_for()
        assert (await assistant.call("check_auth_status"))["isAuthenticated"] is True


async def test_narrow_windows_need_no_sideways_scrolling(server, browser):
    async with new_page(browser, viewport={"width": 320, "height": 640}) as page:
        await page.goto(f"{server.identity}/octosystem/login")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", ["/octosystem/login", "/octosystem/device", "/octosystem/logout"])
async def test_security_headers(server, path):
    async with httpx2.AsyncClient(follow_redirects=False) as http:
        answer = await http.get(server.identity + path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    for cookie in answer.headers.get_list("Set-Cookie"):
        assert "HttpOnly" in cookie and re.search(r"SameSite=(Lax|Strict)", cookie), cookie


async def test_a_form_of_another_site_is_refused(server):
    async with httpx2.AsyncClient() as http:
        for path in ("/octosystem/login", "/octosystem/device/confirm", "/octosystem/logout"):
            answer = await http.post(
                server.identity + path,
                data={"username": "admin", "password": server.password, "userCode": "1", "decision": "allow"},
                headers={"Origin": "https://evil.example"},
            )
            assert 400 <= answer.status_code < 500, (path, answer.status_code)
            assert "octo" not in answer.headers.get("Set-Cookie", "") or "Max-Age=0" in answer.headers["Set-Cookie"]


async def test_nobody_is_sent_to_another_site_after_signing_in(server, browser):
    async with new_page(browser) as page:
        await page.goto(f"{server.identity}/octosystem/login?returnUrl=https://evil.example/")
        if await page.get_by_label("Password").count():
            await sign_in(page, "admin", server.password)
            await page.wait_for_load_state()
        assert page.url.startswith(server.identity), page.url


async def test_guessing_passwords_is_slowed_down(fresh_server):
    async with httpx2.AsyncClient(follow_redirects=True) as http:
        statuses = []
        for attempt in range(25):
            page = await http.get(f"{fresh_server.identity}/octosystem/login")
            if page.status_code == 429:
                statuses.append(429)
                break
            csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
            answer = await http.post(
                f"{fresh_server.identity}/octosystem/login",
                data={"csrf": csrf, "username": "admin", "password": f"guess {attempt}", "returnUrl": ""},
            )
            statuses.append(answer.status_code)
        assert 200 not in statuses or "Error" in answer.text
        good = await http.post(
            f"{fresh_server.identity}/octosystem/login",
            data={"csrf": csrf, "username": "admin", "password": fresh_server.password, "returnUrl": ""},
        )
        assert "You are signed in" not in good.text, "after many wrong passwords even the right one has to wait"


async def test_markup_in_a_user_name_stays_text(server, browser):
    async with new_page(browser) as page:
        await page.goto(f"{server.identity}/octosystem/login")
        await sign_in(page, '"><img src=x onerror=alert(1)>', "x")
        await page.get_by_role("alert").wait_for()
        assert await page.locator("img").count() == 0
