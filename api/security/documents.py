"""The document guard: parses once, measures in linear time, refuses what costs too much.

It runs before validation, because validation itself takes quadratic time on hostile documents. A
fragment is measured once however often it is spread, so chains of fragments that double at every
step cost no more than they are long. Documents that passed are kept, parsed and validated.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, parse
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode
from graphql.language.ast import FragmentDefinitionNode, OperationDefinitionNode

from api.types.page import DEFAULT_PAGE
from core.errors import LimitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import DocumentNode
    from graphql.language import SelectionSetNode

    from api.security.limits import Limits

SIZES = {
    "accounts": DEFAULT_PAGE,
    "transfers": DEFAULT_PAGE,
    "motif": DEFAULT_PAGE,
    "jobRuns": DEFAULT_PAGE,
    "scoreRuns": DEFAULT_PAGE,
    "scores": 4,
    "tags": 4,
    "features": 8,
}
"""Items that a list field is taken to hold where no argument says it."""

INTROSPECTION_DEPTH = 20
_SIZE_ARGUMENTS = ("first", "limit")
_COST_CAP = 10**12


@dataclass(frozen=True, slots=True)
class Measure:
    """Size of a selection, fragments followed."""

    depth: int = 0
    fields: int = 0
    cost: int = 0
    aliases: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document that passed the guard; `errors` are those of validation."""

    ast: DocumentNode
    mutates: bool
    errors: tuple[GraphQLError, ...]


class Documents:
    """Reads documents and keeps those that passed."""

    def __init__(
        self, limits: Limits, validate: Callable[[DocumentNode], list[GraphQLError]]
    ) -> None:
        self._limits, self._validate = limits, validate
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def read(self, text: str, variables: Mapping[str, Any] | None = None) -> Document:
        """Parse, guard and validate a document; the cost is that with these variables.

        Raises:
            LimitError: it goes beyond a limit.
            UsageError: its fragments form a cycle.
            GraphQLError: it is not GraphQL.
        """
        document = self._kept.get(text)
        if document is None:
            document = self._examine(text, variables or {})
            self._kept[text] = document
            if len(self._kept) > self._limits.cached_documents:
                self._kept.popitem(last=False)
            return document
        self._kept.move_to_end(text)
        check(document.ast, self._limits, variables or {})
        return document

    def _examine(self, text: str, variables: Mapping[str, Any]) -> Document:
        limits = self._limits
        if len(text) > limits.query_characters:
            remedy = "Send values as variables; they do not count."
            raise LimitError("characters in its document", limits.query_characters, remedy)
        try:
            ast = parse(text, max_tokens=limits.tokens)
            check(ast, limits, variables)
            errors = tuple(self._validate(ast))
        except RecursionError as error:
            raise LimitError("nested fragments", limits.depth) from error
        operations = [d for d in ast.definitions if isinstance(d, OperationDefinitionNode)]
        mutates = any(operation.operation.value == "mutation" for operation in operations)
        return Document(ast, mutates, errors)


def check(ast: DocumentNode, limits: Limits, variables: Mapping[str, Any]) -> None:
    """Measure every operation against the limits.

    Raises:
        LimitError: one goes beyond a limit.
        UsageError: fragments form a cycle.
    """
    fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
    for definition in ast.definitions:
        if isinstance(definition, OperationDefinitionNode):
            gauge = _Gauge(fragments, {**_defaults(definition), **variables})
            found = gauge.selection(definition.selection_set)
            for what, value, limit in (
                ("nested fields", found.depth, limits.depth),
                ("root fields", found.fields, limits.root_fields),
                ("aliases", found.aliases, limits.aliases),
                ("fields in its answer, page sizes multiplied", found.cost, limits.cost),
            ):
                if value > limit:
                    raise LimitError(what, limit, "Ask for less, or in several requests.")


class _Gauge:
    """Measures selections of one operation."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._fragments, self._variables = fragments, variables
        self._measured: dict[str, Measure | None] = {}

    def selection(self, selected: SelectionSetNode | None) -> Measure:
        """The sum over the fields of a selection."""
        depth = fields = cost = aliases = 0
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                part = self._field(node)
            elif isinstance(node, FragmentSpreadNode):
                part = self._fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                part = self.selection(node.selection_set)
            else:  # no other kind of selection exists in the language
                raise TypeError(type(node).__name__)
            depth = max(depth, part.depth)
            fields = min(fields + part.fields, _COST_CAP)
            cost = min(cost + part.cost, _COST_CAP)
            aliases = min(aliases + part.aliases, _COST_CAP)
        return Measure(depth, fields, cost, aliases)

    def _field(self, node: FieldNode) -> Measure:
        inside = self.selection(node.selection_set)
        aliases = inside.aliases + (node.alias is not None)
        if node.name.value in ("__schema", "__type"):
            # Answered from memory; where it is allowed at all, only its own depth is limited.
            return Measure(max(1, inside.depth - INTROSPECTION_DEPTH), 1, 1, aliases)
        cost = min(1 + self._size(node) * inside.cost, _COST_CAP)
        return Measure(inside.depth + 1, 1, cost, aliases)

    def _fragment(self, name: str) -> Measure:
        if name in self._measured:
            found = self._measured[name]
            if found is None:
                raise UsageError(f"The fragment '{name}' contains itself.")
            return found
        if name not in self._fragments:
            return Measure()  # validation tells
        self._measured[name] = None
        found = self._measured[name] = self.selection(self._fragments[name].selection_set)
        return found

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in _SIZE_ARGUMENTS:
                value = getattr(argument.value, "value", None)
                variable = getattr(getattr(argument.value, "name", None), "value", None)
                if variable is not None:
                    value = self._variables.get(variable)
                try:
                    return min(max(int(value or 1), 1), _COST_CAP)
                except (TypeError, ValueError, OverflowError):
                    return 1  # validation tells
        return SIZES.get(node.name.value, 1)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: getattr(definition.default_value, "value", None)
        for definition in operation.variable_definitions or ()
    }
