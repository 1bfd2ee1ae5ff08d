"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from doorward.domain.actor import Actor, Current
from doorward.http.config import HttpConfig
from doorward.http.listing import AuditFilter, audit_page
from doorward.http.routing import SIGNED_IN, new_router, refusals
from doorward.http.schemas import AuditPage
from doorward.http.security import Security


def router(config: HttpConfig) -> APIRouter:
    """Routes that read the audit log."""
    auth, security, routes = config.auth, Security(config), new_router("Audit", prefix="/v1")

    @routes.get("/me/audit", response_model=AuditPage, responses=refusals(*SIGNED_IN, "validation_failed"))
    async def list_my_audit(
        asked: Annotated[AuditFilter, Query()], found: Annotated[Current, Depends(security.current())]
    ) -> AuditPage:
        """What happened to one's own account, newest first."""
        return audit_page(await auth.read_audit_log.own(asked.query(), found.user.id))

    @routes.get("/audit", response_model=AuditPage, responses=refusals(*SIGNED_IN, "validation_failed"))
    async def list_audit(
        asked: Annotated[AuditFilter, Query()], actor: Annotated[Actor, Depends(security.actor())]
    ) -> AuditPage:
        """What happened to all accounts, newest first (administrators)."""
        return audit_page(await auth.read_audit_log(asked.query(), actor))

    return routes
