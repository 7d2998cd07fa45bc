"""Identity administration with tools alone: whoever is created can sign in and is allowed exactly
what it should be, until it is taken away."""

import httpx2
import pytest

from octo_e2e.browser import new_page, sign_in
from octo_e2e.client import Assistant, connect
from octo_e2e.models import EXAMPLE, zipped
from octo_e2e.oauth import Application, Callback, claims_of, good, roles_of
from octo_e2e.server import new_password

pytestmark = pytest.mark.anyio

TENANT_ONLY = "Forbidden: This needs the role 'TenantManagement'."
USERS_ONLY = "Forbidden: This needs one of the roles 'UserManagement', 'TenantManagement'."
MODELS_ONLY = "DataModelManagement"


class Setting:
    """A tenant, its administrator, and the secrets the administrator chose."""

    def __init__(self, admin: Assistant, tenant: str):
        self.admin = admin
        self.tenant = tenant
        self.password = new_password()
        self.secret = new_password()

    async def do(self, tool: str, **arguments):
        return await self.admin.call(tool, tenantId=self.tenant, **arguments)


@pytest.fixture
async def setting(admin, tenant_name):
    await admin.create_tenant(tenant_name)
    return Setting(admin, tenant_name)


async def create_people(setting):
    """A user who gets one role of the platform and one of the tenant's own through nested groups."""
    await setting.do("create_role", roleName="Machinist")
    crew = await setting.do("create_group", groupName="Crew")
    clerks = await setting.do("create_group", groupName="Clerks", roleIds=["Machinist", "UserManagement"])
    assert len(clerks["group"]["roleIds"]) == 2
    await setting.do("add_group_to_group", parentGroupId=crew["groupId"], childGroupId="Clerks")
    ada = await setting.do("create_user", userName="ada", email="ada@example.org", password=setting.password)
    assert ada["userId"]
    await setting.do("add_user_to_group", groupId="Crew", userId="ada@example.org")


