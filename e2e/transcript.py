"""Writes docs/getting-started.md: every call and every answer below is one that happened.

Tokens, passwords and handles are replaced before anything is written; so is what differs from run
to run, so that a second run changes the page only where the server changed."""

import json
import re
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import anyio
import httpx2

from octo_e2e.browser import chromium, decide, new_page, sign_in
from octo_e2e.client import Assistant, connect
from octo_e2e.models import EXAMPLE, shared_folder, zipped
from octo_e2e.server import REPOSITORY, Server

PAGE = REPOSITORY / "docs" / "getting-started.md"
LONG_LIST = 3


class Writer:
    """Collects the page and hides what must not be in it."""

    def __init__(self, server: Server):
        self.parts: list[str] = []
        self.hidden: dict[str, str] = {
            server.password: "(your password)",
            server.mcp: "http://127.0.0.1:5016/mcp",
            server.mcp.removesuffix("/mcp"): "http://127.0.0.1:5016",
            server.identity: "http://127.0.0.1:5003",
            str(server.data): "~/.local/share/octo-mcp",
        }
        self.ids: dict[str, str] = {}

    def text(self, text: str) -> None:
        self.parts.append(text if text.startswith("#") else textwrap.fill(text, 100))

    def verbatim(self, text: str, language: str = "") -> None:
        self.parts.append(f"```{language}\n{self.clean(text).strip()}\n```")

    def clean(self, text: str) -> str:
        for secret, shown in self.hidden.items():
            text = text.replace(secret, shown)
        text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", self._job, text)
        text = re.sub(r"\b(?:[0-9a-f]{32}|[0-9a-f]{24})\b", self._id, text)
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "2026-01-31T09:30:00Z", text)

    def _id(self, found: re.Match[str]) -> str:
        known = self.ids.setdefault(found[0], f"{len(self.ids) + 1:x}")
        return known.rjust(len(found[0]), "0") if len(found[0]) == 24 else known.rjust(32, "0")

    def _job(self, found: re.Match[str]) -> str:
        return "00000000-0000-4000-8000-" + self.ids.setdefault(found[0], f"{len(self.ids) + 1:x}").rjust(12, "0")

    def hide(self, answer: dict[str, Any]) -> None:
        """Remembers secrets of an answer."""
        if handle := answer.get("authHandle"):
            self.hidden[handle] = "(secret)"
        if code := answer.get("userCode"):
            self.hidden[code] = "123456789"

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(self.parts) + "\n")


class Narrator:
    """Calls tools and writes down what was asked and answered."""

    def __init__(self, writer: Writer, assistant: Assistant):
        self.writer, self.assistant = writer, assistant

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.assistant.result(tool, **arguments)
        answer = result.structured_content
        self.writer.hide(answer)
        self.assistant.auth_handle = answer.get("authHandle", self.assistant.auth_handle)
        shown = json.dumps(shortened(answer), indent=2, ensure_ascii=False)
        asked = json.dumps(arguments, indent=2, ensure_ascii=False) if arguments else "{}"
        self.writer.verbatim(f"{tool} {asked}\n\n→ {shown}", "text")
        return answer


def shortened(value: Any) -> Any:
    """The same value with long lists cut."""
    if isinstance(value, dict):
        return {name: shortened(member) for name, member in value.items()}
    if isinstance(value, list):
        kept = [shortened(item) for item in value[:LONG_LIST]]
        return kept + [f"… {len(value) - LONG_LIST} more"] if len(value) > LONG_LIST else kept
    return value


def at(path: str, value: Any) -> dict[str, Any]:
    return {"attributePath": path, "value": value}


async def upload(writer: Writer, reserved: dict[str, Any], name: str, body: bytes) -> None:
    writer.verbatim(f"curl -T {name} {reserved['uploadUrl']}", "sh")
    async with httpx2.AsyncClient() as http:
        answer = await http.put(reserved["uploadUrl"], content=body)
    answer.raise_for_status()
    writer.verbatim(answer.text, "json")


