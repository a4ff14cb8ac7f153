"""One member is one file, and every member has its cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.actions import job_summaries
from cypher import catalog, features, motifs
from gds_jobs.catalog import ALGORITHMS, TASKS
from loader.format import FORMATS
from loader.label_pack import TAG_FORMATS
from loader.synthesis.typology import TYPOLOGIES
from ml.contract import DETECTORS, MODELS

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
OPEN = {
    "formats": FORMATS.names(),
    "motifs": list(catalog.names("motifs")),
    "features": list(features.families()),
    "jobs": ALGORITHMS.names(),
    "models": MODELS.names(),
    "detectors": DETECTORS.names(),
    "tags": TAG_FORMATS.names(),
    "typologies": TYPOLOGIES.names(),
}


@pytest.mark.parametrize("folder", sorted(OPEN))
def test_members_and_cases_agree(folder: str) -> None:
    cases = {path.stem for path in (CASES / folder).iterdir()}
    assert cases == set(OPEN[folder])


@pytest.mark.parametrize(
    "folder",
    [FORMATS, TAG_FORMATS, TYPOLOGIES, MODELS, DETECTORS, ALGORITHMS, TASKS, features.FAMILIES],
    ids=lambda f: str(f.package),
)
def test_every_member_keeps_the_contract_and_has_a_summary(folder: object) -> None:
    members = folder.members()  # type: ignore[attr-defined]
    summaries_found = [member.summary for member in members.values()]
    assert all(text.endswith(".") for text in summaries_found)
    assert len(set(summaries_found)) == len(summaries_found)


@pytest.mark.parametrize("name", TASKS.names())
def test_every_task_has_tests_of_its_own(name: str) -> None:
    assert (ROOT / "tests" / "integration" / "gds_jobs" / f"test_{name}.py").is_file()


def test_jobs_have_summaries() -> None:
    assert all(text.endswith(".") for text in job_summaries().values())


def test_public_names_are_unique_over_jobs_and_motifs() -> None:
    names = [*OPEN["motifs"], *job_summaries()]
    assert len(names) == len(set(names))


def test_a_kernel_stands_for_a_motif() -> None:
    assert set(motifs.KERNELS.members()) <= set(catalog.names("motifs"))
