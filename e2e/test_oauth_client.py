"""An assistant that knows OAuth signs in by itself: no tool, no code to type.

The server admits nobody without a token, so the official client finds the identity service, registers
there, sends its user to the browser and comes back with tokens.
"""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
import mcp
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, OAuthFlowError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from octo_e2e.browser import new_page, sign_in
from octo_e2e.client import Assistant
from octo_e2e.server import Server

pytestmark = pytest.mark.anyio


class Memory:
    """Where the client keeps what it got."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Application:
    """A native application: listens on a free port for its user to come back."""

    def __init__(self, browser, password: str, button: str):
        self.browser = browser
        self.password = password
        self.button = button
        self.came_back = asyncio.get_running_loop().create_future()
        self.memory = Memory()

    async def listen(self) -> str:
        self.listener = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        port = self.listener.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/callback"

    async def answer(self, reader, writer) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = b"<h1>Back in the application</h1>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        if target.startswith("/callback") and not self.came_back.done():
            self.came_back.set_result(parse_qs(urlsplit(target).query))

    async def send_to_browser(self, address: str) -> None:
        async with new_page(self.browser) as page:
            await page.goto(address)
            await sign_in(page, "admin", self.password)
            await page.get_by_role("heading", name="Allow access?").wait_for()
            assert "Nobody has checked the name" in await page.inner_text("main")
            await page.get_by_role("button", name=self.button).click()
            await page.get_by_role("heading", name="Back in the application").wait_for()

    async def code(self) -> AuthorizationCodeResult:
        query = await asyncio.wait_for(self.came_back, 15)
        first = {name: values[0] for name, values in query.items()}
        return AuthorizationCodeResult(code=first.get("code", ""), state=first.get("state"), iss=first.get("iss"))

    async def provider(self, server: Server) -> OAuthClientProvider:
        redirect_uri = await self.listen()
        metadata = OAuthClientMetadata(
            client_name="Assistant of the tests",
            redirect_uris=[redirect_uri],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        )
        return OAuthClientProvider(server.mcp, metadata, self.memory, self.send_to_browser, self.code)


@pytest.fixture
def strict_server(tmp_path):
    with Server(tmp_path / "server", OCTO_MCP__ANONYMOUSLOGIN="Off") as running:
        yield running


async def test_the_official_client_signs_in_without_a_tool(strict_server, browser, mode):
    application = Application(browser, strict_server.password, "Allow")
    auth = await application.provider(strict_server)
    async with httpx2.AsyncClient(auth=auth, timeout=60) as http:
        transport = streamable_http_client(strict_server.mcp, http_client=http)
        async with mcp.Client(transport, mode=mode, read_timeout_seconds=60) as client:
            assistant = Assistant(client)
            me = await assistant.call("whoami")
            assert me["tenantId"] == "octosystem"
            await assistant.call("get_users", tenantId="octosystem")
    assert application.memory.tokens.refresh_token


async def test_a_user_who_denies_keeps_the_client_out(strict_server, browser):
    application = Application(browser, strict_server.password, "Deny")
    auth = await application.provider(strict_server)
    with pytest.raises(OAuthFlowError):
        async with httpx2.AsyncClient(auth=auth, timeout=60) as http:
            await http.post(strict_server.mcp, json={})
    assert (await application.came_back)["error"] == ["access_denied"]
    assert application.memory.tokens is None
