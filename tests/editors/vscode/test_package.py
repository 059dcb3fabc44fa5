"""What lies in the package: everything that it needs and names, and nothing of the machine that built it."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.project.settings_keys import KEYS
from ecto_migrations_server.version import version


@pytest.fixture(scope="module")
def package(vsix: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(vsix) as opened:
        yield opened


@pytest.fixture(scope="module")
def manifest(package: zipfile.ZipFile) -> Any:
    return json.loads(package.read("extension/package.json"))


def test_it_carries_the_server_the_licences_and_its_pages(package: zipfile.ZipFile) -> None:
    names = {name.removeprefix("extension/") for name in package.namelist()}
    assert {
        "dist/extension.js",
        "LICENSE.txt",
        "ThirdPartyNotices.txt",
        "readme.md",
        "changelog.md",
        "media/icon.png",
        "schemas/ecto-migrations.schema.json",
        f"wheel/ecto_migrations-{version()}-py3-none-any.whl",
    } <= names
    assert not [name for name in names if name.startswith(("src/", "node_modules/")) or name.endswith(".map")]


def test_extension_and_server_have_one_version(manifest: Any) -> None:
    """The extension passes over a server that is older than itself."""
    assert manifest["version"] == version()


def test_every_file_that_the_manifest_names_is_there(package: zipfile.ZipFile, manifest: Any) -> None:
    named = {manifest["icon"], manifest["main"].removeprefix("./")}
    for walkthrough in manifest["contributes"]["walkthroughs"]:
        for step in walkthrough["steps"]:
            named.add(step["media"].get("image") or step["media"]["markdown"])
    present = {name.removeprefix("extension/") for name in package.namelist()}
    assert named <= present and any(name.endswith("hover.png") for name in named)
    # VS Code would show a broken picture.
    assert "![" not in package.read("extension/readme.md").decode()


def test_the_settings_of_the_project_are_settings_of_the_editor(manifest: Any) -> None:
    properties = manifest["contributes"]["configuration"]["properties"]
    for key in KEYS:
        setting = properties[f"ectoMigrations.{key}"]
        assert setting["markdownDescription"] and setting["type"]
        assert "$ref" not in json.dumps(setting)
    assert properties["ectoMigrations.database"]["enum"] == ["postgres", "mysql", "sqlite", "mssql", None]
    levels = properties["ectoMigrations.levels"]["properties"]
    assert levels["index-not-concurrent"]["enum"] == ["danger", "risk", "info", "off"]


def test_every_setting_and_command_is_described(manifest: Any) -> None:
    contributes = manifest["contributes"]
    for name, setting in contributes["configuration"]["properties"].items():
        assert setting.get("description") or setting.get("markdownDescription"), name
        if "enum" in setting and name.count(".") == 2:
            assert len(setting["enumDescriptions"]) == len(setting["enum"]), name
    commands = {command["command"]: command["title"] for command in contributes["commands"]}
    assert all(name.startswith("ectoMigrations.") and title for name, title in commands.items())
    # The client registers the server's own commands by themselves; one name twice would end the second.
    assert not [name for name in commands if name.startswith("ectoMigrations.server.")]
    for menu in contributes["menus"].values():
        assert {item["command"] for item in menu} <= set(commands)


def test_what_a_folder_must_not_decide_is_restricted(manifest: Any) -> None:
    properties = manifest["contributes"]["configuration"]["properties"]
    restricted = manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert set(restricted) == {name for name in properties if name.startswith("ectoMigrations.server.")}


def test_it_names_no_machine_and_no_registry(package: zipfile.ZipFile, manifest: Any) -> None:
    assert "scripts" not in manifest and "devDependencies" not in manifest
    texts = {
        name: package.read(name).decode()
        for name in package.namelist()
        if name.endswith((".json", ".md", ".js", ".txt"))
    }
    for name, text in texts.items():
        assert not re.search(r"registry\.npmjs|pypi\.org|npmjs\.org|/root/|/tmp/", text), name
