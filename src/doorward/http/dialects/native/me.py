"""One's own account."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import AuditView, Body, Day, Name, Secret, SessionView, Text, UserView
from doorward.http.security import Security
from doorward.use_cases.export_account import AccountExport


class ProfileChange(Body):
    """The members to change; absent ones stay."""

    first_name: Name | None = None
    last_name: Name | None = None
    date_of_birth: Day | None = None
    address: Text | None = None
    comments: Text | None = None

    def changes(self) -> dict[str, Any]:
        """What was sent; null empties a member."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        stripped = {name: v.strip() if isinstance(v, str) else v for name, v in sent.items()}
        return {name: "" if v is None and name.endswith("_name") else v for name, v in stripped.items()}


class CloseBody(Body):
    """The password again."""

    password: Secret


class Export(BaseModel):
    """Everything that is kept about a person."""

    user: UserView
    sessions: list[SessionView]
    audit: list[AuditView]
    login_attempts: list[dict[str, Any]]
    verification_log: list[dict[str, Any]]

    @classmethod
    def of(cls, export: AccountExport, current: UUID, policy: VerificationPolicy) -> "Export":
        """Show what is kept."""
        attempts = ("success", "attempt_time", "ip_address")
        return cls(
            user=UserView.of(export.user, policy),
            sessions=[SessionView.of(session, current) for session in export.sessions],
            audit=[AuditView.of(row) for row in export.audit],
            login_attempts=[{name: getattr(a, name) for name in attempts} for a in export.login_attempts],
            verification_log=[{"event": entry.event, "at": entry.at} for entry in export.verification_log],
        )


def router(config: HttpConfig) -> APIRouter:
    """Routes about oneself."""
    auth, security, routes = config.auth, Security(config), new_router("My account", prefix="/v1/me")
    verification = auth.policies.verification
    current = security.current()

    @routes.get("", response_model=UserView, responses=refusals(*SIGNED_IN))
    async def get_me(found: Annotated[Current, Depends(current)]) -> UserView:
        """One's own account."""
        return UserView.of(found.user, verification)

    @routes.patch("", response_model=UserView, responses=refusals(*SIGNED_IN, *COMMON))
    async def update_me(body: ProfileChange, request: Request, found: Annotated[Current, Depends(current)]) -> UserView:
        """Change the profile; absent members stay."""
        client = client_of(request, config.trusted_proxies)
        return UserView.of(await retried(auth.update_profile, found.user.id, body.changes(), client), verification)

    @routes.delete(
        "",
        status_code=204,
        responses=refusals(*SIGNED_IN, *COMMON, *PROVING, "email_not_verified", "wrong_password", "last_admin"),
    )
    async def close_account(body: CloseBody, request: Request, found: Annotated[Current, Depends(current)]) -> Response:
        """Close the account; it takes the password again.

        Where there is a time of grace (`closing.grace`), the account is out of use at once and removed after it; until
        then the mailed link brings it back.
        """
        client = client_of(request, config.trusted_proxies)
        await retried(auth.close_account, found, Password.typed(body.password), client)
        response = Response(status_code=204)
        security.cookies.clear(response)
        return response

    @routes.get("/export", response_model=Export, responses=refusals(*SIGNED_IN))
    async def export_me(
        request: Request, found: Annotated[Current, Depends(security.current(may_look=False))]
    ) -> Export:
        """Everything that is kept about oneself."""
        export = await retried(auth.export_account, found.user, client_of(request, config.trusted_proxies))
        return Export.of(export, found.session_id, verification)

    return routes
