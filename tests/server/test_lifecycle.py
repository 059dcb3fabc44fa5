"""Start, end, and what a server owes its client in between (LSP 3.17, "Lifecycle Messages")."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

from support.editor import COMMAND
from support.wire import PATIENCE, Wire


def test_shutdown_and_exit_end_with_zero_and_silence() -> None:
    with Wire() as wire:
        wire.initialize()
        code, stderr = wire.leave()
    assert (code, stderr) == (0, b"")


def test_exit_without_shutdown_is_an_error() -> None:
    with Wire() as wire:
        wire.initialize()
        wire.notify("exit")
        assert wire.end() == (1, b"")


def test_exit_before_initialize() -> None:
    with Wire() as wire:
        wire.notify("exit")
        assert wire.end() == (1, b"")


def test_ends_with_its_input() -> None:
    """An editor that was killed says nothing; its end of the pipe is closed."""
    with Wire() as wire:
        wire.initialize()
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        assert wire.end() == (1, b"")


def test_ends_when_nobody_reads_its_answers() -> None:
    with Wire() as wire:
        wire.initialize()
        assert wire.process.stdout is not None and wire.process.stdin is not None
        wire.process.stdout.close()
        wire.open("file:///priv/repo/migrations/1_a.exs", "use Ecto.Migration")
        wire.process.stdin.close()
        code, stderr = wire.end()
    assert (code, stderr) == (1, b"")


def test_interrupt_ends_it_without_a_traceback() -> None:
    with Wire() as wire:
        wire.initialize()
        wire.process.send_signal(signal.SIGINT)
        wire.process.stdin.close()  # type: ignore[union-attr]
        assert wire.end() == (1, b"")


def test_capabilities() -> None:
    with Wire() as wire:
        answer = wire.initialize({"general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]}})
        result = answer["result"]
        capabilities = result["capabilities"]
        assert result["serverInfo"]["name"] == "ecto-migrations"
        # The other Elixir servers in the buffer count in UTF-16; a mixture goes wrong in Neovim.
        assert capabilities["positionEncoding"] == "utf-16"
        assert capabilities["textDocumentSync"]["openClose"] is True
        assert capabilities["textDocumentSync"]["change"] == 1
        assert capabilities["textDocumentSync"]["save"]
        assert capabilities["codeActionProvider"] == {
            "codeActionKinds": ["quickfix", "refactor.rewrite", "source.fixAll.ecto-migrations"],
            "resolveProvider": True,
        }
        assert capabilities["hoverProvider"] is True
        # Of another Elixir server these would be doubles, or pull diagnostics beside those pushed.
        for other in (
            "documentFormattingProvider",
            "documentSymbolProvider",
            "renameProvider",
        ):
            assert other not in capabilities
        assert "diagnosticProvider" not in capabilities
        assert wire.leave()[0] == 0


def test_requests_before_initialize_and_after_shutdown_are_refused() -> None:
    with Wire() as wire:
        hover = {"textDocument": {"uri": "file:///a.exs"}, "position": {"line": 0, "character": 0}}
        assert wire.request("textDocument/hover", hover)["error"]["code"] == -32002
        wire.initialize()
        assert wire.request("textDocument/hover", hover)["result"] is None
        assert wire.request("shutdown")["result"] is None
        assert wire.request("textDocument/hover", hover)["error"]["code"] == -32600
        wire.notify("exit")
        assert wire.end() == (0, b"")


def test_what_is_not_understood_is_answered_and_survived() -> None:
    with Wire() as wire:
        wire.initialize()
        assert wire.request("ectoMigrations/unknown", {})["error"]["code"] == -32601
        assert wire.request("textDocument/hover", {"position": "nowhere"})["error"]["code"] == -32602
        wire.notify("ectoMigrations/unknown", {})
        wire.notify("$/setTrace", {"value": "off"})
        wire.send_bytes(b'{"jsonrpc": "2.0", "method": ')
        wire.send_bytes(b"\xff\xfe")
        assert wire.request("textDocument/hover", _hover("file:///a.exs"))["result"] is None
        assert wire.leave() == (0, b"")


def test_cancelling_is_no_news() -> None:
    """A request is answered before its cancellation is read: nothing is to be said about that."""
    with Wire() as wire:
        wire.initialize()
        wire.request("textDocument/hover", _hover("file:///a.exs"))
        wire.notify("$/cancelRequest", {"id": 2})
        wire.notify("$/cancelRequest", {"id": 4711})
        wire.send({"id": 90, "method": "textDocument/hover", "params": _hover("file:///a.exs")})
        message = wire.read()
        assert message == {"jsonrpc": "2.0", "id": 90, "result": None}
        assert wire.leave() == (0, b"")


def _hover(uri: str) -> dict[str, object]:
    return {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}


def test_what_is_printed_does_not_reach_the_client() -> None:
    """By Python, by a C library, by a child process: stdout belongs to the protocol."""
    program = """
