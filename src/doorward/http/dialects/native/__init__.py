"""The native dialect, under `/v1`."""

from fastapi import APIRouter

from doorward.http.config import HttpConfig
from doorward.http.dialects.native import accounts, admin, audit, identifiers, me, oauth, passwords, restoring, sessions


def router(config: HttpConfig) -> APIRouter:
    """All native routes."""
    everything = APIRouter()
    for part in (accounts, sessions, me, identifiers, passwords, restoring, audit, admin, oauth):
        everything.include_router(part.router(config))
    conceals = config.auth.policies.registration.conceals
    everything.include_router((accounts.concealed_router if conceals else accounts.revealed_router)(config))
    everything.include_router(admin.changes_router(config))
    return everything
