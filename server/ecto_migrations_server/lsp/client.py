"""What the editor at the other end can do, read once from its capabilities.

Never its name: the same editor goes by several (`clientInfo` is "code-server" for VS Code in a browser).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lsprotocol import types
from pygls.capabilities import get_capability

COMMANDS = "clientCommands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The defaults are those of a client that announces nothing."""

    # Completion items may hold tab stops.
    snippets: bool = False
    label_details: bool = False
    markdown_completion: bool = False
    markdown_hover: bool = False
    related_information: bool = False
    diagnostic_data: bool = False
    # Edits may carry the version of the document that they are for.
    versioned_edits: bool = False
    # An edit may create files.
    creates_files: bool = False
    # An edit may give files another name.
    renames_files: bool = False
    # The parts of an edit may say what they are for.
    change_annotations: bool = False
    # Code actions may be sent without their edit, which the client asks for when the user picks one.
    resolves_edits: bool = False
    # Code actions may be objects; before LSP 3.8 they were commands.
    code_action_literals: bool = False
    # The client asks for diagnostics, and again when told to.
    pulls_diagnostics: bool = False
    answers_configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    shows_progress: bool = False
    # The client asks again for what is shown in the text when it is told to.
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    # Commands of its own that a code lens or a code action may name.
    commands: frozenset[str] = frozenset()

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> Client:
        """Reads the capabilities of an `initialize` request."""

        def has(path: str) -> bool:
            return bool(get_capability(capabilities, path))

        def holds(path: str, value: object) -> bool:
            return value in (get_capability(capabilities, path) or ())

        operations = "workspace.workspace_edit.resource_operations"
        item = "text_document.completion.completion_item"
        return cls(
            snippets=has(f"{item}.snippet_support"),
            label_details=has(f"{item}.label_details_support"),
            markdown_completion=holds(f"{item}.documentation_format", types.MarkupKind.Markdown),
            markdown_hover=holds("text_document.hover.content_format", types.MarkupKind.Markdown),
            related_information=has("text_document.publish_diagnostics.related_information"),
            diagnostic_data=has("text_document.publish_diagnostics.data_support"),
            # Neovim executes `documentChanges` without announcing it: it announces only the resource
            # operations, which cannot be expressed in any other way.
            versioned_edits=has("workspace.workspace_edit.document_changes") or has(operations),
            creates_files=holds(operations, types.ResourceOperationKind.Create),
            renames_files=holds(operations, types.ResourceOperationKind.Rename),
            change_annotations=has("workspace.workspace_edit.change_annotation_support"),
            resolves_edits=has("text_document.code_action.data_support")
            and holds("text_document.code_action.resolve_support.properties", "edit"),
            code_action_literals=has("text_document.code_action.code_action_literal_support"),
            # Without the refresh, a client that pulls would not learn that the project around the open
            # file has changed. One model for each client: with both, it would show everything twice.
            pulls_diagnostics=has("text_document.diagnostic")
            and has("workspace.diagnostics.refresh_support"),
            answers_configuration=has("workspace.configuration"),
            registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
            registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
            shows_progress=has("window.work_done_progress"),
            refreshes_lenses=has("workspace.code_lens.refresh_support"),
            refreshes_hints=has("workspace.inlay_hint.refresh_support"),
        )

    def with_options(self, options: object) -> Client:
        """The same with what only the initialization options tell: `clientCommands`, a list of names.

        The protocol has no place where a client lists its commands.
        """
        named = options.get(COMMANDS) if isinstance(options, Mapping) else None
        if not isinstance(named, list | tuple):
            return self
        return replace(self, commands=frozenset(name for name in named if isinstance(name, str)))
