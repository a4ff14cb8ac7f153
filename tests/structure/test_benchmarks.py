"""Every stage of `bench` loads and keeps the contract of its folder."""

from __future__ import annotations

import pytest

from api.commands import bench


def test_the_stages_are_found() -> None:
    assert {"load", "bulk", "replay", "export", "publish", "motifs"} <= set(bench.names())


@pytest.mark.parametrize("name", bench.names())
def test_a_stage_names_its_other_side_and_its_goal(name: str) -> None:
    module = bench.stage(name)
    assert module.__doc__
    assert module.AGAINST
    assert module.GOAL > 0
    assert callable(module.sides)
