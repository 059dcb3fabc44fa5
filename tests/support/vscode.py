"""A real VS Code, served by code-server and driven in headless Chromium as a person would drive it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from playwright.sync_api import Browser, FrameLocator, Locator, Page, TimeoutError

from .install_vscode import Rig

ROOT = Path(__file__).resolve().parents[2]
BLOG = ROOT / "tests/projects/blog"
MIGRATIONS = Path("priv/repo/migrations")

# Far more than it takes, for a machine that has much else to do.
PATIENCE = 120.0
# Nothing outside of this machine is asked for anything.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NO_GALLERY = '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}'
SETTINGS = {
    "workbench.startupEditor": "none",
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": False,
    "workbench.layoutControl.enabled": False,
    "git.enabled": False,
    "editor.minimap.enabled": False,
    "editor.wordBasedSuggestions": "off",
    # Tab goes to the next tab stop, and takes no suggestion that happened to come up.
    "editor.suggest.snippetsPreventQuickSuggestions": True,
    "files.autoSave": "off",
    "editor.accessibilitySupport": "off",
    "editor.cursorBlinking": "solid",
    "files.simpleDialog.enable": True,
}

# How this machine reaches the package index.
_FOR_PIP = re.compile(r"^(pip|ssl|requests)_|_proxy$", re.IGNORECASE)

Value = TypeVar("Value")


def wait_for(look: Callable[[], Value], seconds: float = PATIENCE) -> Value:
    """What `look` returns, as soon as that is true of anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not seen within {seconds:.0f} seconds")


