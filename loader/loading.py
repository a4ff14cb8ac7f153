"""One load from its paths to its report: read and stage everything, then write batch by batch."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import (
    FormatError,
    LedgerGraphError,
    ParameterError,
    UnreachableError,
    UsageError,
)
from loader import owner, replay
from loader.batching import batches
from loader.bulk import LARGE, Bulk, check_possible, is_empty
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, Context
from loader.label_files import LabelFiles
from loader.reading.scratch import scratch
from loader.reading.sources import check_paths, open_sources
from loader.report import LoadOptions, LoadProgress, LoadReport
from loader.staging import Staging
from loader.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.server import ServerConfig
    from cypher.graph import Graph
    from loader.format import Format
    from loader.reading.sources import Source

_NETWORK = re.compile(r"[A-Za-z0-9_-]{1,100}")


def load(
    graph: Graph,
    format_name: str,
    paths: Sequence[Path],
    options: LoadOptions | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
    *,
    server: ServerConfig | None = None,
) -> LoadReport:
    """Load the records of `paths` into the graph; what is there already is not loaded again.

    Args:
        graph: a migrated database.
        format_name: a file of `loader/formats`.
        paths: files, archives or folders.
        options: the choices of this load.
        progress: called often, with cheap facts.
        server: of an embedded database, which a bulk load stops and starts.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path, file, header or mapping is not usable; nothing was written.
        RejectedRowsError: more rows rejected than allowed; whole batches may have been written.
        StateError: a bulk load would remove what is in the database.
    """
    begun = time.monotonic()
    form, options, network = check(format_name, paths, options)
    report = LoadReport(network=network, batch=uuid4().hex)
    letters = DeadLetter(options.dead_letter_dir or Path.cwd(), report.batch)
    graph = graph.on_behalf_of("load")
    if options.mode == "bulk":
        check_possible(graph, server, options)
    tell = progress or _silent
    with scratch() as folder:
        sources, report.left_out = open_sources([Path(path) for path in paths], folder)
        files = sort_out(format_name, form, sources, options, report)
        context = Context(network, options, folder)
        parcels = form.read(files, context)
        staging = Staging(folder, network, letters)
        labels = LabelFiles(options.labels_dir, report.batch, folder)
        stream: Stream | Bulk = Stream(graph, staging, letters, report)
        owner.fail_abandoned(graph, network)
        graph.write(
            "writes/load_batch_start",
            id=report.batch,
            format=format_name,
            network=network,
            files=_files(sources, staging),
            owner=owner.this_process(),
        )
        error: str | None = "ended"
        try:
            for parcel in parcels:
                staging.add(parcel)
                labels.add(parcel.source.name, parcel.labels)
                tell(LoadProgress("reading", staging.read, None))
            if _goes_in_bulk(graph, staging, options, server):
                stream = Bulk(graph, staging, letters, report)
            _write(stream, staging, options, labels, tell)
            report.labels = labels.write()
            if isinstance(stream, Bulk) and server is not None:
                stream.exchange(server, options)
            error = None
        except BaseException as caught:
            error = f"{type(caught).__name__}: {caught}"
            if isinstance(stream, Bulk):
                stream.tally.forget()
            raise
        finally:
            _complete(report, staging, context, stream)
            report.seconds = time.monotonic() - begun
            _record(graph, report, stream, _files(sources, staging), error)
    if not report.adds_up():
        raise AssertionError(f"outcomes do not add up to the rows read: {report}")
    return report


def check(
    format_name: str, paths: Sequence[Path], options: LoadOptions | None = None
) -> tuple[Format, LoadOptions, str]:
    """What can be wrong before anything is read, without a database.

    Returns:
        The format, the choices of the load and its network.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path or the mapping is not usable.
    """
    form = FORMATS.get(format_name)
    check_paths([Path(path) for path in paths])
    options = form.choices(options or LoadOptions())
    network = form.default_network(options)
    if not _NETWORK.fullmatch(network) or options.network == "":
        remedy = "Use letters, digits, underscores and hyphens, a hundred at most."
        raise ParameterError("load", "network", f"is not usable: '{network[:200]}'", remedy)
    if options.fees == "edges" and not form.has_fee_edges:
        able = ", ".join(name for name, one in FORMATS.members().items() if one.has_fee_edges)
        raise ParameterError(
            "load", "fees", f"cannot be 'edges' with {format_name}", f"These formats can: {able}."
        )
    return form, options, network


def sort_out(
    format_name: str,
    form: Format,
    sources: Sequence[Source],
    options: LoadOptions,
    report: LoadReport,
) -> dict[str, list[Source]]:
    """The files by the part they play; those not recognised are named in the report.

    Raises:
        FormatError: the format recognises none of them.
    """
    files: dict[str, list[Source]] = {}
    for source in sources:
        part = form.recognise(source, options)
        if part is None:
            report.left_out[source.name] = form.why_not(source, options)
        else:
            files.setdefault(part, []).append(source)
    if not files:
        raise FormatError(format_name, sources[0].name, form.why_not(sources[0], options))
    return files


def _goes_in_bulk(
    graph: Graph, staging: Staging, options: LoadOptions, server: ServerConfig | None
) -> bool:
    if options.mode == "auto":
        large = server is not None and staging.transfers >= LARGE
        return large and is_empty(graph) and not staging.retold()
    if options.mode == "bulk" and staging.retold():
        raise UsageError(
            "The input tells some block in more than one version, and '--mode bulk' cannot "
            "replace the earlier one.",
            "Load with '--mode stream', or leave the files of the earlier version out.",
        )
    return options.mode == "bulk"


def _write(
    stream: Stream | Bulk,
    staging: Staging,
    options: LoadOptions,
    labels: LabelFiles,
    tell: Callable[[LoadProgress], None],
) -> None:
    if staging.letters.rejected > options.max_rejects:
        raise stream.tally.too_many(options.max_rejects, stream.batches)
    for accounts in staging.accounts():
        for part in accounts.iter_slices(options.batch_rows):
            stream.write_accounts(part)
    done = 0
    for partition in staging.partitions():
        labels.resolve(partition, staging)
        marked = replay.mark_repetitions(partition)
        rows = marked.height if isinstance(stream, Bulk) else options.batch_rows
        for batch in batches(marked, rows, stream.replaced(marked)):
            stream.write(batch, options.max_rejects)
            done += batch.height
            tell(LoadProgress("writing", done, staging.transfers))
    stream.write_blocks()


def _complete(
    report: LoadReport, staging: Staging, context: Context, stream: Stream | Bulk
) -> None:
    letters = staging.letters
    report.read, report.skipped = staging.read, dict(staging.skipped + stream.tally.skipped)
    # A fee is no row, so that one which is refused stands in the file of rejected rows only.
    report.rejected = letters.rejected - stream.tally.fees_refused
    report.rejected_by_reason = dict(letters.reasons)
    report.dead_letter = letters.path if letters.rejected else None
    report.warnings = dict(stream.tally.warnings() + context.warnings)
    report.fees_base = None if context.fees_base is None else str(context.fees_base)
    report.chain_id = context.chain_id


def _record(
    graph: Graph, report: LoadReport, stream: Stream | Bulk, files: str, error: str | None
) -> None:
    """Write the report; a database that is gone must not hide why the load failed."""
    facts = {
        name: json.dumps(value, sort_keys=True)
        for name, value in (
            ("skipped", report.skipped),
            ("rejects", report.rejected_by_reason),
            ("warnings", report.warnings),
        )
    }
    ledgers, times = stream.tally.ledgers or (None, None), stream.tally.times or (None, None)
    if error is not None and error.startswith(UnreachableError.__name__):
        # It was waited for; nobody should wait as long again for the record alone.
        graph = graph.on_behalf_of("load", retry_seconds=0)
    try:
        graph.write(
            "writes/load_batch_finish",
            id=report.batch,
            state="completed" if error is None else "failed",
            error=error,
            files=files,
            read=report.read,
            loaded=report.loaded,
            duplicate=report.duplicate,
            rejected=report.rejected,
            assets=report.assets,
            fees_base=report.fees_base,
            chain_id=report.chain_id,
            seconds=report.seconds,
            first_ledger=ledgers[0],
            last_ledger=ledgers[1],
            first_ts=times[0],
            last_ts=times[1],
            **facts,
        )
    except LedgerGraphError:
        if error is None:
            raise


def _files(sources: Sequence[Source], staging: Staging) -> str:
    return json.dumps(
        [
            {"file": s.name, "sha256": s.sha256, "rows": staging.files.get(s.name, 0)}
            for s in sources
        ]
    )


def _silent(_: LoadProgress) -> None:
    """Say nothing."""
