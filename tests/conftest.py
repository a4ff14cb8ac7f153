"""Fixtures shared by all tests: a real Neo4j with GDS, and the real ledgers.

The database is the one named by LEDGERGRAPH_NEO4J_URI, whose content the tests delete, or an
embedded server of the session's own that is stopped at the end.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from api.settings import Settings
from core.server import down, up
from cypher.graph import Graph
from cypher.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

hypothesis.settings.register_profile("untimed", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
WIPE = "MATCH (n) WHERE NOT n:Migration CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1000 ROWS"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real ledgers; without it the test is skipped, in CI it fails."""
    if SHARED.is_dir():
        return SHARED
    if os.environ.get("CI"):
        pytest.fail(f"{SHARED} is missing, and CI may not skip tests on real ledgers")
    pytest.skip(f"the real ledgers are not here: {SHARED}")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a home of the session's own and any free ports."""
    home = tmp_path_factory.mktemp("home")
    return Settings(home=home, bolt_port=0, http_port=0, _env_file=None)


@pytest.fixture(scope="session")
def graph(settings: Settings) -> Iterator[Graph]:
    """A connection to a real, migrated database; whatever is in it may be gone any time."""
    if settings.neo4j_uri:
        with Graph.connect(settings.neo4j_uri, settings.neo4j_user, _password(settings)) as graph:
            migrate(graph)
            yield graph
        return
    # Every test has a graph of its own, and planning all queries anew for each takes longer than
    # running them; what loads a large graph calls `forget_plans`.
    config = replace(
        settings.server(quiet=True), heap="1500m", pagecache="512m", replan_seconds=86_400
    )
    status = up(config)
    try:
        password = Path(status.password_file).read_text(encoding="utf-8").strip()
        with Graph.connect(status.uri, status.user, password) as graph:
            migrate(graph)
            yield graph
    finally:
        down(config)


@pytest.fixture
def clean_graph(graph: Graph) -> Graph:
    """The database without a node but the record of its migrations."""
    wipe(graph)
    return graph


@pytest.fixture(scope="module")
def wiped(graph: Graph) -> None:
    """The database emptied once, for a module whose tests only read what they share."""
    wipe(graph)


def wipe(graph: Graph) -> None:
    """Delete every node but the record of the migrations, and every projection."""
    with graph.driver.session() as session:
        session.run(WIPE).consume()
        # In-memory projections outlive a test that was stopped half-way.
        session.run(
            "CALL gds.graph.list() YIELD graphName CALL gds.graph.drop(graphName) "
            "YIELD graphName AS dropped RETURN count(*)"
        ).consume()


def forget_plans(graph: Graph) -> None:
    """Let queries be planned for what is in the graph now."""
    with graph.driver.session() as session:
        session.run("CALL db.clearQueryCaches()").consume()


@pytest.fixture(scope="session")
def password(graph: Graph, settings: Settings) -> str:  # noqa: ARG001 - it starts the server
    """The database's password, for tests that connect from another process."""
    if settings.neo4j_uri:
        return _password(settings)
    return (settings.home / "password").read_text(encoding="utf-8").strip()


def _password(settings: Settings) -> str:
    return settings.password() if settings.neo4j_password_file else ""
