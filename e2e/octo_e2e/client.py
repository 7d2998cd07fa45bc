"""An assistant: the official client of the Model Context Protocol, and its sign-in."""

from contextlib import asynccontextmanager
from typing import Any

import httpx2
import mcp
from mcp.client.streamable_http import streamable_http_client
from playwright.async_api import Browser

from .browser import answer_request

# The two protocol generations: `auto` finds out that the server is stateless (2026-07-28),
# `legacy` opens a session (2025-11-25).
MODES = ["auto", "legacy"]


class Refused(AssertionError):
    """A tool call that was expected to work did not."""


class Assistant:
    """Calls tools and carries the sign-in from call to call."""

    def __init__(self, client: mcp.Client):
        self.client = client
        self.auth_handle: str | None = None

    async def result(self, tool: str, **arguments: Any) -> mcp.types.CallToolResult:
        """The result of a call, as it came."""
        if self.auth_handle:
            arguments = arguments | {"authHandle": self.auth_handle}
        return await self.client.call_tool(tool, arguments)

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a call that works answers."""
        result = await self.result(tool, **arguments)
        content = result.structured_content
        if result.is_error or not content or content.get("isSuccess") is not True:
            raise Refused(f"{tool}: {content or result.content}")
        return content

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a call that must not work answers."""
        result = await self.result(tool, **arguments)
        content = result.structured_content
        assert result.is_error, f"{tool} was expected to fail: {content}"
        assert content and content["isSuccess"] is False and content["errorMessage"]
        return content

    async def start_sign_in(self, tenant: str, **arguments: Any) -> dict[str, Any]:
        started = await self.call("authenticate", tenantId=tenant, **arguments)
        self.auth_handle = started.get("authHandle", self.auth_handle)
        return started

    async def sign_in(
        self,
        browser: Browser,
        password: str,
        tenant: str = "octosystem",
        user: str = "admin",
        directory: str | None = None,
    ) -> None:
        """Signs in the way a person does: in the browser."""
        started = await self.start_sign_in(tenant)
        address, code = started["verificationUriComplete"], started["userCode"]
        await answer_request(browser, address, code, user, password, directory=directory)
        status = await self.call("check_auth_status")
        assert status["isAuthenticated"] is True

    async def upload(self, path) -> str:
        """Sends a file to the server and returns its transfer id."""
        return await self.upload_bytes(path.name, path.read_bytes())

    async def upload_bytes(self, name: str, body: bytes) -> str:
        reserved = await self.call("prepare_file_upload", fileName=name)
        async with httpx2.AsyncClient() as http:
            answer = await http.put(reserved["uploadUrl"], content=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["sizeBytes"] == len(body)
        return reserved["transferId"]

    async def create_tenant(self, name: str) -> None:
        await self.call("create_tenant", tenantId="octosystem", childTenantId=name, database=name)


@asynccontextmanager
async def connect(address: str, mode: str = "auto", bearer: str | None = None, **options: Any):
    """An assistant connected to `address`."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(address, http_client=http)
        async with mcp.Client(transport, mode=mode, read_timeout_seconds=60, **options) as client:
            yield Assistant(client)
