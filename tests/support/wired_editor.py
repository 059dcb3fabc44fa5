"""Messages over a bare pipe in the order in which they come, where that order is what is tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Timer
from typing import Any

from .editor import uri_of
from .wire import Wire

Message = dict[str, Any]
_PATIENCE = 40.0
PROGRESS = {"window": {"workDoneProgress": True}}


class WiredEditor(Wire):
    """Answers what the server asks with null, and keeps every message."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.seen: list[Message] = []
        self.versions: dict[str, int] = {}
        self.ids = 1000
        # A message that never comes fails the test instead of keeping it waiting.
        self._watchdog = Timer(_PATIENCE, self.process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def __exit__(self, *details: object) -> None:
        self._watchdog.cancel()
        super().__exit__(*details)

    def read(self) -> Message:
        message = super().read()
        self.seen.append(message)
        if "id" in message and "method" in message:
            self.send({"id": message["id"], "result": None})
        return message

    def until(self, wanted: Callable[[Message], object]) -> Message:
        """The next message that is wanted; those in between are kept in `seen`."""
        while not wanted(message := self.read()):
            pass
        return message

    # --- what a person does --------------------------------------------------------------------------------

    def edit(self, path: Path, text: str | None = None) -> str:
        """Opens a file, or a buffer with this text; returns its URI."""
        uri = uri_of(path)
        self.versions[uri] = 1
        self.open(uri, path.read_text() if text is None else text)
        return uri

    def type(self, uri: str, text: str) -> int:
        """The buffer holds `text` from now on; the version that it is."""
        self.versions[uri] += 1
        identifier = {"uri": uri, "version": self.versions[uri]}
        changes = [{"text": text}]
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})
        return self.versions[uri]

    def save(self, path: Path, text: str) -> None:
        path.write_text(text)
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri_of(path)}})

    def ask(self, method: str, uri: str, line: int = 0, character: int = 0) -> int:
        """Sends a request about a place; returns its id and reads nothing."""
        self.ids += 1
        position = {"line": line, "character": character}
        params = {"textDocument": {"uri": uri}, "position": position}
        self.send({"id": self.ids, "method": f"textDocument/{method}", "params": params})
        return self.ids

    def answer(self, number: int) -> Message:
        """The answer to the request with this id, which may have come already."""

        def wanted(message: Message) -> bool:
            return message.get("id") == number and "method" not in message

        return next(filter(wanted, self.seen), None) or self.until(wanted)

    # --- what it sees --------------------------------------------------------------------------------------

    def progress(self, kind: str) -> Message:
        """The value of the next progress message of this kind."""
        value = self.until(lambda message: _progress(message).get("kind") == kind)["params"]["value"]
        assert isinstance(value, dict)
        return value

    def rest(self, uri: str) -> None:
        """Everything is known that the document is judged by, and no progress is shown."""
        self.answer(self.ask("hover", uri))
        kinds = [_progress(message).get("kind") for message in self.seen]
        created = [message.get("method") == "window/workDoneProgress/create" for message in self.seen]
        for _ in range(sum(created) - kinds.count("end")):
            self.progress("end")

    def shown(
        self, uri: str, version: int | None = None, has: str | None = None, lacks: str | None = None
    ) -> list[str]:
        """The rules of the next diagnostics for the document: of this version, with and without a rule."""

        def wanted(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            if params["uri"] != uri or version not in (None, params.get("version")):
                return False
            found = rules(params["diagnostics"])
            return (has is None or has in found) and (lacks is None or lacks not in found)

        return rules(self.until(wanted)["params"]["diagnostics"])

    def token(self) -> object:
        """Of the progress that was begun last."""
        return next(
            message["params"]["token"]
            for message in reversed(self.seen)
            if _progress(message).get("kind") == "begin"
        )


def rules(diagnostics: list[Mapping[str, Any]]) -> list[str]:
    return [each["code"] for each in diagnostics]


def _progress(message: Message) -> Message:
    params = message.get("params")
    found = params.get("value", {}) if message.get("method") == "$/progress" and params else {}
    assert isinstance(found, dict)
    return found
