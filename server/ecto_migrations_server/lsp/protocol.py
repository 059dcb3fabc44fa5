"""The protocol as this server speaks it, where that differs from what pygls does on its own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method


class Protocol(LanguageServerProtocol):
    """UTF-16 positions, the requests that come too early or too late answered, cancellation without noise."""

    _initialized = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # How commands that are under way are stopped, by the number of the request. pygls would answer at
        # once and let them go on.
        self.stops: dict[int | str, Callable[[], object]] = {}
        # Where the client wants to be told how far a command is, by the number of the request. A handler gets
        # the arguments of the command alone.
        self._progress_of: dict[int | str, types.ProgressToken] = {}

    def progress_of_request(self) -> types.ProgressToken | None:
        """The token that came with the request under way."""
        return self._progress_of.get(self.msg_id) if self.msg_id is not None else None

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Settles on UTF-16, which every client has to support.

        pygls would take the client's first choice, UTF-8 in Neovim. The other Elixir servers count in
        UTF-16, and an editor with two encodings for one buffer goes wrong and says so.
        """
        if (general := params.capabilities.general) is not None:
            general.position_encodings = [types.PositionEncodingKind.Utf16]
        result = yield from super().lsp_initialize(params)
        if (commands := result.capabilities.execute_command_provider) is not None:
            commands.work_done_progress = True
        self._initialized = True
        return result

    @property
    def was_shut_down(self) -> bool:
        """Whether the client has asked for the end, as it should before it says `exit`."""
        return self._shutdown

    def handle_message(self, message: Any) -> None:
        """Refuses requests before `initialize` and after `shutdown` with the errors the protocol asks for.

        pygls answers the first with an internal error and leaves the second without an answer.
        """
        method = getattr(message, "method", None)
        refusal = None
        if not self._initialized and method not in (None, types.INITIALIZE, types.EXIT):
            refusal = types.ResponseError(
                code=types.ErrorCodes.ServerNotInitialized, message=f"{method} before initialize"
            )
        elif self.was_shut_down and method not in (None, types.EXIT):
            refusal = types.ResponseError(
                code=types.ErrorCodes.InvalidRequest, message=f"{method} after shutdown"
            )
        if refusal is None:
            token = getattr(getattr(message, "params", None), "work_done_token", None)
            if token is not None and method == types.WORKSPACE_EXECUTE_COMMAND:
                self._progress_of[message.id] = token
            super().handle_message(message)
        elif (message_id := getattr(message, "id", None)) is not None:
            self._send_response(message_id, error=refusal)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Answers a request whose parameters are malformed; pygls would only log it, and the client wait."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def _send_response(
        self, msg_id: int | str, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        self._progress_of.pop(msg_id, None)
        super()._send_response(msg_id, result, error)

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        """Cancelling a request that has been answered already is usual, and no reason for a warning."""
        if (stop := self.stops.get(msg_id)) is not None:
            stop()
        elif msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)
