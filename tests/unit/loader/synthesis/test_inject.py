"""Planted patterns: true to their definitions, hidden in the ledger, told in the side file."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.errors import InputError, ParameterError, UnknownNameError
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, Context
from loader.reading.sources import Source
from loader.report import LoadOptions
from loader.staging import Staging
from loader.synthesis.given_ledger import Fields
from loader.synthesis.inject import Injection, inject
from loader.synthesis.simulate import Simulation, simulate
from loader.synthesis.synthetic import Recipe, generate
from loader.synthesis.typology import TYPOLOGIES, make_wish, parse_wish
from tests.unit.loader.staged_run import run
from tests.unit.loader.synthesis.planted_checks import CHECKS, Hop

CASES = Path(__file__).resolve().parents[3] / "cases" / "typologies"
CLEAN = Simulation(accounts=600, transfers=15_000, ledgers=15_000, ledger_seconds=600)
Entries = list[dict[str, Any]]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    simulate(folder, CLEAN)
    return folder


def staged(table: Path, mapping: Path, work: Path) -> pl.DataFrame:
    """What a load would write, by the loader's own staging."""
    work.mkdir(exist_ok=True)
    form, options = FORMATS.get("csv"), LoadOptions(mapping=mapping)
    context = Context(form.default_network(options), options, work, Counter())
    staging = Staging(work, context.network, DeadLetter(work, "test"))
    for parcel in form.read({"rows": [Source(table.name, table, "")]}, context):
        staging.add(parcel)
    return pl.concat(staging.partitions())


def truth(out: Path) -> Entries:
    entries: Entries = json.loads((out / "planted.json").read_text(encoding="utf-8"))
    return entries


def all_wishes(count: int) -> Injection:
    names = [n for n, one in TYPOLOGIES.members().items() if not one.is_hard_negative]
    return Injection(wishes=tuple(make_wish(name, count, {}) for name in names))


