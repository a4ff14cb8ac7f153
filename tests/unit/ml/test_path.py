"""The whole model path on a small generated ledger: export on disk, train, evaluate, score."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
import yaml

from core.errors import FormatError, NotFoundError, ParameterError, StateError, UnknownNameError
from core.schema import SCORES
from ml import artifact, contract, evaluate, metrics, split, subgraph
from ml.contract import TrainOptions
from ml.scaler import Scaler
from ml.score import provenance, score
from ml.train import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from ml.train import TrainReport

CASES = Path(__file__).resolve().parents[2] / "cases"
QUICK = TrainOptions(seed=1, epochs=10, hidden=8, learning_rate=0.02)


def _case(name: str) -> dict[str, object]:
    folder = "models" if name in contract.MODELS.names() else "detectors"
    return dict(yaml.safe_load((CASES / folder / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module", params=contract.names())
def trained(
    request: pytest.FixtureRequest, exported: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainReport, dict[str, object]]:
    case = _case(request.param)
    options = TrainOptions(**case["options"])  # type: ignore[arg-type]
    return train(request.param, exported, tmp_path_factory.mktemp("runs"), options), case


def test_reaches_its_mark_and_beats_the_baselines(
    trained: tuple[TrainReport, dict[str, object]],
) -> None:
    report, case = trained
    found = evaluate.tree(report.metrics)["test"]
    assert set(found) == {"model", "degree", "volume", "random", "logistic_regression"}
    assert found["model"]["auc"] >= case["auc_at_least"]  # type: ignore[operator]
    for baseline in case["beats"]:  # type: ignore[attr-defined]
        assert found["model"]["auc"] > found[baseline]["auc"]  # type: ignore[operator]


def test_scores_every_account_but_infrastructure(
    trained: tuple[TrainReport, dict[str, object]], exported: Path
) -> None:
    report, _ = trained
    frame = score(report.artifact, exported)
    assert frame.schema == SCORES
    assert frame.height == 899
    assert frame["account"].is_sorted()
    assert frame["value"].is_finite().all()
    assert frame["percentile"].to_numpy() == pytest.approx(metrics.hazen(frame["value"].to_numpy()))
    assert set(frame["band"]) <= {"low", "medium", "high", "critical"}
    assert (frame["reasons"].list.len() > 0).all()
    assert frame.equals(score(report.artifact, exported))


def test_the_alert_threshold_is_that_of_the_validations_highest_percent(
    trained: tuple[TrainReport, dict[str, object]], exported: Path
) -> None:
    report, _ = trained
    kept, data = artifact.load(report.artifact), subgraph.read(exported)
    told = provenance(report.artifact, exported).alert_threshold
    if kept.task == "anomaly_detection":
        assert told is None
        return
    infra = data.nodes.filter(pl.col("is_infra"))["idx"]
    usable = data.labels.filter(~pl.col("idx").is_in(infra.implode()))
    parts = split.labelled(usable, kept.options.seed, 0.2, 0.2)
    chosen = usable.filter(parts["part"] == "validation")["idx"]
    accounts = data.nodes.filter(pl.col("idx").is_in(chosen.implode()))["account_id"]
    values = score(report.artifact, exported).filter(pl.col("account").is_in(accounts.implode()))
    highest = values.sort("value", descending=True).head(max(1, round(accounts.len() / 100)))
    assert told == highest["value"].min()


def test_artifact_holds_no_pickle_and_all_that_its_use_needs(
    trained: tuple[TrainReport, dict[str, object]],
) -> None:
    report, case = trained
    names = {path.name for path in report.artifact.iterdir()}
    assert names == {"artifact.json", "metrics.json", case["weights"]}
    kept = artifact.load(report.artifact)
    assert kept.run == report.run
    assert artifact.find(report.artifact.parent, report.model) == report.artifact


def test_truncated_weights_are_refused(
    trained: tuple[TrainReport, dict[str, object]], tmp_path: Path
) -> None:
    report, case = trained
    copy = tmp_path / report.run
    shutil.copytree(report.artifact, copy)
    weights = copy / str(case["weights"])
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(FormatError, match="truncated or of another run"):
        artifact.load(copy)
    # Also where someone made the hash fit.
    facts = json.loads((copy / artifact.NAME).read_text(encoding="utf-8"))
    facts["weights_sha256"] = artifact.manifest.digest_of(weights)
    (copy / artifact.NAME).write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(FormatError):
        artifact.load(copy)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "not JSON"), ("{}", "format"), ('{"format": "ledgergraph-model-1"}', "scaler")],
)
def test_a_foreign_artifact_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / artifact.NAME).write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=reason):
        artifact.load(tmp_path)


def test_same_seed_same_weights_and_metrics(exported: Path, tmp_path: Path) -> None:
    one = train("graphsage", exported, tmp_path / "one", QUICK)
    two = train("graphsage", exported, tmp_path / "two", QUICK)
    other = train(
        "graphsage", exported, tmp_path / "two", TrainOptions(seed=2, epochs=15, hidden=8)
    )
    assert one.run == two.run != other.run
    assert artifact.load(one.artifact).sha256 == artifact.load(two.artifact).sha256
    assert one.metrics.equals(two.metrics)


def test_mini_batches_teach_as_well(exported: Path, tmp_path: Path) -> None:
    options = TrainOptions(seed=1, epochs=6, hidden=8, sampled_above=10, learning_rate=0.02)
    one = train("graphsage", exported, tmp_path / "one", options)
    two = train("graphsage", exported, tmp_path / "two", options)
    assert one.run == two.run
    assert evaluate.tree(one.metrics)["test"]["model"]["auc"] > 0.75  # type: ignore[operator]


def test_shuffled_labels_teach_nothing(write: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "shuffled", shuffle=True)
    found = []
    for seed in range(3):
        options = TrainOptions(seed=seed, epochs=15, hidden=8, test=0.6, validation=0.1)
        report = train("graphsage", tmp_path / "shuffled", tmp_path / "runs", options)
        found.append(evaluate.tree(report.metrics)["test"]["model"]["auc"])
    assert 0.4 <= np.mean(found) <= 0.6  # type: ignore[arg-type]


def test_scaler_knows_the_training_part_only(exported: Path) -> None:
    data = subgraph.read(exported)
    rows = np.arange(0, 900, 2)
    fitted = Scaler.fit(data.nodes, data.features, rows)
    odd = pl.col("idx") % 2 == 1
    changed = data.nodes.with_columns(
        pl.when(odd).then(pl.col(name) * 1000 + 1).otherwise(pl.col(name)).alias(name)
        for name in data.features
    )
    assert Scaler.fit(changed, data.features, rows).facts() == fitted.facts()
    scaled = fitted.apply(data.nodes)
    assert scaled.shape == (900, len(fitted.names))
    assert np.isfinite(scaled).all()
    assert abs(scaled[rows, 0].mean()) < 0.2


def test_a_family_that_a_ledger_knows_nothing_of_leaves_no_column(exported: Path) -> None:
    data = subgraph.read(exported)
    rows = np.arange(data.nodes.height)
    none = data.nodes.with_columns(memo_text_count=pl.lit(None, pl.Float32))
    fitted = Scaler.fit(none, [*data.features, "memo_text_count"], rows)
    assert fitted.facts() == Scaler.fit(data.nodes, data.features, rows).facts()


def test_features_of_labels_are_refused() -> None:
    with pytest.raises(ParameterError, match="labels"):
        subgraph.SnapshotSpec(families=("activity", "labels")).check()
    with pytest.raises(UnknownNameError, match="activty"):
        subgraph.SnapshotSpec(families=("activty",)).check()


def test_no_label_column_is_a_feature(exported: Path) -> None:
    data = subgraph.read(exported)
    assert not {"y", "label", "is_infra", "idx", "source", "confidence"} & set(data.features)
    assert list(data.nodes.columns[:3]) == ["idx", "account_id", "is_infra"]


def test_equal_exports_have_equal_hashes_and_a_changed_file_is_seen(
    write: Callable[..., str], exported: Path, tmp_path: Path
) -> None:
    assert write(tmp_path / "again") == subgraph.read(exported).export_id
    (tmp_path / "again" / "labels.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match="SHA-256"):
        subgraph.read(tmp_path / "again")


def test_too_few_labels_are_refused(write: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "few", labelled=100)  # all of them bad
    with pytest.raises(StateError, match="0 good"):
        train("graphsage", tmp_path / "few", tmp_path / "runs", QUICK)


def test_single_class_part_has_no_auc_but_a_reason(
    write: Callable[..., str], tmp_path: Path
) -> None:
    write(tmp_path / "few", labelled=100)
    report = train("isolation_forest", tmp_path / "few", tmp_path / "runs")
    row = report.metrics.filter(
        (pl.col("part") == "test") & (pl.col("scorer") == "model") & (pl.col("metric") == "auc")
    )
    assert row.select("value", "reason").row(0) == (None, "the part holds a single class")


def test_runs_are_found_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        artifact.find(tmp_path, "graphsag")
    with pytest.raises(NotFoundError, match="ledgergraph train graphsage"):
        artifact.find(tmp_path, "graphsage")
    with pytest.raises(NotFoundError):
        evaluate.evaluate(tmp_path, ["graphsage-0"])
