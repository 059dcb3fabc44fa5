"""Where keys and values stand in a TOML text."""

from __future__ import annotations

import tomllib

import pytest
from ecto_migrations_analysis.project.toml_places import Path, find_places
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = '''# a comment with [brackets] and "quotes"
start_after = 20_250_101  # behind it
select = [
  "a",  # "no item"
  'b',
]
tables = { small = ["x"], "large" = [] }
levels."drop-table" = "info"
text = """
select = "inside of a text"
"""

[per_file_ignores]
"priv/\\u0061.exs" = ["all"]
'priv/"b".exs' = [[1], {x = 2}]
[ tables . more ]
version = 16.4
'''


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("start_after",), "start_after", "20_250_101"),
        (("select", 0), None, '"a"'),
        (("select", 1), None, "'b'"),
        (("tables",), "tables", '{ small = ["x"], "large" = [] }'),
        (("tables", "small"), "small", '["x"]'),
        (("tables", "small", 0), None, '"x"'),
        (("tables", "large"), '"large"', "[]"),
        (("levels", "drop-table"), '"drop-table"', '"info"'),
        (("levels",), "levels", None),
        (("per_file_ignores",), "per_file_ignores", None),
        (("per_file_ignores", "priv/a.exs", 0), None, '"all"'),
        (("per_file_ignores", 'priv/"b".exs', 1), None, "{x = 2}"),
        (("tables", "more", "version"), "version", "16.4"),
    ],
)
def test_places(path: Path, key: str | None, value: str | None) -> None:
    places = find_places(TEXT)
    tomllib.loads(TEXT.replace("tables = {", "others = {"))

    def text(found: tuple[int, int] | None) -> str | None:
        return TEXT[found[0] : found[1]] if found is not None else None

    assert text(places.keys.get(path)) == key
    assert text(places.values.get(path)) == value


def test_a_key_inside_of_a_text_is_none() -> None:
    start, _ = find_places(TEXT).keys[("select",)]
    assert TEXT[:start].count("\n") == 2


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab=.[]{}\"'#, \n\r\\1")) | st.text())
def test_any_text(text: str) -> None:
    places = find_places(text)
    for start, end in (*places.keys.values(), *places.values.values()):
        assert 0 <= start <= end <= len(text)


_KEYS = st.sampled_from(["a", "b", "c-d", '"e f"', "'g'"])
_VALUES = st.recursive(
    st.sampled_from(["1", "1.5", "true", '"x = 1"', "'[y]'", '"""\n[z]\n"""', "1979-05-27 07:32:00"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_every_value_of_a_document_is_found(pairs: dict[str, str]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in pairs.items())
    stated = tomllib.loads(text)
    places = find_places(text)
    for (name, value), source in zip(stated.items(), pairs.values(), strict=True):
        start, end = places.values[(name,)]
        assert text[start:end] == source
        if isinstance(value, list):
            assert {(name, number) for number in range(len(value))} <= set(places.values)
