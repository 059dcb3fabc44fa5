"""What a person sees and does with an open migration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.vscode import MIGRATIONS, CodeServer, Window

if TYPE_CHECKING:
    from conftest import Opener

ADD_STATUS = MIGRATIONS / "20250415120000_add_status_to_posts.exs"


@pytest.fixture
def window(code: CodeServer, blog: Path, open_window: Opener) -> Window:
    opened = open_window(code, blog, blog / ADD_STATUS)
    opened.squiggle().wait_for()
    return opened


def test_a_finding_is_underlined_listed_and_in_the_status_bar(window: Window) -> None:
    window.put_caret("null: false")
    window.status("dangerous").wait_for()
    row = window.problems().filter(has_text="NOT NULL without a default: scans posts under ACCESS EXCLUSIVE")
    row.wait_for()
    assert "add-column-not-null-without-default" in row.inner_text()
    window.picture("vscode-finding")
