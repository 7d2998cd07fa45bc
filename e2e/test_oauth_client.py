"""An assistant that knows OAuth signs in by itself: no tool, no code to type.

The server admits nobody without a token, so the official client finds the identity service, registers
there, sends its user to the browser and comes back with tokens.
"""

import httpx2
import mcp
import pytest
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, OAuthFlowError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from octo_e2e.browser import new_page, sign_in
from octo_e2e.client import Assistant
from octo_e2e.oauth import Callback
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


class Application(Callback):
    """A native application that knows OAuth, and its user."""

    def __init__(self, browser, password: str, button: str):
        super().__init__()
        self.browser = browser
        self.password = password
        self.button = button
        self.memory = Memory()

    async def send_to_browser(self, address: str) -> None:
        async with new_page(self.browser) as page:
            await page.goto(address)
            await sign_in(page, "admin", self.password)
            await page.get_by_role("heading", name="Allow access?").wait_for()
            assert "Nobody has checked the name" in await page.inner_text("main")
            await page.get_by_role("button", name=self.button).click()
            await page.get_by_role("heading", name="Back in the application").wait_for()

    async def code(self) -> AuthorizationCodeResult:
        first = {name: values[0] for name, values in (await self.query()).items()}
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
