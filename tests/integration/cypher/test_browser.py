"""Every favourite runs, and every label that the graph can have is styled."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cypher.graph import Graph

FOLDER = files("cypher") / "browser"


def test_every_favourite_plans(graph: Graph) -> None:
    text = (FOLDER / "favourites.cypher").read_text(encoding="utf-8")
    favourites = [part.strip() for part in text.split(";") if part.strip()]
    assert len(favourites) > 3
    with graph.driver.session() as session:
        for favourite in favourites:
            assert favourite.startswith("//")
            assert session.run(f"EXPLAIN {favourite}").consume().query_type == "r"


def test_every_label_with_a_constraint_is_styled(graph: Graph) -> None:
    style = (FOLDER / "style.grass").read_text(encoding="utf-8")
    with graph.driver.session() as session:
        rows = session.run("SHOW CONSTRAINTS YIELD labelsOrTypes RETURN labelsOrTypes").values()
    labels = {label for row in rows for label in row[0]}
    assert labels <= set(re.findall(r"node\.(\w+)", style))
