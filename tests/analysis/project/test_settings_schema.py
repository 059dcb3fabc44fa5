"""The JSON schema of the settings says what their reader says, and the file is current."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.project.settings import Settings
from ecto_migrations_analysis.project.settings_file import read_settings
from ecto_migrations_analysis.project.settings_keys import KEYS, json_schema
from ecto_migrations_analysis.rules.catalogue import ENTRIES
from ecto_migrations_analysis.rules.settings_problems import problems_of

FILE = Path(__file__).parents[3] / "editors/vscode/schemas/ecto-migrations.schema.json"
SCHEMA = json_schema(sorted(ENTRIES))


def test_the_file_is_current() -> None:
    assert json.loads(FILE.read_text("utf-8")) == SCHEMA, "make docs"


def test_every_setting_is_a_key() -> None:
    fields = set(Settings.__dataclass_fields__) - {"skip_checks", "sizes", "origins"}
    assert fields == set(KEYS) == set(SCHEMA["properties"])
    assert all(key.description.endswith(".") for key in KEYS.values())


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "array": (list,), "object": (dict,),
}  # fmt: skip


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """JSON Schema draft 7, as far as the schema uses it."""
    known = {
        "$schema", "title", "description", "definitions", "$ref", "type", "enum", "anyOf", "pattern", "items",
        "properties", "additionalProperties", "minimum", "maximum", "exclusiveMaximum", "minItems",
    }  # fmt: skip
    assert set(schema) <= known
    if "$ref" in schema:
        return accepts(SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")], value)
    checks = [
        "type" not in schema or (isinstance(value, TYPES[schema["type"]]) and not isinstance(value, bool)),
        "enum" not in schema or value in schema["enum"],
        "anyOf" not in schema or any(accepts(item, value) for item in schema["anyOf"]),
    ]
    if not all(checks):
        return False
    if isinstance(value, str):
        return "pattern" not in schema or re.search(schema["pattern"], value) is not None
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(
            accepts(schema.get("items", {}), item) for item in value
        )
    if isinstance(value, dict):
        own, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        return all(
            accepts(own[key], item) if key in own else others is not False and accepts(others, item)
            for key, item in value.items()
        )
    if isinstance(value, int | float):
        return bool(
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and (value < schema["exclusiveMaximum"] if "exclusiveMaximum" in schema else True)
        )
    return True


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", True),
        ('database = "mysql"', True),
        ('database = "oracle"', False),
        ("database_version = 16", True),
        ("database_version = 16.4", True),
        ('database_version = "postgres:15-alpine"', True),
        ('database_version = "new"', False),
        ("database_version = 0", False),
        ("database_version = 100", False),
        ("database_version = true", False),
        ("start_after = 20250101000000", True),
        ('start_after = "20250101000000"', True),
        ('start_after = "soon"', False),
        ("start_after = -1", False),
        ('select = ["default", "conventions"]', True),
        ("select = []", False),
        ('select = "all"', False),
        ("ignore = []", True),
        ('ignore = ["rename-table", "blocks-writes"]', True),
        ("ignore = [1]", False),
        ('levels.drop-table = "info"', True),
        ('levels.drop-table = "low"', False),
        ('levels = "low"', False),
        ('per_file_ignores."priv/*" = ["all"]', True),
        ('per_file_ignores."priv/*" = "all"', False),
        ('tables.small = ["a*"]', True),
        ('tables.tiny = ["a*"]', False),
        ('tables.sizes = "config/sizes.json"', True),
        ("tables.sizes = 5", False),
        ('lock_timeout = "750ms"', True),
        ('lock_timeout = "2 s"', True),
        ('lock_timeout = "0s"', False),
        ("lock_timeout = 5", False),
        ('migration_paths = ["db/manual"]', True),
        ('migration_paths = ["db/*"]', False),
        ('migration_paths = [" "]', False),
        ("backfill_batch_size = 1", True),
        ("backfill_batch_size = 0", False),
        ("backfill_batch_size = 2000000", False),
        ("databse = 1", False),
    ],
)
def test_the_schema_and_the_reader_agree(text: str, right: bool) -> None:
    assert accepts(SCHEMA, tomllib.loads(text)) is right
    assert (not read_settings(text.encode(), "/x").problems) is right


@pytest.mark.parametrize("page", ["docs/configuration.md", "README.md"])
def test_the_examples_of_the_pages_are_right(page: str) -> None:
    text = (FILE.parents[3] / page).read_text("utf-8")
    examples = [item for item in re.findall(r"```toml\n(.*?)```", text, re.S) if "language" not in item]
    assert examples
    for example in examples:
        file = read_settings(example.encode(), "/app/.ecto-migrations.toml")
        assert problems_of(file) == ()
        assert accepts(SCHEMA, tomllib.loads(example))


# What only an editor can be told.
EDITOR_ONLY = {"codeLens", "inlayHints"}


def test_every_key_is_described() -> None:
    text = (FILE.parents[3] / "docs/configuration.md").read_text("utf-8")
    described = set(re.findall(r"^\| `(\w+)` \|", text, re.M))
    assert described == {*KEYS, *EDITOR_ONLY}
