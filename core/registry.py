"""Finds what an open folder offers: one file is one member, and its file name is the public name.

An open folder is a package whose modules each define one object of an agreed name and type
(`FORMAT`, `JOB`, `MODEL`, ...). There is no index to edit; a module that does not keep the
contract is a `ContractError` that names the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import Generic, TypeVar

from core.errors import ContractError, UnknownNameError

Member = TypeVar("Member")


@dataclass(frozen=True, slots=True)
class OpenFolder(Generic[Member]):
    """A folder that grows by adding files.

    Attributes:
        package: dotted name of the folder, such as `loader.formats`.
        attribute: the object each module defines.
        kind: the type of that object.
        noun: what a member is called in messages, such as `format`.
    """

    package: str
    attribute: str
    kind: type[Member]
    noun: str

    def names(self) -> list[str]:
        """Public names in alphabetical order, read from the file names without importing them."""
        entries = (entry.name for entry in files(self.package).iterdir())
        return sorted(
            name.removesuffix(".py")
            for name in entries
            if name.endswith(".py") and not name.startswith("_")
        )

    def get(self, name: str) -> Member:
        """Import one member.

        Raises:
            UnknownNameError: no file carries that name.
            ContractError: the file does not define what the folder asks for.
        """
        names = self.names()
        if name not in names:
            raise UnknownNameError(self.noun, name, names)
        module = import_module(f"{self.package}.{name}")
        member = getattr(module, self.attribute, None)
        if not isinstance(member, self.kind):
            where = f"{self.package.replace('.', '/')}/{name}.py"
            raise ContractError(where, f"must define {self.attribute}: {self.kind.__name__}")
        return member

    def members(self) -> dict[str, Member]:
        """Every member by name."""
        return {name: self.get(name) for name in self.names()}
