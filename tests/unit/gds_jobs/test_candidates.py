"""What an alert says where rules tell it."""

from __future__ import annotations

from gds_jobs.candidates import readable


def test_a_rule_is_told_in_words_and_short_figures() -> None:
    reason = (
        "H6: loops in unusual volume. fairon_triangle_loop_count 22791, fairon_rel -1.5e-07; "
        "fairon_triangle_loop_amount_q99_positive 1043504.6728999992; 558 loops: triangle_a0 "
        "triangle_8e; 12 of them can be walked in time order"
    )
    assert readable(reason) == (
        "H6: loops in unusual volume. triangle loop count 22,791, rel -1.5e-07; "
        "triangle loop amount q99 positive 1,043,504.67; 558 loops; 12 of them can be walked in "
        "time order"
    )
