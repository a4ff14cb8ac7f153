"""Label packs onto accounts: read and check every file first, then write in batches.

A tag's id is made of its network, address, source and label, so tagging twice changes nothing and
a newer file of the same source replaces what an older one said; `known_from` stays the earliest.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import polars as pl

from core.errors import FormatError
from core.times import to_epoch_ms
from loader.addresses import locate
from loader.label_pack import PACK, TAG_FORMATS, Defaults, TagOptions, check
from loader.reading.sources import open_sources
from loader.verdicts import normal_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cypher.graph import Graph, Transaction
    from loader.label_pack import TagFormat
    from loader.reading.sources import Source

_LAST = Defaults(
    label="tagged", category="unknown", risk_level="medium", trust_level="unverified",
    confidence=0.5,
)  # fmt: skip
_DAY_MS = 86_400_000
_COLUMNS = (
    *("account", "id", "network", "label", "category", "subcategory", "risk_level"),
    *("trust_level", "confidence", "source", "known_from", "valid_from", "expires_at"),
    *("evidence_url",),
)


@dataclass(slots=True)
class TagReport:
    """The result of tagging; `read` is the sum of matched and unmatched, all counted in tags.

    Attributes:
        unmatched: tags by reason: `no_account`, `case_lost` (an address in lower case that needs
            its capitals), `other_network` (not of the network asked for) or `bad_address` (its
            network cannot be told).
        tags: nodes created.
        accounts: nodes created for addresses that had none.
        repeated: labels that say the same of the same address as another one of the input.
        infrastructure: accounts that are infrastructure by these labels.
        conflicts: accounts whose tags name several categories; `shown` is the one of highest
            confidence. Columns `account`, `categories`, `shown`.
        left_out: files that are not of the format.
    """

    read: int = 0
    matched: int = 0
    unmatched: dict[str, int] = field(default_factory=dict)
    tags: int = 0
    accounts: int = 0
    repeated: int = 0
    infrastructure: int = 0
    conflicts: pl.DataFrame = field(default_factory=pl.DataFrame)
    files: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0


def tag(
    graph: Graph,
    format_name: str,
    paths: Sequence[Path],
    options: TagOptions | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> TagReport:
    """Put the labels of `paths` onto the accounts of the graph.

    Args:
        graph: a migrated database.
        format_name: a file of `loader/tags`.
        paths: files, archives or folders.
        options: the choices of this command.
        progress: called with tags written and tags in total.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path or file is not usable; nothing was written.
    """
    begun = time.monotonic()
    options = options or TagOptions()
    tags, report = read(format_name, paths, options)
    _write(graph.on_behalf_of("tag"), tags, options, report, progress)
    report.seconds = time.monotonic() - begun
    return report


def read(
    format_name: str, paths: Sequence[Path], options: TagOptions
) -> tuple[pl.DataFrame, TagReport]:
    """The tags of `paths` with account and id, and the report as far as files alone decide it.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path or file is not usable.
    """
    form = TAG_FORMATS.get(format_name)
    report = TagReport()
    with TemporaryDirectory(prefix="ledgergraph-tag-") as temporary:
        sources, _ = open_sources([Path(path) for path in paths], Path(temporary))
        labels = _read(format_name, form, sources, options, report)
    return _resolve(labels, options, report), report


def _read(
    name: str, form: TagFormat, sources: Sequence[Source], options: TagOptions, report: TagReport
) -> pl.DataFrame:
    """The labels of all recognised files, every value filled in."""
    frames = []
    for source in sources:
        if not form.recognise(source):
            report.left_out.append(source.name)
            continue
        frame = check(name, source, form.read(source))
        report.files[source.name] = frame.height
        frames.append(_fill(frame, options.defaults, form.defaults, source))
    if not frames:
        raise FormatError(name, sources[0].name, "its content is not of this format")
    labels = pl.concat(frames)
    report.read = labels.height
    return labels


def _fill(frame: pl.DataFrame, asked: Defaults, own: Defaults, source: Source) -> pl.DataFrame:
    """What the file says, else what the command says, else the format, else everybody."""
    name = PurePath(source.name.rpartition("!")[2]).name
    last = {
        "source": name,
        "known_from": _file_date(source),
        "label": asked.subcategory or own.subcategory or asked.category or own.category,
    }
    filled = []
    for column in Defaults.__slots__:
        chosen = (getattr(asked, column), getattr(own, column), last.get(column))
        values = [value for value in (*chosen, getattr(_LAST, column)) if value is not None]
        if values:
            filled.append(pl.col(column).fill_null(pl.lit(values[0], PACK[column])))
    return frame.with_columns(filled)


def _file_date(source: Source) -> int:
    """The day a file or its archive was last changed, for labels that tell no date."""
    candidates = [Path(source.name), Path(source.name.partition("!")[0]), source.path]
    path = next(path for path in candidates if path.is_file())
    changed = to_epoch_ms(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    return changed - changed % _DAY_MS


def _resolve(labels: pl.DataFrame, options: TagOptions, report: TagReport) -> pl.DataFrame:
    """One row a tag, with its account and id and how many labels say it; faults are counted."""
    located = locate(labels, options.network)
    labels = labels.with_columns(
        located.network.alias("network"),
        address=normal_address(pl.col("address")),
        fault=pl.when(pl.col("case_lost")).then(pl.lit("case_lost")).otherwise(located.fault),
    )
    faults = Counter(labels["fault"].drop_nulls().to_list())
    report.unmatched = dict(sorted(faults.items()))
    good = labels.filter(pl.col("fault").is_null())
    keys = good.select(pl.concat_str("network", "address", "source", "label", separator="|"))
    # Row by row, because no column operation hashes with SHA-256.
    ids = [sha256(key.encode()).hexdigest()[:32] for key in keys.to_series()]
    good = good.with_columns(
        id=pl.Series(ids, dtype=pl.String),
        account=pl.concat_str("network", "address", separator=":"),
    )
    ranked = good.sort(
        ["id", "confidence", *[name for name in _COLUMNS if name not in ("id", "confidence")]],
        descending=[False, True, *[False] * (len(_COLUMNS) - 2)],
        nulls_last=True,
    )
    chosen = [
        pl.col(name).first() for name in (*_COLUMNS, "address") if name not in ("id", "known_from")
    ]
    tags = ranked.group_by("id", maintain_order=True).agg(
        *chosen,
        pl.col("known_from").min(),
        pl.col("kind").drop_nulls().first(),
        labels=pl.len(),
    )
    report.repeated = good.height - tags.height
    return tags.sort("account", "id")


def _write(
    graph: Graph,
    tags: pl.DataFrame,
    options: TagOptions,
    report: TagReport,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    done, touched = 0, []
    for batch in tags.iter_slices(options.batch_rows):
        written, accounts = _write_batch(graph, batch, options)
        found = batch.join(written, on="id")
        report.matched += int(found["labels"].sum())
        report.tags += int(written["created"].sum())
        report.accounts += accounts
        infra = found.filter(pl.col("category") == "infrastructure")
        report.infrastructure += infra["account"].n_unique()
        touched.append(found["account"].unique())
        done += batch.height
        if progress:
            progress(done, tags.height)
    missing = int(tags["labels"].sum()) - report.matched
    if missing:
        report.unmatched = {"no_account": missing, **report.unmatched}
    conflicts = [graph.read("lookups/tag_conflicts", accounts=accounts) for accounts in touched]
    report.conflicts = (
        pl.concat(conflicts).unique("account").sort("account") if conflicts else pl.DataFrame()
    )


def _write_batch(
    graph: Graph, batch: pl.DataFrame, options: TagOptions
) -> tuple[pl.DataFrame, int]:
    """One transaction; every statement may be repeated, so an unknown commit is run again."""
    contracts = batch.filter(pl.col("kind") == "contract")["account"].unique()
    rows = batch.select(_COLUMNS).rows()

    def work(transaction: Transaction) -> tuple[pl.DataFrame, int]:
        made = _make_accounts(transaction, batch) if options.create_missing else 0
        if contracts.len():
            transaction.run("writes/tag_contracts", accounts=contracts)
        written = transaction.run("writes/tag_merge", tags=rows)
        transaction.run("writes/tag_infrastructure", accounts=batch["account"].unique())
        return written, made

    return graph.transact("tag", work)


def _make_accounts(transaction: Transaction, batch: pl.DataFrame) -> int:
    """Create the accounts that are missing, counted in the Checkpoint as a load counts them."""
    made = 0
    accounts = batch.group_by("account").agg(
        pl.col("network", "address").first(), pl.col("kind").drop_nulls().first()
    )
    for (network,), rows in accounts.sort("network", "account").group_by(
        "network", maintain_order=True
    ):
        transaction.run("writes/checkpoint_lock", network=network)
        merged = rows.select("account", "address", pl.col("kind").fill_null("account")).rows()
        created = transaction.change(
            "writes/accounts_merge", network=network, accounts=merged
        ).nodes_created
        transaction.run(
            "writes/checkpoint_raise",
            network=network,
            writer=f"tag-{uuid4().hex}",
            ledger=None,
            transfers=0,
            accounts=created,
        )
        made += created
    return made
