"""Signing up."""

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.errors import AuthError
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.forms import about_contact, contact_field, sign_up_of, typed_form, without_secrets
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, HOME, page_router, see_other
from doorward.http.pages.verifying import waiting_for_code
from doorward.http.security import Security
from doorward.use_cases.sign_in import Credentials


def router(config: HttpConfig) -> APIRouter:
    """The form, and what follows it: the code, or the account at once."""
    auth, pages, security, routes = config.auth, Pages(config), Security(config), page_router(config)
    registration, contact = auth.policies.registration, contact_field(config)

    @routes.get("/sign-up")
    async def sign_up_page(request: Request) -> Response:
        """Ask for what an account needs."""
        return pages.show(request, "sign_up", contact=contact)

    @routes.post("/sign-up", openapi_extra=FORM, dependencies=[Depends(limited(config, "register"))])
    async def sign_up(request: Request) -> Response:
        """Sign up and go on to the code, or straight to the account."""
        form = await typed_form(request)
        try:
            wanted = sign_up_of(request, config, form)
            if registration.conceals:
                return waiting_for_code(config, await retried(auth.register_concealed, wanted))
            user = await retried(auth.register, wanted)
        except AuthError as error:
            refused = about_contact(error) if contact == "contact" else error
            return pages.show(request, "sign_up", refused=refused, typed=without_secrets(form), contact=contact)
        if auth.policies.verification.is_on and user.email:
            return waiting_for_code(config, auth.verify_email.line.handle_of(user))
        name = user.identifiers()[0].value
        client = client_of(request, config.trusted_proxies)
        entered = see_other(f"{HOME}?done=welcome")
        credentials = Credentials(identifier=name, password=wanted.password, client=client)
        security.deliver(entered, await retried(auth.sign_in, credentials))
        return entered

    return routes
