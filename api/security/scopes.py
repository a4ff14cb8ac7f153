"""The guard that every root field carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strawberry.extensions import FieldExtension

from core.errors import ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from strawberry import Info
    from strawberry.extensions.field_extension import AsyncExtensionResolver

    from api.security.keys import Scope


class RequireScope(FieldExtension):
    """Resolves the field only for callers whose key has the scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Check the caller, then resolve."""
        principal = info.context.principal
        if not principal.may(self.scope):
            raise ForbiddenError(self.scope) if principal.key else UnauthenticatedError
        return await next_(source, info, **kwargs)
