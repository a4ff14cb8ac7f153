"""Settings: the only reader of the environment.

Each field is the variable `LEDGERGRAPH_<FIELD>`; `.env.example` lists them all. A file `.env` in
the working directory is read too, real variables win. Values never hold a secret: passwords come
from files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.security.limits import Limits
from core.errors import UnreadableError, UsageError
from core.server import ServerConfig, default_cache, default_home


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="LEDGERGRAPH_", env_file=".env", extra="ignore")

    home: Path = Field(default_factory=default_home, description="Database, models, dead letters")
    cache: Path = Field(default_factory=default_cache, description="Server artifacts")
    neo4j_uri: str | None = Field(
        None, description="A database of your own instead of the embedded"
    )
    neo4j_user: str = Field(default="neo4j", description="Its user")
    neo4j_password_file: Path | None = Field(
        default=None, description="File that holds its password"
    )
    bolt_port: int = Field(
        default=7687, ge=0, le=65535, description="Bolt port of the embedded server"
    )
    http_port: int = Field(
        default=7474, ge=0, le=65535, description="Browser port of the embedded server"
    )
    heap: str | None = Field(
        default=None, description="Java heap, such as 2g; default by the machine"
    )
    pagecache: str | None = Field(
        None, description="Page cache, such as 1g; default by the machine"
    )
    transaction_memory: str | None = Field(
        default=None, description="Most memory of one transaction"
    )
    java_home: Path | None = Field(default=None, description="Java 17 or 21 to use")
    start_timeout_seconds: float = Field(
        default=180.0, gt=0, description="Longest wait for the server"
    )
    query_timeout_seconds: float = Field(
        default=600.0, gt=0, description="Longest time of one statement"
    )
    api_host: str = Field(default="127.0.0.1", description="Address the API listens on")
    api_port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on")
    environment: Literal["development", "production"] = Field(
        default="development", description="development shows GraphiQL and allows introspection"
    )
    open_read: bool = Field(
        default=False, description="Reading without a key, from this machine only"
    )
    api_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Longest time of one API request"
    )
    kept_runs: int = Field(
        default=5, ge=1, description="Sealed score runs of a model kept in the graph"
    )
    trusted_issuers: str = Field(
        default="",
        description="Issuers and contracts, by commas, whose USDC, EURC … count as stablecoins",
    )
    schedule: Path | None = Field(
        default=None, description="Schedule as a YAML file; default api/schedule.yaml"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line shown"
    )

    @property
    def issuers(self) -> tuple[str, ...]:
        """The trusted issuers of stablecoins."""
        return tuple(name.strip() for name in self.trusted_issuers.split(",") if name.strip())

    @property
    def models(self) -> Path:
        """Folder of trained models."""
        return self.home / "models"

    @property
    def exports(self) -> Path:
        """Folder of training subgraphs that commands make on their way."""
        return self.home / "exports"

    @property
    def archive(self) -> Path:
        """Folder of score runs that left the graph."""
        return self.home / "scores"

    @property
    def dead_letters(self) -> Path:
        """Folder of rejected rows."""
        return self.home / "dead_letters"

    @property
    def labels(self) -> Path:
        """Folder of the labels that sources hold."""
        return self.home / "labels"

    def server(self, *, quiet: bool = False) -> ServerConfig:
        """The embedded server's configuration."""
        system_java = os.environ.get("JAVA_HOME")
        return ServerConfig(
            home=self.home,
            cache=self.cache,
            bolt_port=self.bolt_port,
            http_port=self.http_port,
            heap=self.heap,
            pagecache=self.pagecache,
            transaction_memory=self.transaction_memory,
            java_home=self.java_home,
            system_java_home=Path(system_java) if system_java else None,
            start_timeout_seconds=self.start_timeout_seconds,
            quiet=quiet,
        )

    def limits(self) -> Limits:
        """What one request to the API may ask for."""
        return Limits(transaction_seconds=self.api_timeout_seconds)

    def password(self) -> str:
        """The password of the database named by `neo4j_uri`.

        Raises:
            UsageError: no password file is set.
            UnreadableError: it cannot be read.
        """
        if self.neo4j_password_file is None:
            raise UsageError(
                "LEDGERGRAPH_NEO4J_URI is set without a password.",
                "Set LEDGERGRAPH_NEO4J_PASSWORD_FILE to a file that holds it.",
            )
        if self.neo4j_password_file.exists() and not self.neo4j_password_file.is_file():
            raise UnreadableError(self.neo4j_password_file, "it is not a file")
        try:
            return self.neo4j_password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise UnreadableError(self.neo4j_password_file, reason) from error


def read_settings() -> Settings:
    """Settings from the environment.

    Raises:
        UsageError: a variable holds something it may not.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"LEDGERGRAPH_{name}: {first['msg']}.") from error


def example() -> str:
    """The text of `.env.example`: every variable with its meaning and default."""
    lines = [
        "# Every setting of LedgerGraph with its default; copy to .env and change what you need."
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or field.default is None else field.default
        text = str(default).lower() if isinstance(default, bool) else str(default)
        lines += ["", f"# {field.description}.", f"# LEDGERGRAPH_{name.upper()}={text}"]
    return "\n".join(lines) + "\n"
