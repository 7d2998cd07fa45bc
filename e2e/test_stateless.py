"""The stateless generation (2026-07-28) and sessions (2025-11-25), message by message."""

import httpx2
import mcp
import pytest

from octo_e2e.browser import answer_request
from octo_e2e.client import connect
from octo_e2e.rpc import call_tool, modern_request

pytestmark = pytest.mark.anyio


async def test_the_handle_of_a_sign_in_works_on_any_connection(server, browser):
    async with httpx2.AsyncClient() as http:
        started = await call_tool(http, server.mcp, "authenticate", {"tenantId": "octosystem"})
    handle = started["authHandle"]
    assert started["authHandleExpiresInSeconds"] > 0
    await answer_request(browser, started["verificationUriComplete"], started["userCode"], "admin", server.password)
    async with httpx2.AsyncClient() as http:
        status = await call_tool(http, server.mcp, "check_auth_status", {"authHandle": handle})
        assert status["isAuthenticated"] is True
    async with httpx2.AsyncClient() as http:
        me = await call_tool(http, server.mcp, "whoami", {"authHandle": handle})
        assert me["userName"] == "admin"
        tenants = await call_tool(http, server.mcp, "get_tenants", {"authHandle": handle, "tenantId": "octosystem"})
        assert tenants["parentTenantId"] == "octosystem"
        without = modern_request("tools/call", name="whoami", arguments={})
        answer = await http.post(server.mcp, headers=without["headers"], json=without["body"])
        assert answer.json()["result"]["isError"] is True, "the connection itself is nobody"


async def test_no_sign_in_leaks_into_the_log(server, browser):
    async with connect(server.mcp) as assistant:
        await assistant.sign_in(browser, server.password)
        assert assistant.auth_handle not in server.err
    assert server.password not in server.err
    assert "eyJ" not in server.err, "tokens start like this"


async def test_the_lists_are_the_same_for_everybody(server, admin):
    async with connect(server.mcp) as stranger:
        seen = await stranger.client.list_tools()
    own = await admin.client.list_tools()
    assert [tool.name for tool in seen.tools] == [tool.name for tool in own.tools]
    async with connect(server.mcp.replace("/mcp", "/octosystem/mcp")) as elsewhere:
        assert len((await elsewhere.client.list_tools()).tools) == len(own.tools)


async def test_every_tool_describes_itself(server, mode):
    async with connect(server.mcp, mode) as assistant:
        for tool in (await assistant.client.list_tools()).tools:
            assert tool.description and tool.input_schema["type"] == "object", tool.name
            for name, member in tool.input_schema["properties"].items():
                assert member.get("description"), (tool.name, name)


async def test_documents_and_prompts_are_readable(server, mode):
    async with connect(server.mcp, mode) as assistant:
        for resource in (await assistant.client.list_resources()).resources:
            text = (await assistant.client.read_resource(resource.uri)).contents[0].text
            assert text.startswith("# ")
        prompt = await assistant.client.get_prompt("sign_in", {"tenantId": "acme"})
        assert "acme" in prompt.messages[0].content.text
        with pytest.raises(mcp.MCPError):
            await assistant.client.read_resource("octomesh://guide/nothing")


async def test_the_route_names_the_tenant(server, browser, mode):
    async with connect(server.mcp.replace("/mcp", "/octosystem/mcp"), mode) as assistant:
        await assistant.sign_in(browser, server.password)
        answer = await assistant.call("get_available_models")
        assert answer["tenantId"] == "octosystem"


async def test_a_client_that_can_ask_is_asked_before_something_is_destroyed(server, browser, mode, tenant_name):
    questions = []

    async def yes(context, params):
        questions.append(params.message)
        return mcp.types.ElicitResult(action="accept", content={"confirm": True})

    async with connect(server.mcp, mode, elicitation_callback=yes) as assistant:
        await assistant.sign_in(browser, server.password)
        await assistant.create_tenant(tenant_name)
        await assistant.call("delete_tenant", tenantId="octosystem", childTenantId=tenant_name)
        listed = await assistant.call("get_tenants", tenantId="octosystem")
        assert tenant_name not in [tenant["tenantId"] for tenant in listed["tenants"]]
    assert len(questions) == 1 and tenant_name in questions[0]


async def test_a_user_who_says_no_keeps_the_tenant(server, browser, mode, tenant_name):
    async def no(context, params):
        return mcp.types.ElicitResult(action="decline")

    async with connect(server.mcp, mode, elicitation_callback=no) as assistant:
        await assistant.sign_in(browser, server.password)
        await assistant.create_tenant(tenant_name)
        refused = await assistant.refusal("delete_tenant", tenantId="octosystem", childTenantId=tenant_name)
        assert refused["errorMessage"].startswith(f"Refusing to delete tenant '{tenant_name}' without")
        listed = await assistant.call("get_tenants", tenantId="octosystem")
        assert tenant_name in [tenant["tenantId"] for tenant in listed["tenants"]]


async def test_a_user_is_created_signs_in_and_is_limited_to_what_was_granted(server, browser, admin, tenant_name):
    user, password = f"u-{tenant_name}", "Correct-horse-7"
    await admin.call("create_user", tenantId="octosystem", userName=user, email=f"{user}@example.com", password=password)
    async with connect(server.mcp) as assistant:
        await assistant.sign_in(browser, password, user=user)
        assert (await assistant.call("whoami"))["userName"] == user
        refused = await assistant.refusal(
            "create_tenant", tenantId="octosystem", childTenantId=tenant_name, database=tenant_name
        )
        assert refused["errorMessage"]
        await assistant.refusal("add_user_to_role", tenantId="octosystem", userNameOrEmail=user, roleName="TenantManagement")
        await assistant.refusal("delete_user", tenantId="octosystem", userNameOrEmail="admin", confirm=True)
        await assistant.refusal("query_entities_simple", tenantId="nowhere", ckTypeId="System/Tenant")
    refused = await admin.refusal("delete_user", tenantId="octosystem", userNameOrEmail=user)
    assert refused["errorMessage"] == f"Refusing to delete user '{user}' without confirm=true."
    await admin.call("delete_user", tenantId="octosystem", userNameOrEmail=user, confirm=True)
