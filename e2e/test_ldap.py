"""People of a real OpenLDAP directory sign in, and others do not."""

from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from octo_e2e import directory
from octo_e2e.browser import new_page, sign_in
from octo_e2e.certificates import Authority
from octo_e2e.client import connect
from octo_e2e.directory import PEOPLE, Directory, person
from octo_e2e.server import Server, new_password

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"
PASSWORDS = {name: new_password() for name in ("ada", "bob", "admin")}
INVALID = "Invalid username or password"
AWAY = "The directory cannot be asked at the moment. Try again later."


def people() -> list[str]:
    return [person(name, password, f"{name}@example.org") for name, password in PASSWORDS.items()]


@dataclass
class Place:
    """A server nobody has used, and two directories its operator lets it call."""

    server: Server
    trusted: Directory
    untrusted: Directory


@pytest.fixture(scope="module")
def directories(tmp_path_factory):
    """A directory with a certificate of an authority the server trusts, one with another's, and
    that authority."""
    directory.required()
    folder = tmp_path_factory.mktemp("ldap")
    authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
    trusted = Directory(folder / "trusted", authority.issue(HOST), people())
    untrusted = Directory(folder / "untrusted", stranger.issue(HOST), people())
    with trusted, untrusted:
        yield trusted, untrusted, authority


@pytest.fixture
def place(tmp_path, directories):
    trusted, untrusted, authority = directories
    ports = [trusted.tls_port, trusted.port, untrusted.tls_port]
    hosts = {f"OCTO_EMBEDDED__PROVIDERHOSTS__{n}": f"{HOST}:{port}" for n, port in enumerate(ports)}
    settings = hosts | {"OCTO_MCP__TRUSTEDCAFILE": str(authority.file), "OCTO_MCP__MINLOGLEVEL": "Debug"}
    with Server(tmp_path / "server", **settings) as server:
        yield Place(server, trusted, untrusted)
        log = server.out + server.err
        for name, password in PASSWORDS.items():
            assert password not in log, f"the password of {name} is in the log"


@pytest.fixture
async def admin(place, browser):
    async with connect(place.server.mcp) as assistant:
        await assistant.sign_in(browser, place.server.password)
        yield assistant


async def add_provider(admin, tenant: str, port: int, **more) -> str:
    settings = {"name": "staff", "host": HOST, "port": port, "userBaseDn": PEOPLE} | more
    added = await admin.call("add_open_ldap_identity_provider", tenantId=tenant, **settings)
    return added["providerId"]


async def names_of_users(admin, tenant: str) -> list[str]:
    """Who has a user in the tenant, but for people of the parent."""
    names = [user["name"] for user in (await admin.call("get_users", tenantId=tenant))["users"]]
    return [name for name in names if not name.startswith("xt_")]


@asynccontextmanager
async def sign_in_page(place, browser, tenant: str):
    """The sign-in page, and a way to be refused by it."""
    async with new_page(browser) as page:
        await page.goto(f"{place.server.identity}/{tenant}/login")

        async def refusal(user: str, password: str, name: str = "staff") -> str:
            # The page would not send an empty password; a program would.
            await page.eval_on_selector("form", "form => form.noValidate = true")
            await sign_in(page, user, password, directory=name)
            await page.wait_for_load_state()
            text = await page.get_by_role("alert").inner_text()
            assert await page.get_by_label("Account of").locator("option:checked").inner_text() == name
            assert await page.get_by_label("Password").input_value() == ""
            await page.goto(f"{place.server.identity}/{tenant}/login")
            return text.strip()

        yield refusal


