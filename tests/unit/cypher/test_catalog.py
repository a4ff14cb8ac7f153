"""The header contract: what is declared is what is used, and values become the declared types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ContractError, ParameterError, UnknownNameError
from cypher import catalog

TEXT = """\
// Finds things. And says so in one sentence.
//
// More about it.
//
// mode    read
// param   since: datetime = null
// param   window: duration = P7D
// param   names: list[str] = a,b
// param   limit: int
// return  id: str, total: float
// return  times: list[datetime_is_not_a_type]
MATCH (n) RETURN n
"""


def parse(text: str) -> catalog.Query:
    return catalog.parse(text, "lookups", "things")


def query() -> catalog.Query:
    header = TEXT.replace("// return  times: list[datetime_is_not_a_type]\n", "")
    body = (
        "MATCH (n) WHERE n.ts > $since AND n.w < $window AND n.id IN $names // $not_a_parameter\n"
        "CALL (n) { RETURN 1 AS inner }\n"
        "RETURN n.id AS id, sum(n.x + {a: [1, 2]}.a[0]) AS total ORDER BY total LIMIT $limit\n"
    )
    return parse(header.replace("MATCH (n) RETURN n\n", body))


def test_reads_the_header() -> None:
    found = query()
    assert found.summary == "Finds things. And says so in one sentence."
    assert found.description == "More about it."
    assert [(p.name, p.type, p.required) for p in found.parameters] == [
        ("since", "datetime", False),
        ("window", "duration", False),
        ("names", "list[str]", False),
        ("limit", "int", True),
    ]
    assert found.columns == (("id", "str"), ("total", "float"))


def test_unknown_type_names_the_file() -> None:
    with pytest.raises(ContractError, match="lookups/things"):
        parse(TEXT)


def test_binds_text_as_the_declared_type() -> None:
    bound = query().bind({"since": "2024-01-02T03:04:05Z", "window": "36h", "limit": "5"})
    assert bound == {
        "since": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "window": timedelta(hours=36),
        "names": ["a", "b"],
        "limit": 5,
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "'limit' is missing"),
        ({"limit": "many"}, "not of type int"),
        ({"limit": 2**63}, "not of type int"),
        ({"limit": True}, "not of type int"),
        ({"limit": 1, "since": "yesterday"}, "not an ISO 8601 time"),
        ({"limit": 1, "window": "1 month"}, "not a span of time"),
        ({"limit": 1, "window": "-7d"}, "not a span of time"),
        ({"limit": 1, "colour": "red"}, r"'colour' is unknown.*Known: since, window"),
    ],
)
def test_refuses_what_does_not_fit(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        query().bind(given)


def test_each_branch_of_a_union_must_return_the_columns() -> None:
    text = "// Finds.\n//\n// mode read\n// return x: int\nRETURN 1 AS x UNION RETURN 2 AS y"
    with pytest.raises(ContractError, match="promises"):
        parse(text)


def test_unknown_query_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'triangle'"):
        catalog.load("motifs/triangel")
