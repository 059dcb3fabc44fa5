"""A second language server for Elixir files, as another project's would stand beside ours.

Run as a program, over stdio: squiggles, hover, completion and code actions of its own, columns in UTF-16.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method


class Server(LanguageServer):
    pass


class Utf16(LanguageServerProtocol):
    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        assert params.capabilities.general is not None
        params.capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
        result = yield from super().lsp_initialize(params)
        return result


def main() -> None:
    server = Server("other", "1", protocol_cls=Utf16)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        first_word = types.Range(types.Position(0, 0), types.Position(0, 9))
        item = types.Diagnostic(range=first_word, message="from the other one", source="other")
        ls.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=params.text_document.uri, diagnostics=[item])
        )

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: Server, params: types.HoverParams) -> types.Hover:
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "documentation of the other one"))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION)
    def completion(ls: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
        return [types.CompletionItem(label="other_word")]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return [types.CodeAction(title="Do something else", kind=types.CodeActionKind.QuickFix)]

    server.start_io()


if __name__ == "__main__":
    main()
