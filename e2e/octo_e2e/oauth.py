"""Applications that ask the identity service for tokens by themselves."""

import asyncio
import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import jwt
from playwright.async_api import Browser

from .browser import answer_request, new_page, sign_in
from .server import Server

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = "openid profile email role octo_api"


class Callback:
    """A native application: listens on a free port for its user to come back."""

    def __init__(self) -> None:
        self.came_back = asyncio.get_running_loop().create_future()

    async def listen(self) -> str:
        """Starts listening; the address to come back to."""
        self.listener = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = self.listener.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/callback"

    async def _answer(self, reader, writer) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = b"<h1>Back in the application</h1>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        if target.startswith("/callback") and not self.came_back.done():
            self.came_back.set_result(parse_qs(urlsplit(target).query))

    async def query(self) -> dict[str, list[str]]:
        """What the user brought along."""
        return await asyncio.wait_for(self.came_back, 15)


class Application:
    """One registered client of a tenant, and what it does to get tokens."""

    def __init__(self, server: Server, tenant: str, client_id: str, secret: str | None = None):
        self.server = server
        self.tenant = tenant
        self.client = {"client_id": client_id} | ({"client_secret": secret} if secret else {})

    async def post(self, path: str, **form: str) -> httpx2.Response:
        """The answer to a form sent to the identity service."""
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.server.identity}/connect/{path}", data=self.client | form)

    async def for_itself(self, scope: str = "octo_api") -> httpx2.Response:
        """Asks for a token without a user."""
        acr = f"tenant:{self.tenant}"
        return await self.post("token", grant_type="client_credentials", scope=scope, acr_values=acr)

    async def start_device(self) -> httpx2.Response:
        """Asks for a code a user can type somewhere else."""
        return await self.post("deviceauthorization", scope=SCOPES, acr_values=f"tenant:{self.tenant}")

    async def by_device(self, browser: Browser, user: str, password: str) -> dict[str, Any]:
        """Tokens of a user who confirms the code of a device."""
        started = good(await self.start_device())
        await answer_request(browser, started["verification_uri_complete"], started["user_code"], user, password)
        return good(await self.post("token", grant_type=DEVICE_CODE, device_code=started["device_code"]))

    def authorize(self, redirect_uri: str, verifier: str) -> str:
        """The address to send the user to."""
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "client_id": self.client["client_id"],
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": SCOPES,
            "state": "kept",
            "acr_values": f"tenant:{self.tenant}",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.server.identity}/connect/authorize?{urlencode(query)}"

    async def by_code(
        self, browser: Browser, callback: Callback, redirect_uri: str, user: str, password: str
    ) -> dict[str, Any]:
        """Tokens of a user who is sent to the sign-in page and back."""
        verifier = secrets.token_urlsafe(48)
        async with new_page(browser) as page:
            await page.goto(self.authorize(redirect_uri, verifier))
            await sign_in(page, user, password)
            await page.get_by_role("heading", name="Back in the application").wait_for()
        query = await callback.query()
        assert query["state"] == ["kept"]
        code = {"code": query["code"][0], "redirect_uri": redirect_uri}
        wrong = await self.post("token", grant_type="authorization_code", **code)
        assert wrong.status_code == 400, "no tokens without the proof key"
        return good(await self.post("token", grant_type="authorization_code", code_verifier=verifier, **code))


def good(answer: httpx2.Response) -> dict[str, Any]:
    """The content of an answer that must be one."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    return jwt.decode(token, options={"verify_signature": False})


def roles_of(token: str) -> list[str]:
    """The roles a token carries; one alone may stand without a list."""
    roles = claims_of(token).get("role", [])
    return sorted([roles] if isinstance(roles, str) else roles)
