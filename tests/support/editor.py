"""An LSP client that does what a person does in an editor: open, type, look, pick a fix, save."""

from __future__ import annotations

import asyncio
import copy
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from lsprotocol import types
from pygls.protocol import default_converter
from pygls.uris import from_fs_path
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

# The command as it is installed: these tests run what an editor runs.
COMMAND = [str(Path(sysconfig.get_path("scripts")) / "ecto-migrations"), "server"]
PATIENCE = 30.0


class RecordingClient(LanguageClient):
    """Keeps every publication of diagnostics, by URI, in the order in which they came."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        self.publications: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.registrations: list[types.Registration] = []
        self.published = asyncio.Condition()
        self.pending: set[asyncio.Task[None]] = set()
        # What the server has asked to be asked for again, by method.
        self.refreshes: list[str] = []


def recording_client() -> RecordingClient:
    client = RecordingClient()

    def register(ls: RecordingClient, params: types.RegistrationParams) -> None:
        ls.registrations += params.registrations

    def publish(ls: RecordingClient, params: types.PublishDiagnosticsParams) -> None:
        ls.publications.setdefault(params.uri, []).append(params)
        ls.diagnostics[params.uri] = params.diagnostics
        task = asyncio.ensure_future(_notify(ls.published))
        ls.pending.add(task)
        task.add_done_callback(ls.pending.discard)

    def refresher(method: str) -> Any:
        def refresh(ls: RecordingClient, *_: object) -> None:
            ls.refreshes.append(method)
            task = asyncio.ensure_future(_notify(ls.published))
            ls.pending.add(task)
            task.add_done_callback(ls.pending.discard)

        return refresh

    features: dict[str, Any] = dict(DEFAULT_CLIENT_FEATURES)
    for method in (types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_INLAY_HINT_REFRESH):
        features[method] = refresher(method)
    features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = publish
    features[types.CLIENT_REGISTER_CAPABILITY] = register
    register_lsp_features(client, features)
    return client


async def _notify(condition: asyncio.Condition) -> None:
    async with condition:
        condition.notify_all()


def uri_of(path: Path) -> str:
    uri = from_fs_path(str(path))
    assert uri is not None
    return uri


def path_of(uri: str) -> Path:
    return Path(unquote(urlparse(uri).path))


def position_of(text: str, needle: str, *, behind: bool = False) -> types.Position:
    """Where `needle` (unique in `text`) begins or ends. Written without the code under test."""
    assert text.count(needle) == 1, f"{needle!r} stands {text.count(needle)} times in the text"
    return position_at(text, text.index(needle) + (len(needle) if behind else 0))


def position_at(text: str, index: int) -> types.Position:
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    line = before.rpartition("\n")[2]
    return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def range_of(text: str, needle: str) -> types.Range:
    return types.Range(position_of(text, needle), position_of(text, needle, behind=True))


def index_at(text: str, position: types.Position) -> int:
    """The character index of a position; a line or column past the end is the end."""
    index = 0
    for _ in range(position.line):
        ends = [end for end in (text.find("\n", index), text.find("\r", index)) if end >= 0]
        if not ends:
            return len(text)
        end = min(ends)
        index = end + (2 if text.startswith("\r\n", end) else 1)
    units = 0
    while units < position.character and index < len(text) and text[index] not in "\r\n":
        units += 2 if ord(text[index]) > 0xFFFF else 1
        index += 1
    return index


def apply_edits(text: str, edits: Iterable[types.TextEdit]) -> str:
    """All edits refer to the text as it is, and must not overlap."""
    placed = sorted(
        ((index_at(text, edit.range.start), index_at(text, edit.range.end), edit.new_text) for edit in edits),
        key=lambda edit: edit[:2],
    )
    result, at = [], 0
    for start, end, new_text in placed:
        assert at <= start <= end, "edits overlap"
        result += [text[at:start], new_text]
        at = end
    return "".join([*result, text[at:]])


class Editor:
    """A client with open buffers. Buffers are not on disk until they are saved, as in an editor."""

    def __init__(self, client: RecordingClient, server: types.ServerCapabilities) -> None:
        self.client = client
        self.server = server
        self.buffers: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    # --- the session ---------------------------------------------------------------------------------------

    @classmethod
    async def connect(cls, capabilities: types.ClientCapabilities | str, options: object = None) -> Editor:
        """Starts a server. `capabilities` may be the name of a preset of pytest-lsp."""
        client = recording_client()
        await client.start_io(*COMMAND)
        if isinstance(capabilities, str):
            capabilities = client_capabilities(capabilities)
        answer = await client.initialize_session(
            types.InitializeParams(
                # The client checks the server's answers against its own copy.
                capabilities=copy.deepcopy(capabilities),
                initialization_options=options,
            )
        )
        return cls(client, answer.capabilities)

    async def disconnect(self) -> None:
        await self.client.shutdown_session()
        process = self.client._server
        assert process is not None and process.returncode == 0
        await self.client.stop()

    # --- documents -----------------------------------------------------------------------------------------

    async def open(self, path: Path | str, text: str | None = None, language: str = "elixir") -> str:
        """Opens a file, or a buffer with `text` that was never saved. Returns its URI."""
        uri = path if isinstance(path, str) else uri_of(path)
        if text is None:
            assert isinstance(path, Path)
            text = path.read_bytes().decode("utf-8", "replace")
        self._open(uri, text, language)
        return uri

    def _open(self, uri: str, text: str, language: str = "elixir") -> None:
        if uri in self.buffers:
            self.close(uri)
        self.client.publications.pop(uri, None)
        self.buffers[uri] = text
        self.versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )

    def type(self, uri: str, text: str) -> None:
        """The buffer holds `text` from now on."""
        self.buffers[uri] = text
        self.versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri]),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, uri: str) -> None:
        path_of(uri).write_bytes(self.buffers[uri].encode())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def save_all(self, folder: Path) -> None:
        """Writes every buffer of a file in `folder`."""
        for uri in self.buffers:
            if path_of(uri).parent == folder:
                self.save(uri)

    def close(self, uri: str) -> None:
        self.buffers.pop(uri)
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    # --- diagnostics ---------------------------------------------------------------------------------------

    async def diagnostics(self, uri: str) -> Sequence[types.Diagnostic]:
        """What the server has pushed for the buffer as it is now, when it knows everything around it."""
        wanted = self.versions[uri]
        await self.known(uri)
        return (await self._publication(uri, lambda params: params.version == wanted)).diagnostics

    async def known(self, uri: str) -> None:
        """Returns when the server knows all that was done before; a hover is answered no sooner."""
        await asyncio.wait_for(self.hover(uri, types.Position(0, 0)), PATIENCE)

    async def publication(self, uri: str, number: int) -> types.PublishDiagnosticsParams:
        """The publication with this number (from 1) for the document."""
        return await self._publication(uri, lambda params: len(self.client.publications[uri]) >= number)

    async def _publication(self, uri: str, wanted: Any) -> types.PublishDiagnosticsParams:
        def found() -> types.PublishDiagnosticsParams | None:
            published = self.client.publications.get(uri, [])
            return published[-1] if published and wanted(published[-1]) else None

        async with self.client.published:
            await asyncio.wait_for(self.client.published.wait_for(lambda: found() is not None), PATIENCE)
        result = found()
        assert result is not None
        return result

    async def refreshed(self, method: str, number: int = 1) -> None:
        """Returns when the server has asked so often."""

        def arrived() -> bool:
            return self.client.refreshes.count(method) >= number

        async with self.client.published:
            await asyncio.wait_for(self.client.published.wait_for(arrived), PATIENCE)

    async def settled(self) -> None:
        """Returns when the server has handled everything that was sent before (it works in order)."""
        await asyncio.wait_for(
            self.client.text_document_hover_async(
                types.HoverParams(types.TextDocumentIdentifier("file:///nowhere.exs"), types.Position(0, 0))
            ),
            PATIENCE,
        )

    # --- features ------------------------------------------------------------------------------------------

    async def code_actions(
        self,
        uri: str,
        place: types.Range,
        only: Sequence[types.CodeActionKind | str] | None = None,
        diagnostics: Sequence[types.Diagnostic] = (),
    ) -> list[types.CodeAction]:
        answer = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                place,
                types.CodeActionContext(diagnostics=list(diagnostics), only=only),
            )
        )
        actions = [action for action in answer or () if isinstance(action, types.CodeAction)]
        assert len(actions) == len(answer or ()), "commands instead of code actions"
        return actions

    async def pick(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its edit, asked for where it does not have one."""
        if action.edit is None:
            action = await self.client.code_action_resolve_async(action)
        return action

    def apply(self, edit: types.WorkspaceEdit) -> list[Path]:
        """Does what the edit says to the buffers; returns the files it creates.

        As strict as the protocol: a file that exists is not created, nor another one given its name; a stale
        version is not edited. A file that is not open is edited on the disk's text, in a new buffer.
        """
        created = []
        if edit.document_changes is None:
            for uri, edits in (edit.changes or {}).items():
                self.type(uri, apply_edits(self.buffers[uri], edits))
        for operation in edit.document_changes or ():
            if isinstance(operation, types.CreateFile):
                path = path_of(operation.uri)
                assert not path.exists(), f"{path} exists on disk"
                assert operation.uri not in self.buffers, f"{path} is open"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                created.append(path)
                self._open(operation.uri, "")
            elif isinstance(operation, types.RenameFile):
                old, new = path_of(operation.old_uri), path_of(operation.new_uri)
                assert not new.exists() and operation.new_uri not in self.buffers, f"{new} exists"
                old.rename(new)
                text = self.buffers[operation.old_uri]
                self.close(operation.old_uri)
                self._open(operation.new_uri, text)
            else:
                assert isinstance(operation, types.TextDocumentEdit)
                uri = operation.text_document.uri
                version = operation.text_document.version
                if uri not in self.buffers:
                    assert version is None, "not open, and with a version"
                    self._open(uri, path_of(uri).read_text())
                assert version is None or version == self.versions[uri], "the edit is stale"
                edits = [
                    types.TextEdit(item.range, item.new_text)
                    for item in operation.edits
                    if isinstance(item, types.TextEdit | types.AnnotatedTextEdit)
                ]
                assert len(edits) == len(operation.edits)
                self.type(uri, apply_edits(self.buffers[uri], edits))
        return created

    async def completion(self, uri: str, position: types.Position) -> list[types.CompletionItem]:
        """The items; of an answer that says that it is incomplete, those of the next one, as when typing."""
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), position)
        answer = await self.client.text_document_completion_async(params)
        while isinstance(answer, types.CompletionList) and answer.is_incomplete:
            answer = await self.client.text_document_completion_async(params)
        if isinstance(answer, types.CompletionList):
            return list(answer.items)
        return list(answer or ())

    async def lenses(self, uri: str) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        return list(await self.client.text_document_code_lens_async(params) or ())

    async def hints(self, uri: str, place: types.Range | None = None) -> list[types.InlayHint]:
        """Those in `place`; without one, all of the document."""
        place = place or types.Range(
            types.Position(0, 0), position_at(self.buffers[uri], len(self.buffers[uri]))
        )
        params = types.InlayHintParams(types.TextDocumentIdentifier(uri), place)
        return list(await self.client.text_document_inlay_hint_async(params) or ())

    async def links(self, uri: str) -> list[types.DocumentLink]:
        params = types.DocumentLinkParams(types.TextDocumentIdentifier(uri))
        return list(await self.client.text_document_document_link_async(params) or ())

    async def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        return await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), position)
        )

    async def definition(self, uri: str, position: types.Position) -> types.Location | None:
        answer = await self.client.text_document_definition_async(
            types.DefinitionParams(types.TextDocumentIdentifier(uri), position)
        )
        assert answer is None or isinstance(answer, types.Location)
        return answer

    async def references(
        self, uri: str, position: types.Position, declaration: bool = True
    ) -> list[types.Location]:
        answer = await self.client.text_document_references_async(
            types.ReferenceParams(
                types.ReferenceContext(declaration), types.TextDocumentIdentifier(uri), position
            )
        )
        return list(answer or ())