@pytest.fixture(scope="session")
def everything(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    out = tmp_path_factory.mktemp("everything")
    inject(clean, out, all_wishes(2))
    return out, staged(out / "transfers.csv", out / "mapping.yaml", out / "work")


@pytest.mark.parametrize("name", TYPOLOGIES.names())
def test_a_typology_is_what_its_definition_says(name: str, clean: Path, tmp_path: Path) -> None:
    case = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    wish = parse_wish(case["wish"])
    benign = TYPOLOGIES.get(name).is_hard_negative
    wishes = {"wishes": (), "look_alikes": (wish,)} if benign else {"wishes": (wish,)}
    inject(clean, tmp_path / "out", Injection(**wishes))
    moved = staged(tmp_path / "out/transfers.csv", tmp_path / "out/mapping.yaml", tmp_path / "work")
    found = [entry for entry in truth(tmp_path / "out") if entry["type"] == name]
    assert len(found) == wish.count
    for entry in found:
        legs = moved.filter(pl.col("id").is_in(entry["transfers"])).sort("ts", "ledger", "ord")
        assert legs.height == len(entry["transfers"])
        assert legs["asset"].n_unique() == 1
        hops = [Hop(*row) for row in legs.select("source", "target", "amount", "ts").iter_rows()]
        roles: dict[str, list[str]] = {}
        for account in entry["accounts"]:
            roles.setdefault(account["role"], []).append(account["id"])
        ends = {end for hop in hops for end in (hop.source, hop.target)}
        assert ends == {account["id"] for account in entry["accounts"]}
        assert len(ends) == len(entry["accounts"])
        assert entry["is_hard_negative"] is benign
        for check in case["holds"]:
            assert CHECKS[check](hops, roles), (check, hops)


def test_the_same_seed_gives_the_same_bytes(clean: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        inject(clean, tmp_path / name, all_wishes(1))
    for file in sorted(path.name for path in (tmp_path / "a").iterdir()):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    inject(clean, tmp_path / "c", Injection(wishes=all_wishes(1).wishes, seed=8))
    assert (tmp_path / "c/transfers.csv").read_bytes() != (
        tmp_path / "a/transfers.csv"
    ).read_bytes()


def test_planted_transfers_lie_in_ledgers_that_were_there(
    clean: Path, everything: tuple[Path, pl.DataFrame], tmp_path: Path
) -> None:
    out, moved = everything
    before = staged(clean / "transfers.csv", clean / "mapping.yaml", tmp_path)
    planted = [i for e in truth(out) for i in (*e["transfers"], *e["ordinary"])]
    assert len(planted) == len(set(planted)) == moved.height - before.height
    new = moved.filter(pl.col("id").is_in(planted))
    assert new.height == len(planted)
    assert new.join(before, on=["ledger", "ts"], how="semi").height == new.height
    # Nothing of the clean ledger is lost, and nothing has the place of another.
    rest = moved.filter(~pl.col("id").is_in(planted))
    same = ["id", "source", "target", "amount_base", "ts", "ledger", "asset"]
    assert rest.select(same).sort("id").equals(before.select(same).sort("id"))
    assert moved.select("ledger", "ord").is_unique().all()
    for entry in truth(out):
        times = moved.filter(pl.col("id").is_in(entry["transfers"]))["ts"]
        stamps = pl.from_epoch(times, "ms").dt.replace_time_zone("UTC")
        assert str(stamps.min()) == entry["start"].replace("T", " ")
        assert str(stamps.max()) == entry["end"].replace("T", " ")


def test_sybils_first_get_money_from_their_controller(
    everything: tuple[Path, pl.DataFrame],
) -> None:
    """Of the accounts that there are: such as do nothing before, in the ledger, are taken."""
    out, moved = everything
    firsts = moved.sort("ts", "ledger", "ord").unique("target", keep="first", maintain_order=True)
    first = dict(firsts.select("target", "id").iter_rows())
    for entry in truth(out):
        if entry["type"] == "sybil_cluster":
            members = [a["id"] for a in entry["accounts"] if a["role"] == "member"]
            called = [first[member] in entry["transfers"] for member in members]
            assert sum(called) >= 0.8 * len(called)


def test_members_are_mostly_accounts_that_were_there(
    clean: Path, everything: tuple[Path, pl.DataFrame]
) -> None:
    out, moved = everything
    before = pl.read_csv(clean / "transfers.csv", infer_schema=False)
    known = {f"simulated:{name}" for name in (*before["sender"], *before["receiver"])}
    shapes = {len(name) for name in known}
    traffic = moved.filter(~pl.col("id").is_in([i for e in truth(out) for i in e["transfers"]]))
    for entry in truth(out):
        members = [account["id"] for account in entry["accounts"]]
        new = [member for member in members if member not in known]
        assert len(new) <= 0.2 * len(members)
        assert {len(member) for member in new} <= shapes
    newcomers = {a["id"] for e in truth(out) for a in e["accounts"]} - known
    assert newcomers
    lively = [
        n for n in newcomers
        if traffic.filter((pl.col("source") == n) | (pl.col("target") == n)).height
    ]  # fmt: skip
    assert len(lively) >= 0.9 * len(newcomers)


def test_no_field_tells_a_planted_row(everything: tuple[Path, pl.DataFrame], clean: Path) -> None:
    out, _ = everything
    after = (out / "transfers.csv").read_text(encoding="utf-8")
    before = (clean / "transfers.csv").read_text(encoding="utf-8")
    assert after.splitlines()[0] == before.splitlines()[0]
    for name in TYPOLOGIES.names():
        assert name not in after
    assert all(len(line.split(",")) == 9 for line in after.splitlines())


def test_times_and_ages_do_not_give_it_away(tmp_path: Path) -> None:
    simulate(tmp_path / "clean", Simulation(transfers=30_000, ledgers=20_000, ledger_seconds=600))
    inject(tmp_path / "clean", tmp_path / "out", all_wishes(3))
    moved = staged(tmp_path / "out/transfers.csv", tmp_path / "out/mapping.yaml", tmp_path / "work")
    groups = {i: n for n, e in enumerate(truth(tmp_path / "out")) for i in e["transfers"]
              if not e["is_hard_negative"]}  # fmt: skip
    others = [i for e in truth(tmp_path / "out") for i in (*e["transfers"], *e["ordinary"])
              if i not in groups]  # fmt: skip
    ends = pl.concat([moved.select("ts", a="source"), moved.select("ts", a="target")])
    first = ends.group_by("a").agg(first=pl.col("ts").min())
    moved = (
        moved.filter(~pl.col("id").is_in(others))
        .join(first.rename({"a": "source", "first": "one"}), on="source")
        .join(first.rename({"a": "target", "first": "two"}), on="target")
    )
    day = 86_400_000
    features = moved.select(
        "ts", tod=pl.col("ts") % day, dow=pl.col("ts") // day % 7,
        sender_age=pl.col("ts") - pl.col("one"), receiver_age=pl.col("ts") - pl.col("two"),
    ).to_numpy().astype(float)  # fmt: skip
    labels = moved["id"].is_in(list(groups)).to_numpy()
    # A pattern is judged by a model that has not seen it: knowing its own rows by heart is no leak.
    rng = np.random.default_rng(0)
    group = np.array([groups.get(i, 1_000 + int(rng.integers(500))) for i in moved["id"]])
    for model in (
        make_pipeline(StandardScaler(), LogisticRegression()),
        HistGradientBoostingClassifier(random_state=0, max_iter=60),
    ):
        chance = cross_val_predict(
            model, features, labels, groups=group, cv=GroupKFold(5), method="predict_proba"
        )[:, 1]
        assert roc_auc_score(labels, chance) < 0.6


def test_there_are_as_many_look_alikes_as_patterns(clean: Path, tmp_path: Path) -> None:
    made = inject(clean, tmp_path, Injection(wishes=(parse_wish("cycle:7"),)))
    assert (made.planted, made.hard_negatives) == (7, 7)
    assert made.summary["typologies"] == {"cycle": 7}
    written = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(made.summary))
    assert len(written["sha256"]["output"]) == 64
    labels = pl.read_csv(tmp_path / "planted.csv", schema_overrides={"id": pl.String})
    bad = {a["id"] for e in truth(tmp_path) if not e["is_hard_negative"] for a in e["accounts"]}
    assert labels["label"].sum() == len(bad)


def test_counting_keys_and_dense_positions_make_room(tmp_path: Path) -> None:
    generate(tmp_path / "clean", Recipe(transfers=6_000, accounts=500))
    inject(tmp_path / "clean", tmp_path / "out", all_wishes(1))
    rows = pl.read_csv(tmp_path / "out/transfers.csv", infer_schema=False)
    numbers = rows["reference"].str.strip_prefix("r").cast(pl.Int64)
    assert numbers.to_list() == list(range(1, rows.height + 1))
    assert rows["reference"].str.len_chars().unique().to_list() == [9]
    places = rows.group_by("time").agg(pl.col("position").cast(pl.Int64).sort())
    assert all(p.to_list() == list(range(len(p))) for p in places["position"])
    moved = staged(tmp_path / "out/transfers.csv", tmp_path / "out/mapping.yaml", tmp_path / "work")
    planted = [i for e in truth(tmp_path / "out") for i in (*e["transfers"], *e["ordinary"])]
    assert moved.filter(pl.col("id").is_in(planted)).height == len(set(planted)) == len(planted)
    assert moved["id"].is_unique().all()


def test_a_table_of_astroml_needs_no_mapping(clean: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(clean / "transfers.csv", infer_schema=False)
    table = tmp_path / "ledger.csv"
    rows.select(
        source_account="sender", destination_account="receiver", amount="amount",
        created_at=pl.from_epoch(pl.col("time").cast(pl.Int64)).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    ).write_csv(table)  # fmt: skip
    wishes = (make_wish("sybil_cluster", 2, {"base_amount": 25}), parse_wish("wash_loop:2"))
    inject(table, tmp_path / "out.csv", Injection(wishes=wishes), meaning=Fields())
    moved = staged(tmp_path / "out.csv", tmp_path / "out.mapping.yaml", tmp_path / "work")
    entries = json.loads((tmp_path / "out.planted.json").read_text(encoding="utf-8"))
    planted = [i for e in entries for i in (*e["transfers"], *e["ordinary"])]
    found = moved.filter(pl.col("id").is_in(planted))
    assert found.height == len(set(planted)) == len(planted) == moved.height - rows.height
    for entry in entries:
        if entry["type"] == "sybil_cluster":
            amounts = found.filter(pl.col("id").is_in(entry["transfers"]))["amount"]
            assert amounts.is_between(20, 30).all()


def test_every_kind_of_table_is_planted_as_csv_is(tmp_path: Path) -> None:
    small = Simulation(accounts=120, transfers=3_000, ledgers=3_000, ledger_seconds=600)
    kinds = {"csv": "csv", "parquet": "parquet", "jsonl": "csv"}
    for kind in kinds:
        simulate(tmp_path / kind, replace(small, format=kind))  # type: ignore[arg-type]
    wishes = Injection(wishes=(parse_wish("cycle:2"), parse_wish("fan_in:1")))
    summaries = {
        kind: inject(tmp_path / kind, tmp_path / f"{kind}_out", wishes).summary for kind in kinds
    }
    columns = ["id", "source", "target", "asset", "amount_base", "ts", "ord"]
    csv, parquet, lines = (
        run(form, tmp_path, tmp_path / f"{kind}_out/transfers.{kind}",
            mapping=tmp_path / f"{kind}_out/mapping.yaml").transfers.select(columns).sort("id")
        for kind, form in kinds.items()
    )  # fmt: skip
    assert csv.equals(parquet)
    assert csv.equals(lines)
    for kind in kinds:
        assert summaries[kind]["typologies"] == summaries["csv"]["typologies"]
        assert truth(tmp_path / f"{kind}_out") == truth(tmp_path / "csv_out")
    added = summaries["csv"]["planted_transfers"] + summaries["csv"]["ordinary_transfers"]  # type: ignore[operator]
    before = pl.read_parquet(tmp_path / "parquet/*.parquet")
    after = pl.read_parquet(tmp_path / "parquet_out/transfers.parquet")
    assert (after.schema, after.height) == (before.schema, before.height + added)
    old = (tmp_path / "jsonl/transfers.jsonl").read_text().splitlines()
    new = (tmp_path / "jsonl_out/transfers.jsonl").read_text().splitlines()
    assert len(new) == len(old) + added
    # Order inside a ledger apart, rows that were there keep their text.
    place = re.compile(r'"position":\d+')
    assert {place.sub("", line) for line in old} <= {place.sub("", line) for line in new}
    for kind in ("parquet", "jsonl"):
        with pytest.raises(InputError, match="kind"):
            inject(tmp_path / kind, tmp_path / "x.csv", wishes)


def test_json_lines_without_a_mapping(clean: Path, tmp_path: Path) -> None:
    """AstroML's names of columns; numbers stay numbers, texts stay texts with their escapes."""
    table = pl.read_csv(clean / "transfers.csv", infer_schema=False).filter(successful="true")
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(
        json.dumps({"id": row["hash"], "source_account": row["sender"],
                    "destination_account": row["receiver"], "amount": float(row["amount"]),
                    "created_at": int(row["time"]), "note": 'a "b"\\n,é', "nothing": None,
                    "fine": True, "ledger": int(row["ledger"])}) + "\n"
        for row in table.iter_rows(named=True)
    ))  # fmt: skip
    made = inject(path, tmp_path / "out.jsonl", Injection(wishes=(parse_wish("cycle:2"),)))
    before = path.read_text().splitlines()
    after = (tmp_path / "out.jsonl").read_text().splitlines()
    assert len(after) == made.transfers > len(before)
    records = [json.loads(line) for line in after]
    assert all(json.loads(line) in records for line in before[::100])
    assert {tuple(type(value) for value in record.values()) for record in records} <= {
        (str, str, str, kind, int, str, type(None), bool, int) for kind in (int, float)
    }
    assert {record["note"] for record in records} == {'a "b"\\n,é'}
    planted = {name for entry in truth_beside(tmp_path / "out.planted.json") for name in entry}
    assert planted <= {f"stellar:{record['ledger']}:{record['id']}" for record in records}


def truth_beside(path: Path) -> list[list[str]]:
    return [entry["transfers"] for entry in json.loads(path.read_text())]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1, "b": {"c": 2}}', "line 2: it is no flat object"),
        ('{"a": 1}', "line 2: it is no flat object"),
        ('{"b": "x", "a": 1}', "line 2: it is no flat object"),
        ('{"a": 1, "b": "x"', "line 2: it is no flat object"),
        ('{"a": "1", "b": "x"}', "values of 'a' in .*ledger.jsonl are of several kinds"),
        (
            '{"a": 1, "b": null}\n{"a": 1, "b": ""}',
            "values of 'b' in .*jsonl are of several",
        ),
    ],
)
def test_json_lines_that_are_no_table(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"a": 1, "b": "x"}\n' + line + "\n")
    with pytest.raises(InputError, match=reason):
        inject(path, tmp_path / "out.jsonl", Injection(wishes=()))


