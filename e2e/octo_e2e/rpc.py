"""Messages without a client library, for what a library would not send."""

from typing import Any

import httpx2
from playwright.async_api import Browser

from .browser import answer_request
from .server import Server

VERSION = "2026-07-28"


def modern_request(method: str, **params: Any) -> dict[str, dict]:
    """Headers and body of a stateless request."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "octo-e2e", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": method,
    }
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    return {
        "headers": headers,
        "body": {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}},
    }


async def call_tool(http: httpx2.AsyncClient, address: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The structured content of a stateless tool call that works."""
    request = modern_request("tools/call", name=tool, arguments=arguments)
    answer = await http.post(address, headers=request["headers"], json=request["body"])
    assert answer.status_code == 200, answer.text
    content = answer.json()["result"]["structuredContent"]
    assert content["isSuccess"] is True, content
    return content


async def tokens_of(server: Server, browser: Browser, tenant: str = "octosystem") -> dict[str, Any]:
    """Tokens of the administrator, got by the OAuth device flow without the MCP server."""
    client = {"client_id": "octo-mcpServices-device"}
    async with httpx2.AsyncClient() as http:
        started = await http.post(
            f"{server.identity}/connect/deviceauthorization",
            data=client | {"scope": "openid profile email role octo_api offline_access", "acr_values": f"tenant:{tenant}"},
        )
        assert started.status_code == 200, started.text
        device = started.json()
        await answer_request(
            browser, device["verification_uri_complete"], device["user_code"], "admin", server.password
        )
        got = await http.post(
            f"{server.identity}/connect/token",
            data=client
            | {
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": device["device_code"],
            },
        )
    assert got.status_code == 200, got.text
    return got.json()


async def refreshed(server: Server, refresh_token: str) -> httpx2.Response:
    """The answer to a refresh."""
    async with httpx2.AsyncClient() as http:
        return await http.post(
            f"{server.identity}/connect/token",
            data={
                "client_id": "octo-mcpServices-device",
                "grant_type": "refresh_token",
                "refresh_token": refresh_token,
            },
        )
