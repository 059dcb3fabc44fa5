"""The formats of `check` for machines: each is read back, and checked against its published schema."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from support import schemas
from support.cli import Run

LEVELS = ("danger", "risk", "info")
ODD = "20260101000000_odd, 100%: names.exs"
ODD_TEXT = """defmodule Odd do
  use Ecto.Migration

  def change do
    execute "CREATE INDEX \\"a<b|c%\\" ON posts (title)",
            "DROP INDEX \\"a<b|c%\\""
  end
end
"""


@pytest.fixture
def expected(blog: Path, run: Run) -> list[dict[str, Any]]:
    """What the JSON format says of the example project: the others must say the same."""
    found: list[dict[str, Any]] = run("check", "--format", "json").json
    assert len(found) > 10
    return found


def test_sarif(expected: list[dict[str, Any]], run: Run) -> None:
    result = run("check", "--format", "sarif")
    assert result.code == 1
    jsonschema.validate(result.json, json.loads(schemas.sarif().read_text("utf-8-sig")))
    (sarif_run,) = result.json["runs"]
    rules = sarif_run["tool"]["driver"]["rules"]
    kinds = {"error": "danger", "warning": "risk", "note": "info"}
    seen = []
    for item in sarif_run["results"]:
        assert rules[item["ruleIndex"]]["id"] == item["ruleId"]
        place = item["locations"][0]["physicalLocation"]
        region = place["region"]
        seen.append(
            {
                "file": unquote(place["artifactLocation"]["uri"]),
                "rule": item["ruleId"],
                "level": kinds[item["level"]],
                "start": {"line": region["startLine"], "column": region["startColumn"]},
                "end": {"line": region["endLine"], "column": region["endColumn"]},
                "related": len(item.get("relatedLocations", [])),
            }
        )
    assert seen == [
        {
            **{key: item[key] for key in ("file", "rule", "level", "start", "end")},
            "related": len(item["related"]),
        }
        for item in expected
    ]
    hashes = [item["partialFingerprints"]["findingHash/v1"] for item in sarif_run["results"]]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("fail_level", ["danger", "risk", "info", "never"])
def test_junit(expected: list[dict[str, Any]], run: Run, tmp_path: Path, fail_level: str) -> None:
    result = run("check", "--format", "junit", "--fail-level", fail_level)
    report = tmp_path / "report.xml"
    report.write_text(result.out)
    xmlschema.validate(str(report), str(schemas.junit()))
    suite = ElementTree.fromstring(result.out)[0]
    failing = LEVELS[: LEVELS.index(fail_level) + 1] if fail_level != "never" else ()
    fails = {item["file"] for item in expected if item["level"] in failing}
    cases = {case.get("name"): case for case in suite}
    assert int(suite.get("tests", "")) == len(cases) == 21
    assert {name for name, case in cases.items() if case.find("failure") is not None} == fails
    assert int(suite.get("failures", "")) == len(fails)
    for item in expected:
        part = cases[item["file"]].find("failure" if item["level"] in failing else "system-out")
        assert part is not None and part.text is not None
        assert f"{item['level']}: {item['rule']}: {item['message']}" in part.text


def test_github(expected: list[dict[str, Any]], run: Run) -> None:
    result = run("check", "--format", "github")
    kinds = {"error": "danger", "warning": "risk", "notice": "info"}
    seen = []
    for line in result.out.splitlines():
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found is not None, line
        properties = dict(part.split("=", 1) for part in found[2].split(","))
        seen.append(
            (unquote(properties["file"]), int(properties["line"]), properties["title"], kinds[found[1]])
        )
        assert ("col" in properties) == (properties["line"] == properties["endLine"])
    assert seen == [(item["file"], item["start"]["line"], item["rule"], item["level"]) for item in expected]


def test_gitlab(expected: list[dict[str, Any]], run: Run) -> None:
    issues = run("check", "--format", "gitlab").json
    assert [
        (
            item["location"]["path"],
            item["location"]["lines"]["begin"],
            item["check_name"],
            item["description"],
        )
        for item in issues
    ] == [(item["file"], item["start"]["line"], item["rule"], item["message"]) for item in expected]
    assert {item["severity"] for item in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert max(Counter(item["fingerprint"] for item in issues).values()) == 1


def test_markdown(expected: list[dict[str, Any]], run: Run) -> None:
    lines = run("check", "--format", "markdown").out.splitlines()
    assert re.fullmatch(r"### Migrations: 21 files checked: \d+ dangerous, (\d+ risky, )?\d+ safe", lines[0])
    rows = [line for line in lines if re.match(r"\| \d+ \|", line)]
    assert len(rows) == len(expected)
    for row, item in zip(rows, expected, strict=True):
        cells = re.split(r"(?<!\\)\|", row)[1:-1]
        assert len(cells) == 4
        assert (int(cells[0]), cells[1].strip()) == (item["start"]["line"], item["level"])
        assert f"[{item['rule']}]({item['url']})" in cells[2]


@pytest.mark.parametrize("format", ["sarif", "junit", "github", "gitlab", "markdown"])
def test_odd_names_and_text(folder: Path, run: Run, format: str, tmp_path: Path) -> None:
    """What would end a property, a cell or a tag is escaped, and can be read back."""
    (folder / ODD).write_text(ODD_TEXT)
    result = run("check", "--format", format)
    assert result.code == 1
    if format == "sarif":
        place = result.json["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert unquote(place["artifactLocation"]["uri"]).endswith(ODD)
    elif format == "junit":
        case = ElementTree.fromstring(result.out)[0][0]
        assert str(case.get("name")).endswith(ODD)
    elif format == "gitlab":
        assert result.json[0]["location"]["path"].endswith(ODD)
    elif format == "github":
        (line, *_) = result.out.splitlines()
        properties = line.split("::")[1].partition(" ")[2].split(",")
        assert properties[0].replace("%3A", ":").replace("%2C", ",").replace("%25", "%").endswith(ODD)
    else:
        row = next(line for line in result.out.splitlines() if line.startswith("| 5 |"))
        assert len(re.split(r"(?<!\\)\|", row)) == 6


@pytest.mark.parametrize("format", ["sarif", "junit", "github", "gitlab", "markdown"])
def test_nothing_found(folder: Path, run: Run, format: str, tmp_path: Path) -> None:
    (folder / "20260101000000_nothing.exs").write_text(
        "defmodule MyApp.Repo.Migrations.Nothing do\n  use Ecto.Migration\n\n  def change, do: :ok\nend\n"
    )
    result = run("check", "--format", format)
    assert (result.code, result.err) == (0, "")
    if format == "sarif":
        jsonschema.validate(result.json, json.loads(schemas.sarif().read_text("utf-8-sig")))
    if format == "junit":
        report = tmp_path / "report.xml"
        report.write_text(result.out)
        xmlschema.validate(str(report), str(schemas.junit()))


def test_a_fingerprint_moves_with_its_text(folder: Path, run: Run) -> None:
    path = folder / "20260101000000_index.exs"
    text = (
        "defmodule MyApp.Repo.Migrations.Index do\n  use Ecto.Migration\n\n  def change do\n"
        "    create index(:posts, [:a])\n    create index(:posts, [:b])\n  end\nend\n"
    )

    def hashes(text: str) -> dict[str, int]:
        path.write_text(text)
        issues = run("check", "--format", "gitlab").json
        return {item["fingerprint"]: item["location"]["lines"]["begin"] for item in issues}

    before = hashes(text)
    moved = hashes("# a comment\n\n" + text)
    assert {key: line + 2 for key, line in before.items()} == moved
    changed = hashes(text.replace("[:a]", "[:c]"))
    assert len(set(before) & set(changed)) < len(before)
    assert set(before) & set(changed)
