"""What is read from the capabilities of real clients, and from their settings."""

from __future__ import annotations

import logging

import pytest
from ecto_migrations_server.lsp.client import Client
from ecto_migrations_server.lsp.settings import Settings
from lsprotocol import types
from pytest_lsp import client_capabilities


def test_neovim_creates_files_without_announcing_document_changes() -> None:
    capabilities = client_capabilities("neovim")
    assert capabilities.workspace is not None and capabilities.workspace.workspace_edit is not None
    assert capabilities.workspace.workspace_edit.document_changes is None
    client = Client.of(capabilities)
    assert client.creates_files and client.versioned_edits
    assert client.snippets and client.resolves_edits and client.related_information
    # It pulls, but does not announce that it can be told to pull again.
    assert not client.pulls_diagnostics


def test_vscode() -> None:
    client = Client.of(client_capabilities("visual-studio-code"))
    assert client.creates_files and client.versioned_edits and client.snippets and client.resolves_edits
    assert client.markdown_hover and client.registers_configuration


def test_emacs_edits_but_creates_no_files() -> None:
    client = Client.of(client_capabilities("emacs"))
    assert client.versioned_edits and not client.creates_files
    assert not client.snippets and not client.resolves_edits


def test_a_client_that_announces_nothing() -> None:
    assert Client.of(types.ClientCapabilities()) == Client()


@pytest.mark.parametrize(
    ("options", "commands"),
    [
        ({"clientCommands": ["a.b", "c"]}, {"a.b", "c"}),
        ({"clientCommands": ["a", 1, None]}, {"a"}),
        ({"clientCommands": "a"}, set()),
        ({}, set()),
        (None, set()),
        ([], set()),
    ],
)
def test_a_client_names_its_commands(options: object, commands: set[str]) -> None:
    assert Client().with_options(options).commands == commands


def test_pulling_needs_the_refresh() -> None:
    text_document = types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities())
    refresh = types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    )
    both = types.ClientCapabilities(text_document=text_document, workspace=refresh)
    assert Client.of(both).pulls_diagnostics
    assert not Client.of(types.ClientCapabilities(text_document=text_document)).pulls_diagnostics


@pytest.mark.parametrize(
    ("value", "version"),
    [
        (None, None),
        ({}, None),
        ({"database_version": 16}, 16),
        ({"database_version": "16.4"}, 16),
        ({"database_version": "postgres:15-alpine"}, 15),
        ({"database_version": None}, None),
        ({"database_version": ""}, None),
        ({"ectoMigrations": {"database_version": 14}}, 14),
        ({"ectoMigrations": None}, None),
    ],
)
def test_settings(value: object, version: int | None, caplog: pytest.LogCaptureFixture) -> None:
    assert Settings.read(value).database_version == version
    assert caplog.records == []


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([], "expected an object"),
        ({"database_version": True}, "expected a version"),
        ({"database_version": [1]}, "expected a version"),
        ({"database_version": "latest"}, "expected a version"),
        ({"databaseVersion": 16}, "unknown key `databaseVersion`; did you mean `database_version`?"),
    ],
)
def test_wrong_settings_are_logged_and_passed_over(
    value: object, complaint: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert Settings.read(value) == Settings()
    assert complaint in caplog.text
