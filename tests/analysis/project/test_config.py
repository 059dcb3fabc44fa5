"""`config/*.exs`, read as Mix would evaluate it for production."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.program.terms import Atom, Number, Options, Text, Unknown
from ecto_migrations_analysis.project.config import Environment, read_config
from ecto_migrations_analysis.project.files import Files


def read(folder: Path, **files: str) -> Environment:
    for name, text in files.items():
        (folder / f"{name}.exs").write_text(text)
    return read_config([str(folder)], Files())


def lock(environment: Environment) -> object:
    repo = environment["a"].get("A.Repo")
    assert repo is not None
    return {str(item.items[0].name): item.items[1] for item in repo.items}.get("migration_lock")  # type: ignore[union-attr]


def test_nothing(tmp_path: Path) -> None:
    assert read_config([str(tmp_path), str(tmp_path / "none")], Files()) == {}


@pytest.mark.parametrize(
    "text",
    [
        "import Config\nconfig :a, A.Repo, migration_lock: false",
        "use Mix.Config\nconfig(:a, A.Repo, [migration_lock: false])",
        "import Config\nconfig :a, [{A.Repo, [migration_lock: false]}]",
        "import Config\nlock = false\nconfig :a, A.Repo, migration_lock: lock",
        "import Config\nfor app <- [:a, :b] do\n  config app, A.Repo, migration_lock: false\nend",
        "import Config\nif config_env() == :prod, do: config(:a, A.Repo, migration_lock: false)",
        "use Mix.Config\nif Mix.env() == :prod do\n  config :a, A.Repo, migration_lock: false\nend",
        "import Config\nconfig :a, A.Repo, x: 3\nconfig :a, A.Repo, migration_lock: false\nconfig :a, x: 1",
        "import Config\nconfig :a, A.Repo, migration_lock: true\nconfig :a, A.Repo, migration_lock: false",
    ],
)
def test_forms(tmp_path: Path, text: str) -> None:
    assert lock(read(tmp_path, config=text)) == Atom("false")


def test_keyword_lists_are_merged_deeply(tmp_path: Path) -> None:
    environment = read(
        tmp_path,
        config="import Config\nconfig :a, K, x: [p: 1, q: 2], y: [1]\nconfig :a, K, x: [q: 3], y: [2]",
    )
    found = environment["a"].get("K")
    text = repr(found)
    assert "Number(value=1" in text and "Number(value=3" in text and "Number(value=2" in text
    assert text.count("Number") == 3


def test_order_of_files(tmp_path: Path) -> None:
    config = 'import Config\nconfig :a, v: 1, w: 1, x: 1\nimport_config "#{config_env()}.exs"'
    environment = read(
        tmp_path,
        config=config,
        prod="import Config\nconfig :a, w: 2, x: 2",
        dev="import Config\nconfig :a, w: 9, only_dev: 9",
        runtime="import Config\nconfig :a, x: 3",
    )
    values = {option.key: option.value for option in environment["a"]}
    assert values == {"v": Number(1), "w": Number(2), "x": Number(3), "only_dev": Number(9)}


def test_imports_by_pattern(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "apps" / name / "config").mkdir(parents=True)
        (tmp_path / "apps" / name / "config" / "config.exs").write_text(
            f"use Mix.Config\nconfig :{name}, k: :{name}"
        )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.exs").write_text(
        'use Mix.Config\nimport_config "../apps/*/config/config.exs"'
    )
    environment = read_config([str(tmp_path / "config")], Files())
    assert {app: options.get("k") for app, options in environment.items()} == {
        "one": Atom("one"),
        "two": Atom("two"),
    }


def test_a_file_that_imports_itself_ends(tmp_path: Path) -> None:
    environment = read(tmp_path, config='import Config\nconfig :a, k: 1\nimport_config "config.exs"')
    assert environment["a"].get("k") == Number(1)


def test_what_is_not_known_is_unknown(tmp_path: Path) -> None:
    environment = read(
        tmp_path,
        config="""
        import Config
        config :a, plain: :yes, url: System.get_env("URL") || raise "no URL"
        if System.get_env("X"), do: config(:a, plain: :no, other: 1)
        config :a, key: System.fetch_env!("KEY")
        config System.get_env("APP"), lost: 1
        """,
    )
    values = {option.key: option.value for option in environment["a"]}
    assert isinstance(values["plain"], Unknown)
    assert isinstance(values["other"], Unknown)
    assert isinstance(values["url"], Unknown)
    assert isinstance(values["key"], Unknown)
    assert list(environment) == ["a"]


@pytest.mark.parametrize("text", ["config :a,", "import Config\nconfig :a, [", "\x00", "end end", "config"])
def test_broken_files(tmp_path: Path, text: str) -> None:
    assert isinstance(read(tmp_path, config=text).get("a", Options()), Options)


def test_terms_have_no_places_of_another_file(tmp_path: Path) -> None:
    environment = read(tmp_path, config='import Config\nconfig :a, s: "text", l: [:x, {1, %{a: "b"}}]')
    for option in environment["a"]:
        assert "end=0" in repr(option)
        assert repr(option).count("Span(start=0, end=0)") == repr(option).count("Span(")
    assert isinstance(environment["a"].get("s"), Text)


def test_open_buffers_count(tmp_path: Path) -> None:
    path = tmp_path / "config.exs"
    path.write_text("import Config\nconfig :a, k: 1")
    files = Files({str(path): b"import Config\nconfig :a, k: 2"})
    assert read_config([str(tmp_path)], files)["a"].get("k") == Number(2)
