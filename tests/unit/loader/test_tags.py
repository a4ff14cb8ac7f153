"""Label packs read from files: every format by its cases, ids, dates, archives."""

from __future__ import annotations

import gzip
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import FormatError, UnknownNameError
from loader.label_pack import TAG_FORMATS, Defaults, TagOptions
from loader.tagging import read

CASES = Path(__file__).resolve().parents[2] / "cases" / "tags"
EVERY = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(CASES.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
ADDRESS = "0x00000000000000000000000000000000000000aa"
NOON_2021 = 1_612_180_800


def test_every_format_has_its_cases_and_a_summary() -> None:
    assert sorted(path.stem for path in CASES.iterdir()) == TAG_FORMATS.names()
    assert all(form.summary.endswith(".") for form in TAG_FORMATS.members().values())


@pytest.mark.parametrize(("format_name", "case"), EVERY)
def test_case(format_name: str, case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / case["file"]
    file.write_text(case["content"], encoding="utf-8")
    options = TagOptions(network=case.get("network"), defaults=Defaults(**case.get("options", {})))
    if "refused" in case:
        with pytest.raises(FormatError, match=case["refused"]) as caught:
            read(format_name, [file], options)
        assert str(file) in str(caught.value)
        return
    tags, report = read(format_name, [file], options)
    assert report.read == case["read"]
    assert report.unmatched == case.get("unmatched", {})
    assert report.repeated == case.get("repeated", 0)
    assert report.read == tags["labels"].sum() + sum(report.unmatched.values())
    key = ["account", "label"]
    found = tags.sort(key).to_dicts()
    wanted = case["tags"]
    assert [row["account"] for row in found] == [row["account"] for row in wanted]
    for row, want in zip(found, wanted, strict=True):
        assert {name: row[name] for name in want} == want


def test_an_id_is_made_of_network_address_source_and_label(tmp_path: Path) -> None:
    file = tmp_path / "etherscan.csv"
    file.write_text(f"banned_address,wallet_tag,data_source\n{ADDRESS},Bad,list\n")
    tags, _ = read("forta", [file], TagOptions())
    digest = sha256(f"ethereum|{ADDRESS}|list|Bad".encode()).hexdigest()
    assert tags["id"].to_list() == [digest[:32]]


def test_labels_without_a_date_take_the_day_of_their_file_also_inside_an_archive(
    tmp_path: Path,
) -> None:
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    plain.write_text(f"{ADDRESS}\n")
    packed.write_bytes(gzip.compress(f"{ADDRESS}\n".encode()))
    for file in (plain, packed):
        os.utime(file, (NOON_2021, NOON_2021))
        tags, _ = read("lines", [file], TagOptions())
        assert tags["known_from"].to_list() == [(NOON_2021 - 43_200) * 1000]


def test_of_two_files_that_say_the_same_the_surer_and_the_earlier_count(tmp_path: Path) -> None:
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file, confidence, day in zip(files, ("0.2", "0.9"), ("2020", "2024"), strict=True):
        file.write_text(
            "address,label,source,category,confidence,known_from\n"
            f"{ADDRESS},L,S,{'scam' if day == '2020' else 'mixer'},{confidence},{day}-01-01\n"
        )
    found = [read("csv", order, TagOptions()) for order in (files, files[::-1])]
    for tags, report in found:
        assert report.repeated == 1
        assert tags.select("category", "confidence", "known_from").rows() == [
            ("mixer", 0.9, 1_577_836_800_000)
        ]


def test_a_folder_is_read_without_what_is_not_of_the_format(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License\n")
    (tmp_path / "ETH.json").write_text(f'["{ADDRESS}"]')
    tags, report = read("ofac", [tmp_path], TagOptions())
    assert tags.height == 1
    assert report.left_out == [str(tmp_path / "LICENSE")]


def test_an_unknown_format_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="tagpack"):
        read("tagpacks", [tmp_path], TagOptions())


@pytest.mark.parametrize(
    ("format_name", "path", "labels"),
    [
        ("forta", "forta/etherscan_malicious_labels.csv", 7_780),
        ("forta", "forta/phishing_scams.csv", 6_726),
        ("forta", "forta/malicious_smart_contracts.csv", 2 * 753),
        ("ofac", "ofac", 152 + 2 + 26 + 6 + 435),
        ("sanctions", "sanctioned-addresses.json", 977),
        ("tagpack", "tagpacks/ransomware.yaml", 7_178),
        ("tagpack", "tagpacks/ransomwhere.yaml", 7_457),
        ("tagpack", "tagpacks/etherscan-label-word-cloud.yaml", 8_453),
        ("tagpack", "tagpacks/etherscamdb_tagpack.yaml", 3_117),
        ("lines", "bert4eth_phisher_account.txt", 7_067),
    ],
)
def test_real_packs_are_read_whole(
    shared_data: Path, format_name: str, path: str, labels: int
) -> None:
    tags, report = read(format_name, [shared_data / "labels" / path], TagOptions())
    assert report.read == labels
    assert tags["labels"].sum() + sum(report.unmatched.values()) == labels
    assert "bad_address" not in report.unmatched