async def test_people_of_a_directory_get_what_their_groups_allow(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    staff = await admin.call("create_group", tenantId=tenant, groupName="Staff", roleIds=["UserManagement"])
    by_mail = await admin.call("create_group", tenantId=tenant, groupName="ByMail", roleIds=["BotManagement"])
    await admin.call(
        "create_email_domain_group_rule",
        tenantId=tenant,
        emailDomainPattern="example.org",
        targetGroupRtId=by_mail["groupId"],
    )
    await add_provider(admin, tenant, place.trusted.tls_port, defaultGroupRtId=staff["groupId"])

    for number, spelling in enumerate(["ada", "ADA"]):
        async with connect(place.server.mcp) as ada:
            await ada.sign_in(browser, PASSWORDS["ada"], tenant, spelling, directory="staff")
            me = await ada.call("whoami")
            assert (me["userName"], me["tenantId"]) == ("ada", tenant)
            assert set(me["roles"]) == {"UserManagement", "BotManagement"}, me["roles"]
            made = {"userName": f"helper{number}", "email": "x@example.org", "password": new_password()}
            await ada.call("create_user", tenantId=tenant, **made)
            await ada.refusal("create_tenant", tenantId=tenant, childTenantId=f"{tenant}x", database=f"{tenant}x")

    users = (await admin.call("get_users", tenantId=tenant))["users"]
    ada = [user for user in users if user.get("email") == "ada@example.org"]
    assert len(ada) == 1, "one user, however often she signs in"
    assert (ada[0]["firstName"], ada[0]["lastName"]) == ("Ada", "Example")
    assert [login["providerDisplayName"] for login in ada[0]["externalLogins"]] == ["staff"]
    assert "TLS established" in place.trusted.log, "the way to the directory is encrypted"


async def test_who_has_no_password_there_stays_outside(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    await add_provider(admin, tenant, place.trusted.tls_port)
    async with sign_in_page(place, browser, tenant) as refusal:
        for user, password in [
            ("ada", "wrong"),
            ("nobody", PASSWORDS["ada"]),
            ("*", PASSWORDS["ada"]),
            (")(uid=*", PASSWORDS["ada"]),
            ("ada,ou=people,dc=example,dc=org", PASSWORDS["ada"]),
            ("ada)(|(uid=bob", PASSWORDS["ada"]),
        ]:
            assert await refusal(user, password) == INVALID, user
        binds = place.trusted.log.count(" BIND ")
        for user, password in [("ada", ""), ("", PASSWORDS["ada"]), ("", "")]:
            assert await refusal(user, password) == "Username and password are required", user
        assert place.trusted.log.count(" BIND ") == binds, "a bind without password was sent"
    # The directory's password is none of the tenant's own.
    async with new_page(browser) as page:
        await page.goto(f"{place.server.identity}/{tenant}/login")
        await sign_in(page, "ada", PASSWORDS["ada"])
        assert (await page.get_by_role("alert").inner_text()).strip() == INVALID
    assert await names_of_users(admin, tenant) == []


async def test_guessing_locks_the_account(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    await add_provider(admin, tenant, place.trusted.tls_port)
    async with sign_in_page(place, browser, tenant) as refusal:
        for _ in range(5):
            assert await refusal("bob", "wrong") == INVALID
        assert await refusal("bob", PASSWORDS["bob"]) == "Account is locked out"


async def test_without_self_registration_only_known_people_come_in(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    provider = await add_provider(admin, tenant, place.trusted.tls_port)
    async with connect(place.server.mcp) as ada:
        await ada.sign_in(browser, PASSWORDS["ada"], tenant, "ada", directory="staff")
    change = {"providerId": provider, "name": "staff", "isEnabled": True, "allowSelfRegistration": False}
    await admin.call("update_identity_provider", tenantId=tenant, **change)
    async with connect(place.server.mcp) as ada:
        await ada.sign_in(browser, PASSWORDS["ada"], tenant, "ada", directory="staff")
    async with sign_in_page(place, browser, tenant) as refusal:
        said = await refusal("bob", PASSWORDS["bob"])
        assert said == "You have no account here yet, and this way to sign in does not create one."
    assert await names_of_users(admin, tenant) == ["ada"]


async def test_nobody_becomes_somebody_else_by_name(place, browser, admin):
    await add_provider(admin, "octosystem", place.trusted.tls_port)
    async with connect(place.server.mcp) as namesake:
        await namesake.sign_in(browser, PASSWORDS["admin"], "octosystem", "admin", directory="staff")
        me = await namesake.call("whoami")
        assert me["userName"] == "admin@staff"
        assert not me.get("roles")


async def test_a_directory_that_is_away_is_said_to_be(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    await add_provider(admin, tenant, place.trusted.tls_port)
    place.trusted.stop()
    try:
        async with sign_in_page(place, browser, tenant) as refusal:
            # More often than wrong passwords would be allowed.
            for _ in range(6):
                assert await refusal("ada", PASSWORDS["ada"]) == AWAY
    finally:
        place.trusted.start()
    async with connect(place.server.mcp) as ada:
        await ada.sign_in(browser, PASSWORDS["ada"], tenant, "ada", directory="staff")


async def test_no_password_goes_to_a_directory_that_is_not_trusted(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    await add_provider(admin, tenant, place.untrusted.tls_port, name="stranger")
    await add_provider(admin, tenant, place.trusted.tls_port, name="unlisted", host="localhost")
    async with sign_in_page(place, browser, tenant) as refusal:
        assert await refusal("ada", PASSWORDS["ada"], "stranger") == AWAY
        assert "ACCEPT from" in place.untrusted.log and " BIND " not in place.untrusted.log
        assert "certificate is not accepted" in place.server.err
        # Nor to a host the operator has not listed.
        accepted = place.trusted.log.count("ACCEPT from")
        assert await refusal("ada", PASSWORDS["ada"], "unlisted") == AWAY
        assert place.trusted.log.count("ACCEPT from") == accepted
        assert "not on the public Internet" in place.server.err


async def test_encryption_is_the_choice_of_the_provider(place, browser, admin, tenant_name):
    tenant = tenant_name
    await admin.create_tenant(tenant)
    await add_provider(admin, tenant, place.trusted.port, name="plain", useTls=False)
    async with connect(place.server.mcp) as ada:
        await ada.sign_in(browser, PASSWORDS["ada"], tenant, "ada", directory="plain")
        assert (await ada.call("whoami"))["userName"] == "ada"
    # Asked to speak TLS where the directory does not, nothing is said.
    await add_provider(admin, tenant, place.trusted.port, name="confused", useTls=True)
    binds = place.trusted.log.count(" BIND ")
    async with sign_in_page(place, browser, tenant) as refusal:
        assert await refusal("bob", PASSWORDS["bob"], "confused") == AWAY
    assert place.trusted.log.count(" BIND ") == binds
