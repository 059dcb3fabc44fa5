"""A large application: `ECTO_MIGRATIONS_APPLICATION=/path/to/checkout make vscode`. None of it is changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.vscode import CodeServer, Window

if TYPE_CHECKING:
    from conftest import Opener

APPLICATION = os.environ.get("ECTO_MIGRATIONS_APPLICATION", "")

pytestmark = pytest.mark.skipif(not APPLICATION, reason="ECTO_MIGRATIONS_APPLICATION names no checkout")


@pytest.fixture
def window(code: CodeServer, open_window: Opener) -> Window:
    """Its last migration that makes a table."""
    folder = Path(APPLICATION).resolve(strict=True)
    path = max(
        path
        for path in folder.glob("**/priv/*/migrations/*.exs")
        if "deps" not in path.parts and "create table" in path.read_text()
    )
    opened = open_window(code, folder, path)
    opened.page.locator(".codelens-decoration a", has_text="reversible").first.wait_for()
    opened.status("").wait_for()
    return opened


def test_what_is_shown_of_it(window: Window) -> None:
    window.picture("application-open")
    window.point_at("create").filter(has_text="CREATE").wait_for()
    window.picture("application-hover", mouse_stays=True)
    window.page.locator(".codelens-decoration a", has_text="reversible").first.click()
    window.web_page().get_by_role("heading", name="Migration Report").wait_for()
    window.picture("application-report")
    assert not window.message("failed").is_visible()


def test_it_is_rehearsed(window: Window) -> None:
    window.run("Ecto Migrations: Rehearse Migration")
    window.message("Rehearsing").wait_for()
    window.picture("application-rehearsing")
    window.web_page().get_by_role("heading", name="Rehearsal of").wait_for(timeout=300_000)
    window.picture("application-rehearsal")
    assert not window.message("failed").is_visible()