async def browse(writer: Writer, browser, started: dict[str, Any], password: str) -> None:
    async with new_page(browser) as page:
        await page.goto(started["verificationUriComplete"])
        await sign_in(page, "admin", password)
        await page.get_by_role("heading", name="Allow access?").wait_for()
        text = await page.locator("main").inner_text()
        code = started["userCode"]
        text = text.replace(f"{code[:3]} {code[3:6]} {code[6:]}", "123 456 789")
        writer.verbatim("\n".join(line for line in text.splitlines() if line.strip()), "text")
        await decide(page, code, allow=True)


async def connect_and_sign_in(writer: Writer, server: Server, tell: Narrator, browser) -> None:
    writer.text("# Getting started")
    writer.text(
        "From an empty machine to a signed-in assistant with typed data, in about five minutes. "
        "The calls and answers on this page are a recording: `e2e/transcript` starts a server, "
        "walks this way and writes this file. You never type the calls yourself; your assistant makes them. "
        "They are shown so that you know what happens. Ids, times, codes and secrets are replaced, and long lists are cut."
    )
    writer.text("## 1. Start the server")
    writer.verbatim("cargo run --release -- serve", "sh")
    writer.text(
        "No configuration means: the embedded OctoMesh platform, on this machine only. "
        "The first start creates the tenant `octosystem` and its user `admin`, and prints a password once:"
    )
    writer.verbatim(welcome_of_first_start(), "text")
    writer.text("## 2. Connect an assistant")
    writer.text("For Claude Code, in another terminal:")
    writer.verbatim(f"claude mcp add --transport http octomesh {server.mcp}", "sh")
    writer.text(
        "Any other client of the Model Context Protocol works as well: its address is the one above, its transport "
        "*Streamable HTTP*. There is nothing to fill in for authentication."
    )
    writer.text("## 3. Sign in")
    writer.text("Say: *Sign me in to OctoMesh tenant octosystem and show me who I am.* The assistant calls:")
    started = await tell.call("authenticate", tenantId="octosystem")
    writer.text(
        "It shows you the address and the code. Open the address in a browser, sign in as `admin`, and compare "
        "the code before you allow the access:"
    )
    await browse(writer, browser, started, server.password)
    writer.text("Then the assistant asks whether you have, and who you are:")
    await tell.call("check_auth_status")
    await tell.call("whoami")
    await tell.call("list_tenants")


def welcome_of_first_start() -> str:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.settings.pop("OCTO_EMBEDDED__ADMINPASSWORD")
        with server:
            text = server.out.replace(server.mcp, "http://127.0.0.1:5016/mcp")
            text = text.replace(str(server.data), "~/.local/share/octo-mcp")
            return re.sub(r"(password\s+)\S+", r"\1(a generated password)", text)


async def tenant_and_model(writer: Writer, tell: Narrator) -> None:
    writer.text("## 4. Create a tenant")
    writer.text("*Create a tenant acme.* You become its administrator; the next call can already use it.")
    await tell.call("create_tenant", tenantId="octosystem", childTenantId="acme", database="acme")
    writer.text("## 5. Bring in a model")
    writer.text(
        "A *Construction Kit model* is a library of types. `examples/model` is a small one: machines, presses and the halls "
        "they stand in. Pack it:"
    )
    writer.verbatim("(cd examples/model && zip -r ../../model.zip .)", "sh")
    writer.text("*Import model.zip into acme.* The assistant reserves an upload, sends the file and starts the import:")
    reserved = await tell.call("prepare_file_upload", fileName="model.zip")
    await upload(writer, reserved, "model.zip", zipped(EXAMPLE))
    await tell.call("import_ck_model", tenantId="acme", transferId=reserved["transferId"])
    await tell.call("get_available_models", tenantId="acme")
    writer.text("What can be stored now, and what a machine needs:")
    await tell.call("search_types", tenantId="acme", searchTerm="machine")
    await tell.call("get_type_schema", tenantId="acme", ckTypeId="Workshop/Machine")


