"""Every limit of the API, in one place; `api/settings.py` may set them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may ask for and how long it may take.

    Attributes:
        body_bytes: a request's body, for keys without the scope `write`.
        publish_body_bytes: the same for keys with it.
        publish_rows: scores in one `publishScores`.
        query_characters: length of a document; its variables do not count.
        tokens: lexical tokens of a document.
        depth: nested fields, fragments followed.
        aliases: aliases in a document.
        root_fields: fields of an operation's root, fragments followed.
        cost: fields that an answer may hold, page sizes multiplied through.
        page_size: items of one page.
        request_seconds: time for a query.
        mutation_seconds: time for an answer to a mutation; its work goes on after that.
        transaction_seconds: time for each statement in the database.
        cached_documents: parsed and validated documents that are kept.
        key_seconds: how long a key that was found good is not looked up again.
        threads: threads that read.
        workers: threads that publish, score or run jobs.
    """

    body_bytes: int = 256 * 1024
    publish_body_bytes: int = 64 * 1024 * 1024
    publish_rows: int = 250_000
    query_characters: int = 20_000
    tokens: int = 1_500
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    cost: int = 25_000
    page_size: int = 100
    request_seconds: float = 30.0
    mutation_seconds: float = 900.0
    transaction_seconds: float = 10.0
    cached_documents: int = 256
    key_seconds: float = 5.0
    threads: int = 8
    workers: int = 4
