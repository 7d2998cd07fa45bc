"""What a caller can do wrong: a clear answer, and nothing changes."""

import secrets

import httpx2
import mcp
import pytest

from octo_e2e.browser import answer_request, new_page, sign_in
from octo_e2e.client import connect
from octo_e2e.rpc import modern_request, tokens_of

pytestmark = pytest.mark.anyio

LIST_TOOLS = modern_request("tools/list")


async def post(address, headers=None, message=LIST_TOOLS):
    async with httpx2.AsyncClient() as http:
        return await http.post(address, headers=message["headers"] | (headers or {}), json=message["body"])


async def test_a_wrong_password_is_refused_in_the_browser(server, browser):
    async with connect(server.mcp) as assistant:
        started = await assistant.start_sign_in("octosystem")
        async with new_page(browser) as page:
            await page.goto(started["verificationUriComplete"])
            await sign_in(page, "admin", "not the password")
            alert = page.get_by_role("alert")
            await alert.wait_for()
            assert "not the password" not in await page.content()
            assert await page.title() and (await page.title()).startswith("Error")
            assert await page.get_by_label("Password").input_value() == ""
        waiting = await assistant.call("check_auth_status")
        assert waiting["isAuthenticated"] is False


async def test_a_denied_code_signs_nobody_in(server, browser, mode):
    async with connect(server.mcp, mode) as assistant:
        started = await assistant.start_sign_in("octosystem")
        await answer_request(
            browser, started["verificationUriComplete"], started["userCode"], "admin", server.password, allow=False
        )
        refused = await assistant.refusal("check_auth_status")
        assert refused["isAuthenticated"] is False and refused["isPending"] is False
        assert (await assistant.refusal("whoami"))["isAuthenticated"] is False


async def test_an_unknown_code_is_refused_in_the_browser(server, browser):
    async with new_page(browser) as page:
        await page.goto(f"{server.identity}/octosystem/device")
        await sign_in(page, "admin", server.password)
        await page.get_by_label("Code shown by the application").fill("000 000 001")
        await page.get_by_role("button", name="Continue").click()
        assert "Invalid or expired" in await page.get_by_role("alert").inner_text()


async def test_signing_in_to_a_tenant_that_does_not_exist(server):
    async with connect(server.mcp) as assistant:
        refused = await assistant.refusal("authenticate", tenantId="nowhere")
        assert refused["errorMessage"]


async def test_a_tenant_of_somebody_else_and_one_that_does_not_exist_look_the_same(admin, tenant_name):
    unknown = await admin.refusal("get_available_models", tenantId=tenant_name)
    assert tenant_name in unknown["errorMessage"]
    nameless = await admin.refusal("get_available_models")
    assert "tenantId" in nameless["errorMessage"]


@pytest.mark.parametrize("token", ["rubbish", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "a.b.c"])
async def test_a_token_that_is_not_ours_is_refused_with_a_way_to_sign_in(server, token):
    answer = await post(server.mcp, {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ") and 'error="invalid_token"' in challenge
    metadata_url = challenge.split('resource_metadata="')[1].split('"')[0]
    async with httpx2.AsyncClient() as http:
        metadata = (await http.get(metadata_url)).json()
        assert metadata["authorization_servers"]
        issuer = metadata["authorization_servers"][0]
        discovery = (await http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")).json()
    assert discovery["issuer"] == issuer


async def test_a_token_with_a_changed_signature_is_refused(server, browser):
    tokens = await tokens_of(server, browser)
    good = await post(server.mcp, {"Authorization": f"Bearer {tokens['access_token']}"})
    assert good.status_code == 200, good.text
    head, body, signature = tokens["access_token"].split(".")
    swapped = signature[:-6] + ("A" if signature[-6] != "A" else "B") + signature[-5:]
    answer = await post(server.mcp, {"Authorization": f"Bearer {head}.{body}.{swapped}"})
    assert answer.status_code == 401


async def test_a_token_is_good_for_its_own_tenants_address_only(server, browser):
    tokens = await tokens_of(server, browser)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    own = await post(server.mcp.replace("/mcp", "/octosystem/mcp"), bearer)
    assert own.status_code == 200, own.text
    other = await post(server.mcp.replace("/mcp", "/elsewhere/mcp"), bearer)
    assert other.status_code == 403


async def test_a_bearer_needs_no_sign_in_through_tools(server, browser, mode):
    tokens = await tokens_of(server, browser)
    async with connect(server.mcp, mode, bearer=tokens["access_token"]) as assistant:
        assert (await assistant.call("whoami"))["userName"] == "admin"
        await assistant.call("get_tenants", tenantId="octosystem")


async def test_a_handle_nobody_was_given_is_refused(server):
    async with connect(server.mcp) as assistant:
        assistant.auth_handle = f"oah_{secrets.token_urlsafe(32)}"
        refused = await assistant.refusal("whoami")
        assert "authHandle" in refused["errorMessage"]


async def test_a_session_of_somebody_else_does_not_exist(server, browser):
    async with connect(server.mcp, "legacy") as assistant:
        await assistant.sign_in(browser, server.password)
        headers = {"Mcp-Session-Id": "0" * 32, "MCP-Protocol-Version": "2025-11-25"}
        answer = await post(server.mcp, headers)
        assert answer.status_code == 404


@pytest.mark.parametrize("method", ["tools/call"])
async def test_an_unknown_tool_is_a_protocol_error(server, mode, method):
    async with connect(server.mcp, mode) as assistant:
        with pytest.raises(mcp.MCPError) as caught:
            await assistant.result("make_coffee")
        assert caught.value.error.code == -32602
        assert "make_coffee" in caught.value.error.message


async def test_all_wrong_arguments_are_reported_at_once(admin):
    refused = await admin.refusal(
        "query_entities_simple", tenantId=["a"], ckTypeId=7, simpleFilters="none", limit="many", offset=-1
    )
    problems = " ".join(refused["problems"])
    for name in ("limit", "offset", "simpleFilters"):
        assert name in problems, refused
    assert len(refused["problems"]) >= 3


async def test_names_and_values_are_read_generously(admin):
    answer = await admin.call("get_available_types", TENANTID="octosystem", includeabstract="True")
    assert answer["includeAbstract"] is True


async def test_a_request_from_a_strange_web_page_is_refused(server):
    answer = await post(server.mcp, {"Origin": "https://evil.example"})
    assert answer.status_code == 403
    answer = await post(server.mcp, {"Host": "evil.example"})
    assert answer.status_code in (401, 403)


async def test_bodies_that_are_no_messages_are_refused(server):
    async with httpx2.AsyncClient() as http:
        for body in (b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b"[" * 10_000):
            answer = await http.post(server.mcp, headers=LIST_TOOLS["headers"], content=body)
            assert 400 <= answer.status_code < 500, (body[:20], answer.status_code)
        large = await http.post(server.mcp, headers=LIST_TOOLS["headers"], content=b" " * (5 << 20))
        assert large.status_code == 413
    assert (await post(server.mcp)).status_code == 200, "the server goes on"