async def entities(writer: Writer, tell: Narrator) -> None:
    machine = {"tenantId": "acme", "ckTypeId": "Workshop/Machine"}
    writer.text("## 6. Store, find and change data")
    writer.text("*Add a lathe from Weiler, serial number L-100, 7.5 kW.*")
    created = await tell.call(
        "create_entity",
        **machine,
        entityData=[
            at("name", "Lathe"),
            at("serialNumber", "L-100"),
            at("ratedPower", 7.5),
            at("maker.company", "Weiler"),
        ],
    )
    rt_id, version = created["rtId"], created["entity"]["rtVersion"]
    writer.text("*Which machine has serial number L-100?*")
    await tell.call("query_entities_simple", **machine, simpleFilters=[at("serialNumber", "L-100")])
    writer.text(
        "*It is running now.* With `expectedVersion`, nothing is written if somebody else changed the machine meanwhile:"
    )
    await tell.call(
        "update_entity", **machine, rtId=rt_id, entityData=[at("state", "Running")], expectedVersion=version
    )
    writer.text("The same once more is refused, and the current machine comes back:")
    await tell.call("update_entity", **machine, rtId=rt_id, entityData=[at("state", "Broken")], expectedVersion=version)
    writer.text("## 7. Delete")
    writer.text("*Delete it.* Whatever destroys something is refused until you have agreed:")
    await tell.call("delete_entity", **machine, rtId=rt_id)
    writer.text("The assistant asks you, and calls again:")
    await tell.call("delete_entity", **machine, rtId=rt_id, confirm=True)
    await tell.call("get_entity_by_id", **machine, rtId=rt_id)
    writer.text(
        "Clients that can put a question to you (*elicitation*) are asked by the server itself; then the first call is enough."
    )


async def basic_library(writer: Writer, tell: Narrator, library: Path) -> None:
    writer.text("## The same with the Basic library")
    writer.text(
        "`Basic` is the published library most OctoMesh models build on. With its source folder "
        "(`ConstructionKit`) packed as `basic.zip`:"
    )
    await tell.call("create_tenant", tenantId="octosystem", childTenantId="basics", database="basics")
    reserved = await tell.call("prepare_file_upload", fileName="basic.zip")
    await upload(writer, reserved, "basic.zip", zipped(library))
    await tell.call("import_ck_model", tenantId="basics", transferId=reserved["transferId"])
    await tell.call("get_available_types", tenantId="basics", ckModelId="Basic")
    employee = {"tenantId": "basics", "ckTypeId": "Basic/Employee"}
    created = await tell.call(
        "create_entity",
        **employee,
        entityData=[
            at("firstName", "Ada"),
            at("lastName", "Lovelace"),
            at("employeeId", "1"),
            at("employeeExternalId", "A-1"),
        ],
    )
    rt_id = created["rtId"]
    await tell.call("query_entities_simple", **employee, simpleFilters=[at("lastName", "Lovelace")])
    await tell.call(
        "update_entity",
        **employee,
        rtId=rt_id,
        entityData=[at("employeeExternalId", "A-2")],
        expectedVersion=created["entity"]["rtVersion"],
    )
    await tell.call("delete_entity", **employee, rtId=rt_id)
    await tell.call("delete_entity", **employee, rtId=rt_id, confirm=True)


def where_to_go_on(writer: Writer) -> None:
    writer.parts.append(
        "## Where to go on\n\n"
        "- [The tools](tools.md), with their arguments.\n"
        "- [Configuration](../README.md#configuration) and [deployments](../README.md#deployments).\n"
        "- `octo-mcp ck check FOLDER` compiles a model folder of your own and says what is wrong with it."
    )


async def record(library: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        writer = Writer(server)
        async with chromium() as browser, connect(server.mcp, "legacy") as assistant:
            tell = Narrator(writer, assistant)
            await connect_and_sign_in(writer, server, tell, browser)
            await tenant_and_model(writer, tell)
            await entities(writer, tell)
            await basic_library(writer, tell, library)
        where_to_go_on(writer)
        writer.save(PAGE)


def main() -> int:
    library = shared_folder() / "models" / "Octo.Sdk.Packages.Basic" / "ConstructionKit"
    if not library.is_dir():
        print("The Basic library is needed: set OCTO_SHARED to the folder with the shared models.", file=sys.stderr)
        return 1
    anyio.run(record, library)
    return 0


if __name__ == "__main__":
    sys.exit(main())