class CodeServer:
    """VS Code with our extension on a port of this machine; settings, extensions and home are its own."""

    def __init__(self, rig: Rig, home: Path, vsix: Path, path: str, flags: list[str] | None = None) -> None:
        """`path` is the PATH that the extension sees; `flags` more options of code-server."""
        self.home = home
        self.data = home / "data"
        self._command = [
            *(str(rig.node), str(rig.entry), "--config", os.devnull),
            *("--user-data-dir", str(self.data), "--extensions-dir", str(home / "extensions")),
        ]
        # Of the environment only what VS Code needs: no variable of a developer decides a test.
        self._environment = {
            "HOME": str(home),
            "PATH": path,
            "LANG": "C.UTF-8",
            "EXTENSIONS_GALLERY": NO_GALLERY,
            # As if started in a terminal; else PATH comes from a login shell.
            "VSCODE_CLI": "1",
            **{name: os.environ[name] for name in os.environ if _FOR_PIP.search(name)},
        }
        self._flags = flags if flags is not None else ["--disable-workspace-trust"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.write_settings({})
        self.install(vsix)

    def install(self, vsix: Path) -> None:
        subprocess.run(
            [*self._command, "--install-extension", str(vsix)],
            env=self._environment,
            check=True,
            timeout=300,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def write_settings(self, machine: Mapping[str, Any]) -> None:
        """`machine` are settings of machine scope: elsewhere they are read once and then forgotten."""
        for scope, settings in (("User", SETTINGS), ("Machine", machine)):
            folder = self.data / scope
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "settings.json").write_text(json.dumps(settings))

    def machine_settings(self) -> dict[str, Any]:
        found = json.loads((self.data / "Machine/settings.json").read_text())
        assert isinstance(found, dict)
        return found

    def start(self) -> None:
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        with open(self.home / "server.log", "wb") as log:
            self._process = subprocess.Popen(
                [
                    *self._command,
                    *("--bind-addr", f"127.0.0.1:{self.port}", "--auth", "none"),
                    *("--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"),
                    *self._flags,
                ],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers)

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, (
            self.home / "server.log"
        ).read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """With all its children: the hosts of extensions, and our server."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(20)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def open(self, browser: Browser, folder: Path, file: Path | None = None) -> Window:
        """A window with `folder` (or the folders of a `.code-workspace` file), and `file` in an editor."""
        context = browser.new_context(viewport={"width": 1280, "height": 760})
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        kind = "workspace" if folder.suffix == ".code-workspace" else "folder"
        url = f"http://127.0.0.1:{self.port}/?{kind}={quote(str(folder))}"
        if file is not None:
            opened = [["openFile", f"vscode-remote://127.0.0.1:{self.port}{file}"]]
            url += f"&payload={quote(json.dumps(opened))}"
        page.goto(url)
        page.wait_for_selector(".monaco-workbench")
        if file is not None:
            page.wait_for_selector(".monaco-editor .view-line")
        return Window(page, folder)


class Window:
    """One window, by what is to be seen in it."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder

    def close(self) -> None:
        self.page.context.close()

    # --- the editor ----------------------------------------------------------------------------------------

    def line(self, text: str) -> Locator:
        """The line of code that holds `text`."""
        return self.page.locator(".editor-instance .view-line", has_text=text).first

    def put_caret(self, text: str) -> None:
        """On the first line that holds `text`, at its end."""
        self.line(text).click()
        self.page.keyboard.press("End")

    def point_at(self, text: str) -> Locator:
        """Moves the mouse onto `text`; the hover that comes up."""
        token = self.page.locator(".editor-instance .view-line span:not(:has(span))", has_text=text).first
        token.hover()
        return self.page.locator(".monaco-hover:not(.hidden) .hover-contents").first

    def replace_text(self, text: str) -> None:
        """All of the editor's text, as if pasted: nothing is completed or indented."""
        self.page.locator(".editor-instance .view-line").first.click()
        self.page.keyboard.press("Control+KeyA")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def fill(self, *values: str) -> None:
        """Types into one tab stop of a snippet after the other, as soon as there is one."""
        self.page.locator(".monaco-editor .snippet-placeholder").first.wait_for()
        for value in values:
            self.page.keyboard.type(value)
            self.page.keyboard.press("Tab")

    def save(self) -> None:
        self.page.keyboard.press("Control+KeyS")

    def fix(self, title: str) -> Locator:
        """The entry of the menu of fixes at the caret."""
        entry = self.page.locator(".action-widget .monaco-list-row", has_text=title)
        # The menu goes away by itself where the caret or the problems change while it opens.
        for _ in range(10):
            self.page.keyboard.press("Control+Period")
            with suppress(TimeoutError):
                entry.wait_for(timeout=PATIENCE * 100)
                return entry
        raise AssertionError(f"no fix {title}")

    def squiggle(self, kind: str = "error") -> Locator:
        return self.page.locator(f".monaco-editor .squiggly-{kind}").first

    # --- around it -----------------------------------------------------------------------------------------

    def run(self, title: str) -> None:
        """A command by its title, from the palette."""
        self.page.keyboard.press("F1")
        self.page.locator(".quick-input-widget input").first.wait_for()
        self.page.keyboard.insert_text(title)
        self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.click()

    def picks(self) -> Locator:
        """What a quick pick offers."""
        return self.page.locator(".quick-input-list .monaco-list-row")

    def problems(self) -> Locator:
        """The rows of the problems panel, which is opened."""
        if not self.page.locator(".markers-panel").is_visible():
            self.page.keyboard.press("Control+Shift+KeyM")
        return self.page.locator(".markers-panel .monaco-list-row")

    def status(self, text: str) -> Locator:
        """Our item in the status bar, once it says `text`."""
        return self.page.locator(
            "#ecto-migrations\\.ecto-migrations\\.ectoMigrations\\.verdict", has_text=text
        )

    def message(self, text: str) -> Locator:
        """A message at the lower right."""
        return self.page.locator(".notification-toast", has_text=text)

    def web_page(self) -> FrameLocator:
        """What a webview shows: it lies in a frame in a frame."""
        return self.page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")

    def migrations(self) -> list[Path]:
        return sorted((self.folder / MIGRATIONS).glob("*.exs"))

    def picture(self, name: str, *, mouse_stays: bool = False) -> None:
        """Kept where ECTO_MIGRATIONS_PICTURES says: the pictures of the documentation."""
        folder = os.environ.get("ECTO_MIGRATIONS_PICTURES")
        if folder:
            # What moves comes to rest: a fading highlight, a progress bar, what the mouse has left.
            if not mouse_stays:
                self.page.mouse.move(700, 740)
            self.page.wait_for_timeout(700)
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


def copy_of_blog(target: Path) -> Path:
    """The example project, to write into."""
    return Path(shutil.copytree(BLOG, target / "blog"))