async def status(server, method: str, tenant: str, path: str, token: str, **body) -> int:
    """The code the identity service answers with."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        answer = await http.request(method, f"{server.identity}/{tenant}/v1/{path}", json=body or None)
    return answer.status_code


async def check_user_manager(server, tenant: str, token: str):
    """Users may be administered, the rest only be seen, other tenants not even that."""
    assert roles_of(token) == ["Machinist", "UserManagement"]
    assert await status(server, "GET", tenant, "users", token) == 200
    assert await status(server, "PUT", tenant, "users/nobody", token, name="x") == 404, "allowed, but there is none"
    assert await status(server, "GET", tenant, "clients", token) == 200
    assert await status(server, "DELETE", tenant, "clients/nobody", token) == 403
    assert await status(server, "DELETE", tenant, "apiScopes/nothing", token) == 403
    assert await status(server, "GET", "octosystem", "users", token) == 403
    async with connect(server.mcp, bearer=token) as assistant:
        assert sorted((await assistant.call("whoami"))["roles"]) == ["Machinist", "UserManagement"]


async def test_a_user_is_allowed_what_nested_groups_give(server, browser, setting, mode):
    await create_people(setting)
    tenant = setting.tenant
    async with connect(server.mcp, mode) as ada:
        await ada.sign_in(browser, setting.password, tenant, "ada")
        me = await ada.call("whoami")
        assert (me["userName"], me["tenantId"]) == ("ada", tenant)
        assert sorted(me["roles"]) == ["Machinist", "UserManagement"]
        await ada.call("create_user", tenantId=tenant, userName="ben", email="ben@example.org")
        await ada.call("add_user_to_role", tenantId=tenant, userNameOrEmail="ben", roleName="Machinist")
        scope = await ada.refusal("create_api_scope", tenantId=tenant, name="x")
        assert scope["errorMessage"] == TENANT_ONLY
        transfer = await ada.upload_bytes("model.zip", zipped(EXAMPLE))
        model = await ada.refusal("import_ck_model", tenantId=tenant, transferId=transfer)
        assert MODELS_ONLY in model["errorMessage"]
        await ada.refusal("get_users", tenantId="octosystem")

        higher = await ada.refusal("add_user_to_role", tenantId=tenant, userNameOrEmail="ada", roleName="TenantManagement")
        assert higher["errorMessage"].startswith("Forbidden: ")
        assert "TenantManagement" in higher["errorMessage"]

    await setting.do("remove_user_from_group", groupId="Crew", userId="ada", confirm=True)
    async with connect(server.mcp, mode) as ada:
        await ada.sign_in(browser, setting.password, tenant, "ada")
        assert (await ada.call("whoami"))["roles"] == []
        refused = await ada.refusal("create_user", tenantId=tenant, userName="eve", email="eve@example.org")
        assert refused["errorMessage"] == USERS_ONLY

    await setting.do("delete_user", userNameOrEmail="ada@example.org", confirm=True)
    async with connect(server.mcp, mode) as nobody:
        started = await nobody.start_sign_in(tenant)
        async with new_page(browser) as page:
            await page.goto(started["verificationUriComplete"])
            await sign_in(page, "ada", setting.password)
            await page.get_by_role("alert").wait_for()


async def test_a_device_signs_its_user_in_until_it_is_deleted(server, browser, setting):
    await create_people(setting)
    await setting.do("add_device_code_client", clientId="panel", clientName="Panel", clientSecret=setting.secret)
    panel = Application(server, setting.tenant, "panel", setting.secret)
    stranger = await Application(server, setting.tenant, "panel").start_device()
    assert stranger.json()["error"] == "invalid_client", "the secret counts"

    tokens = await panel.by_device(browser, "ada", setting.password)
    assert "offline_access" not in tokens["scope"]
    await check_user_manager(server, setting.tenant, tokens["access_token"])
    for_itself = await panel.for_itself()
    assert for_itself.json()["error"] == "unauthorized_client", "not the way it is registered for"

    await setting.do("update_group_roles", groupId="Clerks", roleIds=["Machinist"])
    fewer = await panel.by_device(browser, "ada", setting.password)
    assert roles_of(fewer["access_token"]) == ["Machinist"]
    assert await status(server, "PUT", setting.tenant, "users/nobody", fewer["access_token"], name="x") == 403

    await setting.do("delete_client", clientId="panel", confirm=True)
    gone = await panel.start_device()
    assert (gone.status_code, gone.json()["error"]) in ((400, "invalid_client"), (401, "invalid_client"))


async def test_a_web_application_signs_its_user_in_until_it_is_deleted(server, browser, setting):
    await create_people(setting)
    callback = Callback()
    redirect_uri = await callback.listen()
    await setting.do(
        "add_authorization_code_client",
        clientId="shop",
        clientName="Shop",
        clientUri=redirect_uri.removesuffix("/callback"),
        redirectUri=redirect_uri,
    )
    shop = Application(server, setting.tenant, "shop")
    tokens = await shop.by_code(browser, callback, redirect_uri, "ada", setting.password)
    assert claims_of(tokens["id_token"])["aud"] in ("shop", ["shop"])
    await check_user_manager(server, setting.tenant, tokens["access_token"])

    async with httpx2.AsyncClient(follow_redirects=True) as http:
        elsewhere = await http.get(shop.authorize("http://127.0.0.1:1/elsewhere", "x" * 48))
        assert elsewhere.status_code == 400, "only the registered address"
        await setting.do("delete_client", clientId="shop", confirm=True)
        gone = await http.get(shop.authorize(redirect_uri, "x" * 48))
        assert gone.status_code == 400, gone.text


async def test_a_service_is_allowed_what_its_roles_give(server, setting):
    secret = {"clientId": "robot", "clientName": "Robot", "clientSecret": setting.secret}
    await setting.do("add_client_credentials_client", **secret)
    await setting.do("create_group", groupName="Modellers", roleIds=["DataModelManagement"])
    await setting.do("add_client_to_group", groupId="Modellers", clientId="robot")
    await setting.do("add_client_to_role", clientId="robot", roleName="UserManagement")
    robot = Application(server, setting.tenant, "robot", setting.secret)
    token = good(await robot.for_itself())["access_token"]
    assert roles_of(token) == ["DataModelManagement", "UserManagement"]
    async with connect(server.mcp, bearer=token) as service:
        transfer = await service.upload_bytes("model.zip", zipped(EXAMPLE))
        await service.call("import_ck_model", tenantId=setting.tenant, transferId=transfer)
        await service.call("create_user", tenantId=setting.tenant, userName="eve", email="eve@example.org")
        refused = await service.refusal("delete_client", tenantId=setting.tenant, clientId="robot", confirm=True)
        assert refused["errorMessage"] == TENANT_ONLY
        elsewhere = await service.refusal("get_users", tenantId="octosystem")
        assert "octosystem" in elsewhere["errorMessage"]

    await setting.do("remove_client_from_role", clientId="robot", roleName="UserManagement", confirm=True)
    await setting.do("remove_client_from_group", groupId="Modellers", clientId="robot", confirm=True)
    token = good(await robot.for_itself())["access_token"]
    assert roles_of(token) == []
    async with connect(server.mcp, bearer=token) as service:
        await service.call("get_users", tenantId=setting.tenant)
        refused = await service.refusal(
            "create_user", tenantId=setting.tenant, userName="zoe", email="zoe@example.org"
        )
        assert refused["errorMessage"] == USERS_ONLY

    await setting.do("delete_client", clientId="robot", confirm=True)
    gone = await robot.for_itself()
    assert gone.json()["error"] == "invalid_client"


async def test_a_scope_of_an_own_api_stands_in_tokens(server, setting):
    secret = {"clientId": "robot", "clientName": "Robot", "clientSecret": setting.secret}
    await setting.do("add_client_credentials_client", **secret)
    robot = Application(server, setting.tenant, "robot", setting.secret)
    assert (await robot.for_itself("billing.read")).json()["error"] == "invalid_scope"

    await setting.do("create_api_scope", name="billing.read", displayName="Read invoices")
    await setting.do("create_api_resource", name="billing", scopes=["billing.read"])
    assert (await robot.for_itself("billing.read")).json()["error"] == "invalid_scope", "not granted yet"
    await setting.do("add_scope_to_client", clientId="robot", scopeName="billing.read")
    async with httpx2.AsyncClient() as http:
        found = good(await http.get(f"{server.identity}/.well-known/openid-configuration"))
    assert "octo_api" in found["scopes_supported"]

    claims = claims_of(good(await robot.for_itself("billing.read"))["access_token"])
    assert claims["scope"] == ["billing.read"]
    assert claims["aud"] in ("billing", ["billing"])
    token = good(await robot.for_itself("billing.read"))["access_token"]
    assert await status(server, "GET", setting.tenant, "users", token) == 401, "made for another API"

    await setting.do("delete_api_scope", name="billing.read", confirm=True)
    assert (await robot.for_itself("billing.read")).json()["error"] == "invalid_scope"
    assert good(await robot.for_itself())["scope"] == "octo_api"
