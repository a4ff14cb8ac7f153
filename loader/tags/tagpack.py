"""GraphSense TagPacks (YAML): a header whose values every tag inherits unless it has its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from loader.label_pack import TagFormat, instants, refuse, refuse_from

if TYPE_CHECKING:
    from loader.reading.sources import Source

CONFIDENCE = {
    **dict.fromkeys(("override", "ownership", "ledger_immanent"), 1.0),
    "manual_transaction": 0.9,
    **dict.fromkeys(("service_api", "forensic_investigation"), 0.7),
    "authority_data": 0.6,
    **dict.fromkeys(("trusted_provider", "service_data", "forensic"), 0.5),
    "untrusted_transaction": 0.4,
    "web_crawl": 0.2,
    "heuristic": 0.1,
    "unknown": 0.05,
}
"""GraphSense's levels, of 100, as shares of one."""

_CATEGORY = {
    **dict.fromkeys(("exchange", "otc", "broker"), "exchange"),
    **dict.fromkeys(("mixing_service", "mixer", "coinjoin", "shielded_wallet"), "mixer"),
    **dict.fromkeys(("market", "marketplace", "dark_market", "darknet_market"), "dark_market"),
    **dict.fromkeys(("defi", "defi_dex", "dex", "defi_lending", "defi_bridge", "bridge"), "defi"),
    **dict.fromkeys(("contract", "token_contract", "smart_contract"), "contract"),
    "infrastructure": "infrastructure",
    **dict.fromkeys(("hosted_wallet", "custodian", "organization", "government"), "institutional"),
    **dict.fromkeys(("user", "eoa", "individual"), "eoa"),
    **dict.fromkeys(("scam", "phishing", "hack", "ransomware", "ponzi_scheme"), "scam"),
    **dict.fromkeys(("sanction", "sanctioned", "sanctions"), "sanctioned"),
    "staking": "staking",
    "validator": "validator",
}
_ABUSE = {
    **dict.fromkeys(("sanction", "sanctioned", "sanctions"), "sanctioned"),
    **dict.fromkeys(("dark_market", "darknet_market", "market"), "dark_market"),
    **dict.fromkeys(("mixer", "mixing_service"), "mixer"),
}
_FIELDS = ("address", "label", "source", "lastmod", "category", "abuse", "confidence")
_INHERITED = (*_FIELDS[1:], "currency", "network", "concepts")
_TAGS_KEY = re.compile(rb"^tags\s*:", re.MULTILINE)
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Text(_Parser):  # type: ignore[misc]
    """Reads every scalar as the text it is: YAML would turn an unquoted 0x… into a number."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the parser's own way of being configured
        "<": [("tag:yaml.org,2002:merge", re.compile(r"^(?:<<)$"))]
    }


class TagPack(TagFormat):
    """Header values are inherited, confidence levels become shares, abuse is a high risk."""

    summary = "GraphSense TagPacks (YAML) with inherited header values."

    def recognise(self, source: Source) -> bool:
        """By a key `tags` at the beginning of a line."""
        return _TAGS_KEY.search(source.head()) is not None

    def read(self, source: Source) -> pl.DataFrame:
        """One label for each tag."""
        rows = _columns(source)
        abuse = pl.col("abuse").str.to_lowercase().str.replace_all(r"[\s-]+", "_")
        kind = (
            pl.coalesce("category", "concepts").str.to_lowercase().str.replace_all(r"[\s-]+", "_")
        )
        level = pl.col("confidence").str.to_lowercase()
        return rows.with_columns(
            category=pl.when(abuse.is_not_null())
            .then(abuse.replace_strict(_ABUSE, default="scam"))
            .otherwise(kind.replace_strict(_CATEGORY, default="unknown")),
            subcategory=pl.coalesce(abuse, kind),
            risk_level=pl.when(abuse.is_not_null()).then(pl.lit("high")),
            confidence=_confidence(source, rows, level),
            known_from=instants("tagpack", source, rows["line"], rows["lastmod"]),
            ticker=pl.coalesce("network", "currency"),
            evidence_url=pl.when(pl.col("source").str.starts_with("http")).then("source"),
            network=pl.lit(None, pl.String),
        )


def _confidence(source: Source, rows: pl.DataFrame, level: pl.Expr) -> pl.Series:
    values = rows.select(level.replace_strict(CONFIDENCE, default=None)).to_series()
    if (odd := rows.filter(values.is_null() & pl.col("confidence").is_not_null())).height:
        known = ", ".join(CONFIDENCE)
        reason = f"confidence '{odd['confidence'][0]}' is no level; known: {known}"
        refuse("tagpack", source, odd["line"][0], f"(counted in tags) {reason}")
    return values


def _columns(source: Source) -> pl.DataFrame:
    """The tags as text columns, with what the header gives them."""
    pack = _parse(source)
    tags = pack.get("tags") if isinstance(pack, dict) else None
    if not isinstance(tags, list) or not tags:
        refuse("tagpack", source, None, "'tags' is not a list of tags")
    for place, tag in enumerate(tags, start=1):
        if not isinstance(tag, dict) or _text(tag.get("address")) is None:
            refuse("tagpack", source, None, f"tag {place} has no address")
    header = {name: _text(pack.get(name)) for name in _INHERITED}
    if header["currency"] is not None or header["network"] is not None:
        # A tag's own currency stands before a header's network: they name one thing.
        header["currency"], header["network"] = header["network"] or header["currency"], None
    columns = {
        name: pl.Series([_text(tag.get(name)) for tag in tags], dtype=pl.String)
        for name in (*_FIELDS, "currency", "network", "concepts")
    }
    return pl.DataFrame(columns).select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"),
        "address",
        *(pl.col(name).fill_null(pl.lit(header[name], pl.String)) for name in _INHERITED),
    )


def _parse(source: Source) -> Any:
    try:
        with source.path.open("rb") as file:
            return yaml.load(file, _Text)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        refuse_from("tagpack", source, line, f"it is not YAML: {error.problem}", error)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        refuse_from("tagpack", source, None, f"it is not YAML: {error}", error)


def _text(value: object) -> str | None:
    """A scalar as text; of a list, such as concepts, the first entry."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    return None if text in ("", "~") or text.lower() == "null" else text


TAGS = TagPack()
