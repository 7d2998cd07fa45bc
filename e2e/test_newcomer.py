"""The newcomer's path, as docs/getting-started.md tells it, in both protocol generations."""

import anyio
import pytest

from octo_e2e.browser import answer_request
from octo_e2e.client import connect
from octo_e2e.models import EXAMPLE, zipped
from octo_e2e.server import Server

pytestmark = pytest.mark.anyio


def value_of(entity: dict, attribute: str):
    values = {item["attributeName"]: item.get("value") for item in entity["attributes"]}
    return values[attribute]


async def test_from_an_empty_machine_to_typed_data(tmp_path, browser, mode):
    with Server(tmp_path / "server") as server:
        assert f"claude mcp add --transport http octomesh {server.mcp}" in server.out
        async with connect(server.mcp, mode) as assistant:
            await look_around_without_signing_in(assistant, mode)
            await sign_in_with_the_browser(assistant, browser, server)
            await find_out_who_is_signed_in(assistant)
            await create_a_tenant(assistant)
            await import_the_example_model(assistant)
            rt_id = await write_and_read_entities(assistant)
            await delete_with_confirmation(assistant, rt_id)
            await delete_the_tenant(assistant)


async def look_around_without_signing_in(assistant, mode):
    expected = {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]
    assert assistant.client.protocol_version == expected
    assert "authenticate" in assistant.client.instructions
    names = {tool.name for tool in (await assistant.client.list_tools()).tools}
    assert {"authenticate", "whoami", "create_tenant", "import_ck_model", "create_entity"} <= names
    refused = await assistant.refusal("whoami")
    assert refused["isAuthenticated"] is False
    assert "authenticate" in refused["errorMessage"]


async def sign_in_with_the_browser(assistant, browser, server):
    started = await assistant.start_sign_in("octosystem")
    assert started["verificationUri"].startswith(server.identity)
    waiting = await assistant.call("check_auth_status")
    assert waiting["isPending"] is True and waiting["isAuthenticated"] is False
    await answer_request(
        browser, started["verificationUriComplete"], started["userCode"], "admin", server.password
    )
    await anyio.sleep(waiting["retryAfterSeconds"])
    assert (await assistant.call("check_auth_status"))["isAuthenticated"] is True


async def find_out_who_is_signed_in(assistant):
    me = await assistant.call("whoami")
    assert me["userName"] == "admin"
    assert me["tenantId"] == "octosystem"
    assert "TenantManagement" in me["roles"], me["roles"]
    tenants = await assistant.call("list_tenants")
    assert tenants["allowedTenants"] == ["octosystem"]


async def create_a_tenant(assistant):
    created = await assistant.call(
        "create_tenant", tenantId="octosystem", childTenantId="acme", database="acme"
    )
    assert created["createdTenantId"] == "acme"
    listed = await assistant.call("get_tenants", tenantId="octosystem")
    assert [tenant["tenantId"] for tenant in listed["tenants"]] == ["acme"]


async def import_the_example_model(assistant):
    transfer = await assistant.upload_bytes("model.zip", zipped(EXAMPLE))
    await assistant.call("import_ck_model", tenantId="acme", transferId=transfer)
    models = await assistant.call("get_available_models", tenantId="acme")
    assert "Workshop-1.0.0" in models["models"]
    schema = await assistant.call("get_type_schema", tenantId="acme", ckTypeId="Workshop/Machine")
    required = {attribute["attributePath"] for attribute in schema["schema"]["requiredAttributes"]}
    assert {"name", "serialNumber"} <= required


async def write_and_read_entities(assistant):
    machine = {"tenantId": "acme", "ckTypeId": "Workshop/Machine"}
    created = await assistant.call(
        "create_entity",
        **machine,
        entityData=[
            {"attributePath": "name", "value": "Lathe"},
            {"attributePath": "serialNumber", "value": "L-100"},
            {"attributePath": "ratedPower", "value": 7.5},
            {"attributePath": "maker.company", "value": "Weiler"},
        ],
    )
    rt_id, version = created["rtId"], created["entity"]["rtVersion"]
    assert value_of(created["entity"], "state") == "Idle", "the default"

    found = await assistant.call(
        "query_entities_simple",
        **machine,
        simpleFilters=[{"attributePath": "serialNumber", "value": "L-100"}],
    )
    assert (found["totalCount"], found["entities"][0]["rtId"]) == (1, rt_id)
    none = await assistant.call("query_entities_simple", **machine, simpleFilters={"serialNumber": "L-101"})
    assert (none["totalCount"], none["entities"]) == (0, [])

    updated = await assistant.call(
        "update_entity",
        **machine,
        rtId=rt_id,
        entityData=[{"attributePath": "state", "value": "Running"}],
        expectedVersion=version,
    )
    assert updated["currentRtVersion"] > version
    stale = await assistant.refusal(
        "update_entity",
        **machine,
        rtId=rt_id,
        entityData=[{"attributePath": "state", "value": "Broken"}],
        expectedVersion=version,
    )
    assert stale["isConflict"] is True
    assert stale["currentRtVersion"] == updated["currentRtVersion"]
    assert value_of(stale["entity"], "state") == "Running", "the current entity comes back"

    read = await assistant.call("get_entity_by_id", **machine, rtId=rt_id)
    assert value_of(read["entity"], "state") == "Running", "nothing was written"
    return rt_id


async def delete_with_confirmation(assistant, rt_id):
    machine = {"tenantId": "acme", "ckTypeId": "Workshop/Machine", "rtId": rt_id}
    refused = await assistant.refusal("delete_entity", **machine)
    assert refused["errorMessage"] == f"Refusing to delete 'Workshop/Machine@{rt_id}' without confirm=true."
    await assistant.call("get_entity_by_id", **machine)
    await assistant.call("delete_entity", **machine, confirm=True)
    await assistant.refusal("get_entity_by_id", **machine)


async def delete_the_tenant(assistant):
    child = {"tenantId": "octosystem", "childTenantId": "acme"}
    refused = await assistant.refusal("delete_tenant", **child)
    assert refused["errorMessage"].startswith("Refusing to delete tenant 'acme' without")
    await assistant.call("delete_tenant", **child, confirm=True)
    listed = await assistant.call("get_tenants", tenantId="octosystem")
    assert listed["tenants"] == []
    await assistant.refusal("get_available_models", tenantId="acme")
