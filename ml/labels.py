"""Which accounts are known to be bad or good: from tags, or from a file `id,label`.

A label is a target, never a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError, MissingPathError, UnreadableError
from core.times import to_epoch_ms
from ml.extract import prefix

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph
    from ml.subgraph import SnapshotSpec

BAD = ("scam", "mixer", "dark_market", "sanctioned")
GOOD = ("exchange", "infrastructure", "institutional", "staking", "validator", "defi")
"""Categories of tags that count as bad, and as reliably good; the others say neither."""

SCHEMA = pl.Schema(
    {
        "idx": pl.Int32(),
        "y": pl.Int8(),
        "known_from": pl.Int64(),
        "source": pl.String(),
        "confidence": pl.Float64(),
    }
)
"""Labels of an export; `known_from` is epoch milliseconds, null where it is not known."""

_WORDS = {"1": 1, "true": 1, "bad": 1, "0": 0, "false": 0, "good": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels found, and how many name an account that is not in the subgraph."""

    frame: pl.DataFrame
    unmatched: int


def collect(graph: Graph, spec: SnapshotSpec, nodes: pl.DataFrame) -> Labels:
    """Labels of a snapshot: of the file it names, else of the tags known before its cut-off."""
    if spec.labels is not None:
        return from_file(spec.labels, nodes)
    tags = graph.read("exports/export_labels", prefix=prefix(spec.network))
    if spec.until is not None:
        tags = tags.filter(pl.col("known_from").is_between(0, to_epoch_ms(spec.until)))
    tags = tags.filter(pl.col("category").is_in([*BAD, *GOOD]))
    graded = tags.select(
        "account_id",
        pl.col("category").is_in(BAD).cast(pl.Int8).alias("y"),
        pl.col("known_from").replace(-1, None),
        "source",
        "confidence",
    )
    # The most certain tag speaks for an account; bad wins a tie.
    best = graded.sort(
        "account_id", "confidence", "y", "source", descending=[False, True, True, False]
    ).unique("account_id", keep="first", maintain_order=True)
    return _match(best, nodes)


def from_file(path: Path, nodes: pl.DataFrame) -> Labels:
    """Labels of a CSV `id,label`; an id may lack its network where that leaves no doubt.

    Raises:
        MissingPathError: there is no such file.
        FormatError: a column is missing, a label is not 0 or 1, or an id has both labels.
    """
    if not path.is_file():
        raise MissingPathError(path)
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableError(path, str(error).splitlines()[0]) from error
    if missing := [name for name in ("id", "label") if name not in rows.columns]:
        raise FormatError("labels", path, f"it has no column '{missing[0]}'")
    rows = rows.select(
        pl.col("id").str.strip_chars(),
        pl.col("label").str.strip_chars().str.to_lowercase(),
    )
    if (wrong := rows.filter(~pl.col("label").is_in(list(_WORDS)).fill_null(value=False))).height:
        raise FormatError("labels", path, f"'{wrong['label'][0]}' is not a label: write 1 or 0")
    rows = rows.unique()
    if (twice := rows.filter(pl.col("id").is_duplicated())).height:
        raise FormatError("labels", path, f"'{twice.sort('id')['id'][0]}' has both labels")
    known = _known(nodes)
    found = rows.join(known, on="id", how="left")
    if found.filter(pl.col("idx").is_not_null())["idx"].is_duplicated().any():
        raise FormatError("labels", path, "an account is named both with and without its network")
    labelled = found.filter(pl.col("idx").is_not_null()).select(
        "idx",
        pl.col("label").replace_strict(_WORDS, return_dtype=pl.Int8).alias("y"),
        pl.lit(None, pl.Int64).alias("known_from"),
        pl.lit("file").alias("source"),
        pl.lit(1.0).alias("confidence"),
    )
    return Labels(_typed(labelled), int(found["idx"].null_count()))


def _known(nodes: pl.DataFrame) -> pl.DataFrame:
    whole = nodes.select(pl.col("account_id").alias("id"), "idx")
    bare = nodes.select(
        pl.col("account_id").str.splitn(":", 2).struct.field("field_1").alias("id"), "idx"
    ).filter(pl.col("id").is_not_null())
    bare = bare.filter(~pl.col("id").is_duplicated())
    return pl.concat([whole, bare]).unique("id", keep="first")


def _match(graded: pl.DataFrame, nodes: pl.DataFrame) -> Labels:
    found = graded.join(nodes.select("account_id", "idx"), on="account_id", how="left")
    matched = found.filter(pl.col("idx").is_not_null())
    return Labels(_typed(matched), int(found["idx"].null_count()))


def _typed(found: pl.DataFrame) -> pl.DataFrame:
    columns = [pl.col(name).cast(kind) for name, kind in SCHEMA.items()]
    return found.select(columns).sort("idx")
