"""The language server as a bare process: bytes in, bytes out. For what a well-behaved client never does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .editor import COMMAND

PATIENCE = 30.0


class Wire:
    """A server process and the JSON-RPC messages that go over its pipes."""

    def __init__(self, command: list[str] = COMMAND, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        )
        self._next_id = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def send_bytes(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def send(self, message: Mapping[str, Any]) -> None:
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any = None) -> dict[str, Any]:
        """Sends a request and returns its response; what comes before it is dropped."""
        self._next_id += 1
        self.send({"id": self._next_id, "method": method, "params": params})
        return self.response(self._next_id)

    def response(self, message_id: int) -> dict[str, Any]:
        while True:
            message = self.read()
            if message.get("id") == message_id and "method" not in message:
                return message

    def notification(self, method: str) -> dict[str, Any]:
        """The next notification of this kind."""
        while True:
            message = self.read()
            if message.get("method") == method:
                return message

    def read(self) -> dict[str, Any]:
        """The next message, whatever it is. Fails where stdout holds anything but messages."""
        stdout = self.process.stdout
        assert stdout is not None
        length = None
        while (line := stdout.readline()) != b"\r\n":
            name, separator, value = line.partition(b": ")
            assert separator and name.startswith(b"Content-"), f"not a header: {line!r}"
            if name == b"Content-Length":
                length = int(value)
        assert length is not None
        message = json.loads(stdout.read(length))
        assert isinstance(message, dict)
        return message

    def initialize(self, capabilities: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        answer = self.request(
            "initialize", {"processId": None, "rootUri": None, "capabilities": capabilities or {}, **params}
        )
        self.notify("initialized", {})
        return answer

    def open(self, uri: str, text: str) -> None:
        self.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "elixir", "version": 1, "text": text}},
        )

    def leave(self) -> tuple[int, bytes]:
        """`shutdown` and `exit`; the exit code and everything that was written to stderr."""
        assert self.request("shutdown")["result"] is None
        self.notify("exit")
        return self.end()

    def end(self) -> tuple[int, bytes]:
        """Waits for the process; stdin stays open until then."""
        code = self.process.wait(PATIENCE)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()