@pytest.mark.parametrize("schedule", [0, 1, 2])
def test_schedules(schedule: int, clean: Path, tmp_path: Path) -> None:
    wish = parse_wish(f"fan_in:2:schedule={schedule}:min_accounts=12:max_accounts=12:max_amount=50")
    inject(clean, tmp_path, Injection(wishes=(wish,), look_alikes=()))
    for entry in truth(tmp_path):
        assert len(entry["accounts"]) == 12


def test_wrong_wishes_are_refused(clean: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="fan_inn"):
        parse_wish("fan_inn:3")
    for text in ("cycle:x", "cycle:2:hops=4", "cycle:-1", "cycle:1:schedule=7",
                 "cycle:1:min_accounts=2", "cycle:1:min_period=3:max_period=1"):  # fmt: skip
        with pytest.raises(ParameterError):
            parse_wish(text)
    with pytest.raises(ParameterError, match="hard-negatives"):
        inject(clean, tmp_path, Injection(wishes=(parse_wish("payroll:1"),)))
    with pytest.raises(ParameterError, match="reuse-share"):
        inject(clean, tmp_path, Injection(wishes=(), reuse_share=2))


def test_the_input_is_never_overwritten(clean: Path) -> None:
    with pytest.raises(InputError, match="is the input"):
        inject(clean, clean, Injection(wishes=(parse_wish("cycle:1"),)))
