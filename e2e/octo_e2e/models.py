"""Construction Kit models to import."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from .server import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "model"


def zipped(folder: Path) -> bytes:
    """The folder as `zip -r model.zip .` packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.yaml")):
            archive.write(file, file.relative_to(folder))
    return packed.getvalue()


def zip_of(**files: str) -> bytes:
    """A zip of the named texts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def shared_folder() -> Path:
    """The folder with the published model libraries."""
    return Path(os.environ.get("OCTO_SHARED") or REPOSITORY.parent / "shared")


def shared_library(name: str) -> Path:
    """The source folder of a published library; skips the test where there is none."""
    folder = shared_folder() / "models" / name / "ConstructionKit"
    if not folder.is_dir():
        text = f"there is no {name} in the shared models folder; set OCTO_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return folder