import argparse, os, subprocess, sys
from ecto_migrations_server.lsp import hover, server
from ecto_migrations_server.lsp.main import run

def noisy(ls, params):
    print("from Python")
    sys.stdout.flush()
    os.write(1, b"from C")
    subprocess.run([sys.executable, "-c", "print('from a child')"])
    print("stdin holds", len(sys.stdin.buffer.read()), "bytes for others")

hover.hover = noisy
sys.exit(run(argparse.Namespace(tcp=None)))
"""
    with Wire([sys.executable, "-c", program]) as wire:
        wire.initialize()
        assert wire.request("textDocument/hover", _hover("file:///a.exs"))["result"] is None
        assert wire.request("textDocument/hover", _hover("file:///a.exs"))["result"] is None
        code, stderr = wire.leave()
    assert code == 0
    assert b"from C" in stderr and b"from a child" in stderr and b"stdin holds 0 bytes" in stderr


def test_a_crash_in_one_feature_is_answered_and_logged() -> None:
    program = """
import argparse, sys, warnings
from ecto_migrations_server.lsp import hover, synchronization
from ecto_migrations_server.lsp.main import run

def broken(ls, params):
    raise RuntimeError("the hover broke")

hover.hover = broken

def broken_save(ls, params):
    warnings.warn("old ways")
    raise RuntimeError("saving broke")

synchronization.did_save = broken_save
sys.exit(run(argparse.Namespace(tcp=None)))
"""
    with Wire([sys.executable, "-c", program]) as wire:
        wire.initialize()
        wire.send({"id": 50, "method": "textDocument/hover", "params": _hover("file:///a.exs")})
        log = wire.notification("window/logMessage")
        assert log["params"]["type"] == 1 and "the hover broke" in log["params"]["message"]
        assert wire.response(50)["error"]["code"] == -32603
        wire.notify("textDocument/didSave", {"textDocument": {"uri": "file:///a.exs"}})
        log = wire.notification("window/logMessage")
        assert log["params"]["type"] == 2 and "old ways" in log["params"]["message"]
        log = wire.notification("window/logMessage")
        assert log["params"]["type"] == 1 and "saving broke" in log["params"]["message"]
        completion = wire.request("textDocument/completion", _hover("file:///a.exs"))
        assert completion["result"] is None
        assert wire.leave() == (0, b"")


def test_over_tcp() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*COMMAND, "--tcp", f"127.0.0.1:{port}"], stderr=subprocess.PIPE)
    try:
        connection = _connected(port)
        with connection, connection.makefile("rwb") as stream:
            for message_id, body in enumerate(
                (
                    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,'
                    b'"rootUri":null,"capabilities":{}}}',
                    b'{"jsonrpc":"2.0","id":2,"method":"shutdown"}',
                ),
                start=1,
            ):
                stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                stream.flush()
                length = int(stream.readline().partition(b": ")[2])
                while stream.readline() != b"\r\n":
                    pass
                assert b'"id": %d' % message_id in stream.read(length)
            body = b'{"jsonrpc":"2.0","method":"exit"}'
            stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            stream.flush()
            assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        _, stderr = process.communicate()
    assert stderr == b""


def _connected(port: int) -> socket.socket:
    for _ in range(int(PATIENCE * 20)):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")
