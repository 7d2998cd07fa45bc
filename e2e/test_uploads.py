"""Files on their way in: too large, hostile, broken; and downloads of nobody."""

import asyncio
import zipfile
from io import BytesIO
from urllib.parse import urlsplit

import httpx2
import pytest

from octo_e2e.client import connect
from octo_e2e.models import EXAMPLE, zip_of, zipped

pytestmark = pytest.mark.anyio

GIB = 1 << 30
HEADER = "modelId: Broken-1.0.0\ndependencies:\n  - System-[2.0,3.0)\n"


@pytest.fixture
async def tenant(admin, tenant_name):
    await admin.create_tenant(tenant_name)
    return tenant_name


async def import_refusal(assistant, tenant, name, body):
    transfer = await assistant.upload_bytes(name, body)
    before = await assistant.call("get_available_models", tenantId=tenant)
    refused = await assistant.refusal("import_ck_model", tenantId=tenant, transferId=transfer)
    after = await assistant.call("get_available_models", tenantId=tenant)
    assert after["models"] == before["models"], "the tenant keeps what it had"
    return refused["errorMessage"]


def types(text):
    return "types:\n" + text


async def test_a_model_that_does_not_compile_comes_back_with_all_its_faults(admin, tenant):
    body = zip_of(
        **{
            "ckModel.yaml": HEADER,
            "types/a.yaml": types("  - typeId: A\n    derivedFromCkTypeId: ${this}/Missing\n"),
            "attributes/b.yaml": "attributes:\n  - id: B\n    valueType: Colour\n",
        }
    )
    text = await import_refusal(admin, tenant, "model.zip", body)
    assert "types/a.yaml" in text and "attributes/b.yaml" in text, text
    assert "Missing" in text, text


async def test_text_that_is_no_yaml_comes_back_with_its_line(admin, tenant):
    body = zip_of(**{"ckModel.yaml": HEADER, "types/a.yaml": "types:\n  - typeId: [A\n"})
    text = await import_refusal(admin, tenant, "model.zip", body)
    assert "types/a.yaml" in text, text


async def test_a_model_whose_dependency_is_missing(admin, tenant):
    body = zip_of(**{"ckModel.yaml": "modelId: Broken-1.0.0\ndependencies:\n  - Nowhere-[1.0,2.0)\n"})
    assert "Nowhere" in await import_refusal(admin, tenant, "model.zip", body)


@pytest.mark.parametrize("name", ["../evil.yaml", "types/../../evil.yaml", "/tmp/octo-evil.yaml", "..\\evil.yaml"])
async def test_a_zip_that_climbs_out_of_its_folder_is_refused(server, admin, tenant, name):
    body = zip_of(**{"ckModel.yaml": HEADER, name: "types: []\n"})
    text = await import_refusal(admin, tenant, "model.zip", body)
    assert "evil.yaml" in text or "path" in text.lower() or "name" in text.lower(), text
    assert not list(server.folder.parent.rglob("*evil.yaml"))


async def test_a_zip_that_unpacks_to_gigabytes_is_refused(admin, tenant):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ckModel.yaml", HEADER)
        with archive.open("types/a.yaml", "w", force_zip64=True) as bomb:
            for _ in range(512):
                bomb.write(b" " * (1 << 20))
    assert len(packed.getvalue()) < 2 << 20
    text = await import_refusal(admin, tenant, "model.zip", packed.getvalue())
    assert "unpacks to more than" in text, text


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("model.zip", b""),
        ("model.zip", b"PK\x03\x04 and then nothing"),
        ("model.zip", zip_of(**{"readme.txt": "no model here"})),
        ("model.json", b"{"),
        ("model.json", b'{"modelId": 7}'),
        ("model.yaml", b"\xff\xfe\x00"),
        ("model.exe", b"MZ"),
    ],
)
async def test_files_that_are_no_models_are_refused(admin, tenant, name, body):
    assert await import_refusal(admin, tenant, name, body)


async def test_a_transfer_can_be_used_by_nobody_else(server, browser, admin, tenant):
    transfer = await admin.upload_bytes("model.zip", zipped(EXAMPLE))
    async with connect(server.mcp) as stranger:
        refused = await stranger.refusal("import_ck_model", tenantId=tenant, transferId=transfer)
        assert "authenticate" in refused["errorMessage"].lower()
    unknown = await admin.refusal("import_ck_model", tenantId=tenant, transferId="0" * 32)
    assert "not found or expired" in unknown["errorMessage"]


async def test_an_upload_nobody_reserved_is_refused(server):
    base = server.mcp.removesuffix("/mcp")
    async with httpx2.AsyncClient() as http:
        for way in ("0" * 32, "..%2F..%2Fkeys", "x" * 5000):
            answer = await http.put(f"{base}/file-transfer/upload/{way}", content=b"x")
            assert answer.status_code in (404, 414), way


async def test_a_cancelled_transfer_is_gone(admin):
    reserved = await admin.call("prepare_file_upload", fileName="model.zip")
    await admin.call("cancel_file_transfer", transferId=reserved["transferId"])
    async with httpx2.AsyncClient() as http:
        answer = await http.put(reserved["uploadUrl"], content=b"x")
    assert answer.status_code == 404


async def put_head(url, length):
    """Announces a body of `length` bytes, sends none of it, and returns the status code."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        f"PUT {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    await writer.drain()
    try:
        line = await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()
    return int(line.split()[1])


async def test_an_upload_announced_as_6_gib_is_refused_before_it_is_sent(server, admin):
    reserved = await admin.call("prepare_file_upload", fileName="model.zip")
    before = stored_bytes(server)
    assert await put_head(reserved["uploadUrl"], 6 * GIB) == 413
    assert stored_bytes(server) == before
    await admin.call("cancel_file_transfer", transferId=reserved["transferId"])


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_upload_that_turns_out_to_have_6_gib_is_broken_off(server, admin):
    reserved = await admin.call("prepare_file_upload", fileName="model.zip")
    before = stored_bytes(server)
    sent, status = await put_zeros(reserved["uploadUrl"], 6 * GIB)
    assert status == 413
    assert 5 * GIB <= sent < 6 * GIB
    assert stored_bytes(server) == before


async def put_zeros(url, length):
    """Sends zeros without saying how many until the server answers; returns how many, and the answer's status."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"PUT {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    answer = asyncio.create_task(reader.readline())
    block = bytes(4 << 20)
    chunk = f"{len(block):x}\r\n".encode() + block + b"\r\n"
    sent = 0
    try:
        while sent < length and not answer.done():
            writer.write(chunk)
            await writer.drain()
            sent += len(block)
    except ConnectionError:
        pass  # The server has answered and hung up.
    try:
        return sent, int((await answer).split()[1])
    finally:
        writer.close()


def stored_bytes(server):
    return sum(file.stat().st_size for file in (server.data / "transfers").rglob("*") if file.is_file())
