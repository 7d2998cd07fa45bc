"""Bearer tokens with one thing wrong: refused, whoever signed them.

The tests sign with the server's own key, which they take from its data folder, so that nothing
but the changed claim can be the reason for a refusal."""

import time

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from octo_e2e.rpc import modern_request, tokens_of

pytestmark = pytest.mark.anyio


class Forge:
    """Makes variations of a good token."""

    def __init__(self, server, token):
        self.server = server
        self.key = (server.data / "signing-key.pem").read_text()
        self.header = jwt.get_unverified_header(token)
        self.claims = jwt.decode(token, options={"verify_signature": False})

    def token(self, key=None, algorithm="RS256", header=None, without=(), **changes):
        claims = {name: value for name, value in (self.claims | changes).items() if name not in without}
        kept = {name: self.header[name] for name in ("kid", "typ") if name in self.header}
        return jwt.encode(claims, key or self.key, algorithm, headers=kept | (header or {}))

    async def answer(self, token):
        message = modern_request("tools/call", name="whoami", arguments={})
        headers = message["headers"] | {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient() as http:
            return await http.post(self.server.mcp, headers=headers, json=message["body"])


@pytest.fixture
async def forge(server, browser):
    tokens = await tokens_of(server, browser)
    return Forge(server, tokens["access_token"])


async def test_the_unchanged_token_is_good(forge):
    answer = await forge.answer(forge.token())
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["structuredContent"]["userName"] == "admin"


async def test_tokens_outside_their_time_are_refused(forge):
    now = int(time.time())
    expired = forge.token(exp=now - 400, iat=now - 4000, nbf=now - 4000)
    not_yet = forge.token(nbf=now + 4000, iat=now + 4000, exp=now + 8000)
    endless = forge.token(without=("exp",))
    for token in (expired, not_yet, endless):
        await refused(forge, token)


async def refused(forge, token):
    answer = await forge.answer(token)
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "resource_metadata=" in answer.headers["WWW-Authenticate"]


async def test_tokens_of_another_issuer_or_for_another_server_are_refused(forge):
    for changes in (
        {"iss": "https://evil.example/"},
        {"iss": forge.claims["iss"].rstrip("/")},
        {"aud": "https://elsewhere.example/mcp"},
        {"aud": []},
    ):
        await refused(forge, forge.token(**changes))


async def test_tokens_signed_with_another_key_or_algorithm_are_refused(forge, server):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    await refused(forge, forge.token(key=pem))
    await refused(forge, forge.token(key=pem, header={"kid": "another"}))
    async with httpx2.AsyncClient() as http:
        keys = (await http.get(f"{server.identity}/.well-known/openid-configuration/jwks")).json()["keys"]
    assert len(keys) == 1 and "d" not in keys[0], "only the public half is published"
    await refused(forge, forge.token(key=keys[0]["n"], algorithm="HS256"))
    await refused(forge, jwt.encode(forge.claims, None, "none"))


async def test_a_token_without_the_scope_is_told_which_one_it_needs(forge):
    answer = await forge.answer(forge.token(scope=["openid"]))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert "octo_api" in answer.headers["WWW-Authenticate"]
