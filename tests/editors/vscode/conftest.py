"""VS Code with the package of `make vsix`. `make vscode` runs these tests; `make test` does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from support.install_vscode import Rig
    from support.vscode import CodeServer, Window

VSIX = os.environ.get("ECTO_MIGRATIONS_VSIX", "")
ROOT = Path(__file__).resolve().parents[3]
# They need a browser and half a gigabyte, so that nobody meets them unasked. Asked for, a part that is
# missing is a failure.
collect_ignore_glob = [] if VSIX else ["test_*.py"]

SYSTEM_PATH = "/usr/bin:/bin"


@pytest.fixture(scope="session")
def rig() -> Rig:
    from support.install_vscode import default_destination, install

    return install(default_destination())


@pytest.fixture(scope="session")
def vsix() -> Path:
    return Path(VSIX).resolve(strict=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright
    from support.vscode import CHROMIUM_FLAGS

    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable is not None, "Chromium is not installed (on Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def elixir_colours(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another extension that contributes the language `elixir`, with a grammar: as the Elixir servers' do."""
    folder = tmp_path_factory.mktemp("elixir-colours")
    shutil.copy(rig.grammars / "elixir.json", folder / "elixir.json")
    scope = json.loads((folder / "elixir.json").read_text())["scopeName"]
    manifest = {
        "name": "elixir-colours",
        "publisher": "tests",
        "version": "1.0.0",
        "engines": {"vscode": "^1.91.0"},
        "contributes": {
            "languages": [{"id": "elixir", "aliases": ["Elixir"], "extensions": [".ex", ".exs"]}],
            "grammars": [{"language": "elixir", "scopeName": scope, "path": "./elixir.json"}],
        },
    }
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "README.md").write_text("Colours.\n")
    packed = folder / "colours.vsix"
    vsce = ROOT / "editors/vscode/node_modules/@vscode/vsce/vsce"
    subprocess.run(
        [
            *(str(rig.node), str(vsce), "package", "--no-dependencies", "--skip-license"),
            *("--allow-missing-repository", "--out", str(packed)),
        ],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return packed


@pytest.fixture(scope="session")
def code(
    rig: Rig, vsix: Path, elixir_colours: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CodeServer]:
    """VS Code where `ecto-migrations` is in PATH, beside another Elixir extension."""
    from support.vscode import CodeServer

    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{SYSTEM_PATH}"
    started = CodeServer(rig, tmp_path_factory.mktemp("code"), vsix, path)
    started.install(elixir_colours)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    from support.vscode import copy_of_blog

    return copy_of_blog(tmp_path)


class Opener:
    """Opens windows, and leaves a picture of each where a test has failed."""

    def __init__(self, browser: Browser, pictures: Path) -> None:
        self.browser = browser
        self.pictures = pictures
        self.windows: list[Window] = []

    def __call__(self, code: CodeServer, folder: Path, file: Path | None = None) -> Window:
        window = code.open(self.browser, folder, file)
        self.windows.append(window)
        return window


@pytest.fixture
def open_window(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(browser, tmp_path)
    yield opener
    for number, window in enumerate(opener.windows):
        picture = tmp_path / f"window-{number}.png"
        window.page.screenshot(path=str(picture))
        print(f"the window at the end: {picture}", file=sys.stderr)
        window.close()
