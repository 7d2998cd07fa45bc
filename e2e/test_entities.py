"""Entities of the example model: types, defaults, derived types, rules that hold."""

import pytest

from octo_e2e.models import EXAMPLE, zipped

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workshop(admin, tenant_name):
    """Calls tools on a tenant that has the example model."""
    await admin.create_tenant(tenant_name)
    transfer = await admin.upload_bytes("model.zip", zipped(EXAMPLE))
    await admin.call("import_ck_model", tenantId=tenant_name, transferId=transfer)
    return Workshop(admin, tenant_name)


class Workshop:
    def __init__(self, assistant, tenant):
        self.assistant, self.tenant = assistant, tenant

    async def call(self, tool, **arguments):
        return await self.assistant.call(tool, tenantId=self.tenant, **arguments)

    async def refusal(self, tool, **arguments):
        return await self.assistant.refusal(tool, tenantId=self.tenant, **arguments)

    async def create(self, kind, **values):
        return await self.call("create_entity", ckTypeId=f"Workshop/{kind}", entityData=data(values))

    async def count(self, kind, **filters):
        found = await self.call("query_entities_simple", ckTypeId=f"Workshop/{kind}", simpleFilters=filters)
        return found["totalCount"]


def data(values):
    return [{"attributePath": path, "value": value} for path, value in values.items()]


async def test_a_query_for_a_base_type_finds_derived_entities(workshop):
    await workshop.create("Machine", name="Lathe", serialNumber="1")
    await workshop.create("Press", name="Press", serialNumber="2", maxForce=400)
    assert await workshop.count("Machine") == 2
    assert await workshop.count("Press") == 1
    assert await workshop.count("Machine", name="Press") == 1


async def test_a_missing_mandatory_attribute_is_named_and_nothing_is_stored(workshop):
    refused = await workshop.refusal(
        "create_entity", ckTypeId="Workshop/Press", entityData=data({"name": "Press", "serialNumber": "2"})
    )
    assert "MaxForce" in refused["errorMessage"] or "maxForce" in refused["errorMessage"]
    assert await workshop.count("Machine") == 0


async def test_values_that_do_not_fit_are_refused(workshop):
    for values in ({"state": "Flying"}, {"ratedPower": "much"}, {"inServiceSince": "once"}, {"colour": "red"}):
        refused = await workshop.refusal(
            "create_entity",
            ckTypeId="Workshop/Machine",
            entityData=data({"name": "Lathe", "serialNumber": "1"} | values),
        )
        attribute = next(iter(values))
        assert attribute.lower() in refused["errorMessage"].lower(), refused
    assert await workshop.count("Machine") == 0


async def test_a_unique_value_is_taken_only_once(workshop):
    await workshop.create("Machine", name="Lathe", serialNumber="1")
    refused = await workshop.refusal(
        "create_entity", ckTypeId="Workshop/Machine", entityData=data({"name": "Mill", "serialNumber": "1"})
    )
    assert "serialnumber" in refused["errorMessage"].lower(), refused
    assert await workshop.count("Machine") == 1


async def test_every_spelling_of_a_type_is_understood(workshop):
    created = await workshop.create("Hall", name="North")
    for spelling in ("Workshop/Hall", "Workshop-1.0.0/Hall-1", "Workshop-1/Hall"):
        same = await workshop.call("create_entity", ckTypeId=spelling, entityData=data({"name": spelling}))
        assert same["entity"]["ckTypeId"] == "Workshop/Hall", "stored in one spelling"
        read = await workshop.call("get_entity_by_id", ckTypeId=spelling, rtId=created["rtId"])
        assert read["entity"]["rtId"] == created["rtId"]
    refused = await workshop.refusal("get_type_schema", ckTypeId="Workshop/Hal")
    assert "Workshop/Hall" in refused["errorMessage"], "the nearest name is offered"


async def test_pages_follow_each_other_without_gaps(workshop):
    for number in range(7):
        await workshop.create("Hall", name=f"Hall {number}")
    seen = []
    for offset in range(0, 9, 3):
        page = await workshop.call("query_entities_simple", ckTypeId="Workshop/Hall", limit=3, offset=offset)
        assert page["totalCount"] == 7
        seen += [entity["rtId"] for entity in page["entities"]]
    assert len(seen) == len(set(seen)) == 7


async def test_a_deletion_that_is_out_of_date_deletes_nothing(workshop):
    created = await workshop.create("Hall", name="North")
    hall = {"ckTypeId": "Workshop/Hall", "rtId": created["rtId"]}
    await workshop.call("update_entity", **hall, entityData=data({"name": "South"}))
    version = created["entity"]["rtVersion"]
    stale = await workshop.refusal("delete_entity", **hall, expectedVersion=version, confirm=True)
    assert stale["isConflict"] is True
    await workshop.call("get_entity_by_id", **hall)


async def test_a_tenant_sees_nothing_of_another(workshop, admin):
    await workshop.create("Hall", name="North")
    other = f"{workshop.tenant}b"
    await admin.create_tenant(other)
    refused = await admin.refusal("query_entities_simple", tenantId=other, ckTypeId="Workshop/Hall")
    assert "Workshop/Hall" in refused["errorMessage"]
