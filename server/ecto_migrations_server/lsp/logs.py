"""Logging goes to the client (`window/logMessage`): stderr stays silent.

Neovim writes every line of a server's stderr to its log as an error.
"""

from __future__ import annotations

import logging
from threading import local
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_TYPES = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)


class ClientLogHandler(logging.Handler):
    """Sends log records to the client; a record made while one is being sent is dropped."""

    def __init__(self, server: LanguageServer) -> None:
        super().__init__()
        self._server = server
        self._sending = local()

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(self._sending, "now", False) or self._server.protocol.writer is None:
            return
        if record.exc_info and isinstance(record.exc_info[1], JsonRpcException):
            # The client has it as the answer to its request, and no traceback says more.
            return
        self._sending.now = True
        try:
            kind = next((kind for level, kind in _TYPES if record.levelno >= level), types.MessageType.Log)
            self._server.window_log_message(types.LogMessageParams(type=kind, message=self.format(record)))
        except Exception:
            # Nobody is left to be told: the client is gone.
            return
        finally:
            self._sending.now = False


def send_logs_to(server: LanguageServer) -> None:
    """Makes the client the only place where this process logs: our messages, and others' warnings."""
    handler = ClientLogHandler(server)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger().handlers = [handler]
    logging.getLogger("ecto_migrations_server").setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.raiseExceptions = False
