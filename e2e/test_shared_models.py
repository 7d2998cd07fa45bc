"""Published model libraries, from the folder beside the checkout."""

import pytest

from octo_e2e.models import shared_library, zipped

pytestmark = [pytest.mark.anyio, pytest.mark.shared]


async def test_the_basic_library_is_imported_and_used(admin, tenant_name):
    library = shared_library("Octo.Sdk.Packages.Basic")
    await admin.create_tenant(tenant_name)
    transfer = await admin.upload_bytes("basic.zip", zipped(library))
    await admin.call("import_ck_model", tenantId=tenant_name, transferId=transfer)

    types = await admin.call("get_available_types", tenantId=tenant_name, ckModelId="Basic")
    names = {item["typeName"] for item in types["types"]}
    assert {"City", "Country", "Employee", "Tree"} <= names and "NamedEntity" not in names

    tree = {"tenantId": tenant_name, "ckTypeId": "Basic/Tree"}
    schema = await admin.call("get_type_schema", **tree)
    assert {a["attributePath"] for a in schema["schema"]["requiredAttributes"]} == {"name"}
    created = await admin.call("create_entity", **tree, entityData=[{"attributePath": "name", "value": "Places"}])
    rt_id = created["rtId"]
    found = await admin.call("query_entities_simple", **tree, simpleFilters={"name": "Places"})
    assert [entity["rtId"] for entity in found["entities"]] == [rt_id]
    base = await admin.call("query_entities_simple", tenantId=tenant_name, ckTypeId="Basic/NamedEntity")
    assert [entity["ckTypeId"] for entity in base["entities"]] == ["Basic/Tree"]
    updated = await admin.call(
        "update_entity",
        **tree,
        rtId=rt_id,
        entityData=[{"attributePath": "description", "value": "Where we work"}],
        expectedVersion=created["entity"]["rtVersion"],
    )
    assert updated["currentRtVersion"] > created["entity"]["rtVersion"]
    refused = await admin.refusal("delete_entity", **tree, rtId=rt_id)
    assert "without confirm=true" in refused["errorMessage"]
    await admin.call("delete_entity", **tree, rtId=rt_id, confirm=True)


async def test_an_entity_that_needs_a_partner_is_refused_without_one(admin, tenant_name):
    library = shared_library("Octo.Sdk.Packages.Basic")
    await admin.create_tenant(tenant_name)
    transfer = await admin.upload_bytes("basic.zip", zipped(library))
    await admin.call("import_ck_model", tenantId=tenant_name, transferId=transfer)
    city = {"tenantId": tenant_name, "ckTypeId": "Basic/City"}
    data = [{"attributePath": "name", "value": "Salzburg"}, {"attributePath": "zipcode", "value": "5020"}]
    refused = await admin.refusal("create_entity", **city, entityData=data)
    assert "System/ParentChild" in refused["errorMessage"]
    assert (await admin.call("query_entities_simple", **city))["totalCount"] == 0


async def test_a_library_that_depends_on_another_needs_it_first(admin, tenant_name):
    basic = shared_library("Octo.Sdk.Packages.Basic")
    industry = shared_library("Octo.Sdk.Packages.Industry.Basic")
    await admin.create_tenant(tenant_name)
    transfer = await admin.upload_bytes("industry.zip", zipped(industry))
    refused = await admin.refusal("import_ck_model", tenantId=tenant_name, transferId=transfer)
    assert "Basic" in refused["errorMessage"]
    for library in (basic, industry):
        transfer = await admin.upload_bytes("library.zip", zipped(library))
        await admin.call("import_ck_model", tenantId=tenant_name, transferId=transfer)
    models = await admin.call("get_available_models", tenantId=tenant_name)
    assert any(model.startswith("Industry.Basic-") for model in models["models"]), models["models"]
