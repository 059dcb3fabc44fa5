"""Where the server comes from, and what is said where it cannot be had."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.vscode import MIGRATIONS, CodeServer, wait_for

if TYPE_CHECKING:
    from conftest import Opener
    from support.install_vscode import Rig

ADD_STATUS = MIGRATIONS / "20250415120000_add_status_to_posts.exs"
SCRIPTS = sysconfig.get_path("scripts")

Start = Callable[..., CodeServer]


@pytest.fixture
def start(rig: Rig, vsix: Path, tmp_path: Path) -> Iterator[Start]:
    """VS Code with a PATH of folders of one's own, and settings of the machine."""
    started: list[CodeServer] = []

    def start(*path: Path | str, flags: list[str] | None = None, **settings: Any) -> CodeServer:
        code = CodeServer(rig, tmp_path / "code", vsix, os.pathsep.join(map(str, path)), flags)
        code.write_settings({f"ectoMigrations.server.{name}": value for name, value in settings.items()})
        code.start()
        started.append(code)
        return code

    yield start
    for code in started:
        code.stop()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder for PATH in which there is nothing."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def test_without_anything_to_install_with_the_message_says_what_is_missing(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    window = open_window(start(empty), blog, blog / ADD_STATUS)
    message = window.message("there is no Python in PATH, and the server needs Python 3.11 or later")
    message.wait_for()
    for button in ("Choose Python…", "Get uv", "Try Again"):
        assert message.get_by_role("button", name=button).is_visible()
    window.status("no server").wait_for()


def test_a_python_that_is_too_old_is_named(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    old = empty / "python3"
    old.write_text("#!/bin/sh\necho 3.9.2\n")
    old.chmod(0o755)
    window = open_window(start(empty), blog, blog / ADD_STATUS)
    window.message(f"{old} is Python 3.9.2, and the server needs 3.11 or later").wait_for()


def test_it_installs_the_server_when_asked_to(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    """Into its own storage, with pip; a second window finds it there."""
    (empty / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    code = start(empty)
    window = open_window(code, blog, blog / ADD_STATUS)
    message = window.message("Install it into an environment of the extension's own?")
    message.wait_for()
    message.get_by_role("button", name="Install").click()
    window.message("installing the server").wait_for(timeout=300_000)
    window.squiggle().wait_for(timeout=300_000)
    window.status("dangerous").wait_for()
    storage = code.data / "User/globalStorage/ecto-migrations.ecto-migrations"
    [environment] = storage.glob("server-*")
    assert (environment / "complete").is_file()
    # What a rehearsal needs comes into the same environment, when it is wanted.
    window.run("Ecto Migrations: Rehearse Migration")
    message = window.message("A rehearsal needs PostgreSQL and its driver.")
    message.wait_for()
    message.get_by_role("button", name="Install").click()
    window.web_page().get_by_role("heading", name="AddStatusToPosts: failed").wait_for(timeout=300_000)
    again = open_window(code, blog, blog / ADD_STATUS)
    again.squiggle().wait_for()
    assert not again.message("Install it").is_visible()


def test_it_asks_once_and_the_status_bar_asks_again(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    (empty / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    code = start(empty)
    window = open_window(code, blog, blog / ADD_STATUS)
    window.message("Install it").get_by_role("button", name="Not Now").click()
    window.message("Install it").wait_for(state="hidden")
    window.run("Ecto Migrations: Restart Server")
    window.status("looking for the server").wait_for()
    window.status("no server").wait_for()
    window.page.wait_for_timeout(2000)
    assert not window.message("Install it").is_visible()
    window.status("no server").click()
    window.message("Install it").wait_for()


def test_a_wrong_path_in_the_settings_is_named_and_mended(
    start: Start, blog: Path, open_window: Opener
) -> None:
    code = start(SCRIPTS, path="/no/such/ecto-migrations")
    window = open_window(code, blog, blog / ADD_STATUS)
    message = window.message("ectoMigrations.server.path, /no/such/ecto-migrations: there is no such program")
    message.wait_for()
    message.get_by_role("button", name="Find It Automatically").click()
    window.squiggle().wait_for()
    wait_for(lambda: "ectoMigrations.server.path" not in code.machine_settings())


def test_the_path_in_the_settings_comes_first(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    broken = empty / "ecto-migrations"
    broken.write_text("#!/bin/sh\necho 'broken on purpose' >&2\nexit 3\n")
    broken.chmod(0o755)
    window = open_window(start(empty, path=f"{SCRIPTS}/ecto-migrations"), blog, blog / ADD_STATUS)
    window.squiggle().wait_for()


def test_with_uvx_it_gets_the_server_from_the_package(
    start: Start, blog: Path, empty: Path, open_window: Opener
) -> None:
    """A uvx of our own: it shows what it is asked for, and answers with the server of this checkout."""
    asked = empty / "asked"
    uvx = empty / "uvx"
    uvx.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\nwhile [ "$1" != ecto-migrations ]; do shift; done; shift\n'
        f'exec {SCRIPTS}/ecto-migrations "$@"\n'
    )
    uvx.chmod(0o755)
    window = open_window(start(empty), blog, blog / ADD_STATUS)
    window.squiggle().wait_for()
    first, second, *_ = asked.read_text().splitlines()
    assert "--from" in first and first.endswith(".whl ecto-migrations --version")
    assert second.endswith(".whl ecto-migrations server")


def test_an_untrusted_folder_does_not_choose_the_server(
    start: Start, blog: Path, tmp_path: Path, open_window: Opener
) -> None:
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\n: > {tmp_path}/was-run\n")
    evil.chmod(0o755)
    (blog / ".vscode").mkdir()
    (blog / ".vscode/settings.json").write_text(f'{{"ectoMigrations.server.path": "{evil}"}}')
    window = open_window(start(SCRIPTS, flags=[]), blog, blog / ADD_STATUS)
    window.page.get_by_role("button", name="Restricted Mode").first.wait_for()
    window.squiggle().wait_for()
    window.run("Ecto Migrations: Rehearse Migration")
    window.message("Trust the folder first.").get_by_role("button", name="Manage Trust").wait_for()
    assert not (tmp_path / "was-run").exists()
    window.page.locator(".notification-toast, .part.banner").get_by_text("Manage", exact=True).click()
    window.page.locator(".workspace-trust-editor").get_by_role("button", name="Trust", exact=True).click()
    window.message("evil").wait_for()
    assert (tmp_path / "was-run").exists()
