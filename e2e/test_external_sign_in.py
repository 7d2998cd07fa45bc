"""People of one OctoMesh sign in at another one, and users of a tenant in the tenant below it."""

import pytest
from octo_e2e.browser import decide, new_page, sign_in
from octo_e2e.client import connect
from octo_e2e.server import Server, new_password

pytestmark = pytest.mark.anyio

# Cookies of a browser do not tell ports of one host apart, but tenants; hence another tenant there.
PEOPLE = "people"


async def group_named(assistant, name: str) -> dict:
    groups = (await assistant.call("get_groups", tenantId="octosystem"))["groups"]
    return next(group for group in groups if group["groupName"] == name)


async def prepare_home(home: Server, browser, callback: str, password: str) -> str:
    """A user and a client at the provider, made with tools: the client's secret."""
    async with connect(home.mcp) as assistant:
        await assistant.sign_in(browser, home.password)
        await assistant.create_tenant(PEOPLE)
        await assistant.call("provision_current_user_as_admin", targetTenantId=PEOPLE, tenantId="octosystem")
        await assistant.call(
            "create_user", userName="ada", email="ada@people.example", password=password, tenantId=PEOPLE
        )
        await assistant.call(
            "add_authorization_code_client",
            clientId="other-octomesh",
            clientName="Another OctoMesh",
            clientUri=callback,
            redirectUri=callback,
            tenantId=PEOPLE,
        )
        created = await assistant.call(
            "create_client_secret", clientId="other-octomesh", valueClearText="ignored", tenantId=PEOPLE
        )
        return created["valueClearText"]


async def test_a_user_of_another_octomesh_signs_in_and_calls_tools(tmp_path, browser):
    password = new_password()
    with Server(tmp_path / "home") as home:
        host = home.identity.removeprefix("http://")
        with Server(tmp_path / "ours", OCTO_EMBEDDED__PROVIDERHOSTS__0=host) as ours:
            callback = f"{ours.identity}/octosystem/external/partner/callback"
            secret = await prepare_home(home, browser, callback, password)
            async with connect(ours.mcp) as admin:
                await admin.sign_in(browser, ours.password)
                owners = await group_named(admin, "TenantOwners")
                await admin.call(
                    "add_azure_entra_id_identity_provider",
                    name="partner",
                    azureTenantId=PEOPLE,
                    authority=home.identity,
                    clientId="other-octomesh",
                    clientSecret=secret,
                    defaultGroupRtId=owners["id"],
                    tenantId="octosystem",
                )
            async with connect(ours.mcp) as assistant:
                started = await assistant.start_sign_in("octosystem")
                async with new_page(browser) as page:
                    await page.goto(started["verificationUriComplete"])
                    await page.get_by_role("button", name="Sign in with partner").click()
                    await page.wait_for_url(f"{home.identity}/{PEOPLE}/login**")
                    await sign_in(page, "ada", password)
                    await decide(page, started["userCode"], allow=True)
                assert (await assistant.call("check_auth_status"))["isAuthenticated"] is True
                assert "UserManagement" in (await assistant.call("whoami"))["roles"]
                users = (await assistant.call("get_users", tenantId="octosystem"))["users"]
                ada = next(user for user in users if user["name"] == "ada")
                assert ada["externalLogins"][0]["providerDisplayName"] == "partner"


async def test_a_provider_that_is_gone_is_told_on_a_page(tmp_path, browser):
    with Server(tmp_path / "ours", OCTO_EMBEDDED__PROVIDERHOSTS__0="127.0.0.1:1") as ours:
        async with connect(ours.mcp) as admin:
            await admin.sign_in(browser, ours.password)
            await admin.call(
                "add_azure_entra_id_identity_provider",
                name="partner",
                azureTenantId=PEOPLE,
                authority="http://127.0.0.1:1",
                clientId="a",
                clientSecret="b",
                tenantId="octosystem",
            )
        async with new_page(browser) as page:
            await page.goto(f"{ours.identity}/octosystem/login")
            await page.get_by_role("button", name="Sign in with partner").click()
            alert = page.get_by_role("alert")
            await alert.wait_for()
            assert "cannot be reached" in await alert.inner_text()
            await page.get_by_role("link", name="Back to the sign-in page").click()
            await page.get_by_label("Password").wait_for()


async def test_a_parents_user_gets_into_the_child_by_the_button(server, admin, browser, tenant_name):
    await admin.create_tenant(tenant_name)
    await admin.call("provision_current_user_as_admin", targetTenantId=tenant_name, tenantId="octosystem")
    async with connect(server.mcp) as assistant:
        started = await assistant.start_sign_in(tenant_name)
        async with new_page(browser) as page:
            await page.goto(started["verificationUriComplete"])
            await page.get_by_role("button", name="Sign in with an account of octosystem").click()
            await page.wait_for_url(f"{server.identity}/octosystem/login**")
            await sign_in(page, "admin", server.password)
            await decide(page, started["userCode"], allow=True)
        assert (await assistant.call("check_auth_status"))["isAuthenticated"] is True
        me = await assistant.call("whoami")
        assert me["tenantId"] == tenant_name
        await assistant.call("get_roles", tenantId=tenant_name)
