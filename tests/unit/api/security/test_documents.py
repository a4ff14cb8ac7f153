from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLError

from api.schema import GuardedSchema
from api.security.limits import Limits
from core.errors import LimitError, UsageError

if TYPE_CHECKING:
    from api.security.documents import Documents

LIMITS = Limits()


@pytest.fixture
def documents() -> Documents:
    return GuardedSchema(LIMITS, introspection=True).documents


def chain(length: int, spreads: int) -> str:
    """Fragments that each spread the next one several times, under fields of their own."""
    parts = [
        f"fragment f{i} on Account {{ "
        + " ".join(
            f"a{k}: transfers {{ edges {{ node {{ source {{ ...f{i + 1} }} }} }} }}"
            for k in range(spreads)
        )
        + " }"
        for i in range(length)
    ]
    return (
        "{ accounts { edges { node { ...f0 } } } } "
        + " ".join(parts)
        + f" fragment f{length} on Account {{ id }}"
    )


def test_chained_fragments_are_refused_in_linear_time(documents: Documents) -> None:
    started = time.perf_counter()
    with pytest.raises(LimitError):
        documents.read(chain(25, 2))
    assert time.perf_counter() - started < 1.0


def test_fragments_that_double_at_every_step_are_refused(documents: Documents) -> None:
    spreads = " ".join(f"fragment f{i} on Account {{ ...f{i + 1} ...f{i + 1} }}" for i in range(60))
    text = f"{{ account(id: 1) {{ ...f0 }} }} {spreads} fragment f60 on Account {{ id }}"
    with pytest.raises(LimitError, match="answer"):
        documents.read(text)


def test_cycles_of_fragments_are_refused(documents: Documents) -> None:
    text = (
        "{ account(id: 1) { ...a } } fragment a on Account { ...b } fragment b on Account { ...a }"
    )
    with pytest.raises(UsageError, match="contains itself"):
        documents.read(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{ " + "models { name } " * 600 + "}", "tokens"),
        ("{ models { name } } #" + "x" * LIMITS.query_characters, "characters"),
        ("{ " + " ".join(f"a{i}: models {{ name }}" for i in range(21)) + " }", "root fields"),
        (
            "{ account(id: 1) { " + " ".join(f"a{i}: id" for i in range(31)) + " } }",
            "aliases",
        ),
        (
            "{ accounts "
            + "{ edges { node { transfers " * 5
            + "{ edges { cursor } }"
            + "} } }" * 5
            + " }",
            "nested fields",
        ),
        (
            "{accounts(first:99) {edges {node {transfers(first:99) {edges {cursor node {id}}}}}}}",
            "answer",
        ),
    ],
)
def test_documents_beyond_a_limit_are_refused(documents: Documents, text: str, what: str) -> None:
    with pytest.raises((LimitError, GraphQLError), match=what):
        documents.read(text)


def test_deep_nesting_is_an_error_and_not_a_crash(documents: Documents) -> None:
    for text in ("{ a" * 480, "{ a(b: " + "[" * 1_400, "{" * 1_400):
        with pytest.raises((LimitError, GraphQLError)):
            documents.read(text)
    many = "".join(f"fragment f{i} on A {{ ...f{i + 1} }}" for i in range(200))
    with pytest.raises((LimitError, GraphQLError)):
        documents.read("{ " * 400 + "a" + " }" * 400 + many)


def test_cost_follows_variables_on_every_request(documents: Documents) -> None:
    text = (
        "query ($n: Int = 5) { accounts(first: $n) { edges { node { id "
        "transfers(first: $n) { edges { node { id asset kind } } } } } } }"
    )
    documents.read(text)
    documents.read(text, {"n": 50})
    with pytest.raises(LimitError, match="answer"):
        documents.read(text, {"n": 100})


def test_operations_are_measured_apart(documents: Documents) -> None:
    one = "query {name} {{ accounts(first: 100) {{ edges {{ node {{ id network }} }} }} }}"
    documents.read(" ".join(one.format(name=f"q{i}") for i in range(30)))


def test_documents_are_parsed_and_validated_once(documents: Documents) -> None:
    text = "{ models { name } }"
    first = documents.read(text)
    assert documents.read(text) is first
    assert not first.errors
    assert documents.read("{ nothing }").errors
    assert documents.read("mutation { runJobs(input: {names: []}) { job } }").mutates
