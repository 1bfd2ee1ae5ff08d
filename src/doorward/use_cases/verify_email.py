"""Verify an address by the mailed code or link."""

from dataclasses import dataclass, field, replace

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import (
    CodeExpired,
    IdentifierTaken,
    InvalidCredentials,
    InvalidInput,
    LinkExpired,
    LinkInvalid,
    Violation,
)
from doorward.domain.events import Client, EventType, event
from doorward.domain.password import Password
from doorward.domain.registration import Registration
from doorward.domain.user import User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.methods.waiting import WaitingLine
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenKind
from doorward.ports.store import Store
from doorward.ports.writes import AddUser, ConsumeChallenge, Record, SaveUser, SettleRegistrations


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProof:
    """What a person shows: the code with the handle of his sign-up, or the link with what the policy asks besides."""

    verification: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    password: Password | None = field(default=None, repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    """Confirm that a person controls an address; a concealed sign-up becomes a user by it."""

    store: Store
    codes: EmailCodeMethod
    passwords: PasswordMethod
    secrets: SecretMinter
    line: WaitingLine
    now: Clock

    async def __call__(self, proof: AddressProof) -> User:
        """Verify.

        Raises:
            InvalidInput: a part of the proof is missing.
            LinkInvalid, LinkExpired: the link (or the handle) was not made here; or it is too late, used or replaced.
            CodeIncorrect, CodeExpired, TooManyRequests: as the code deserves.
            InvalidCredentials: the password beside the link is wrong.
        """
        challenge = await (self._proven_by_link(proof) if proof.token else self._proven_by_code(proof))
        if challenge.purpose is Purpose.CONFIRM_REGISTRATION:
            return await self._confirm_registration(challenge, proof.client)
        return await self._verify_user(challenge, proof.client)

    async def _proven_by_code(self, proof: AddressProof) -> Challenge:
        missing = [name for name in ("verification", "code") if not getattr(proof, name)]
        if missing:
            raise InvalidInput(*(Violation(f"/{name}", "required") for name in missing))
        waiting = await self.line.find(proof.verification or "")
        if waiting is None:
            raise CodeExpired
        return await self.codes.prove(
            await self.store.challenges.latest(waiting.subject.id, waiting.purpose),
            proof.code or "",
            proof.client,
            address=waiting.address,
            user_id=waiting.user_id,
            can_succeed=not waiting.is_decoy,
        )

    async def _proven_by_link(self, proof: AddressProof) -> Challenge:
        challenge = await self.codes.linked(proof.token or "")
        if self.codes.policy.link_needs == "code":
            if not proof.code:
                raise InvalidInput(Violation("/code", "required"))
            address, _ = await self._subject(challenge)
            user_id = challenge.subject_id if challenge.purpose is Purpose.VERIFY_EMAIL else None
            return await self.codes.prove(challenge, proof.code, proof.client, address=address, user_id=user_id)
        if proof.verification:
            ref = self.secrets.read_token(TokenKind.VERIFICATION, proof.verification)
            if ref is None or ref.id != challenge.subject_id:
                raise LinkInvalid
            return challenge
        if proof.password is None:
            raise InvalidInput(Violation("/password", "required"))
        await self._prove_password(challenge, proof.password)
        return challenge

    async def _prove_password(self, challenge: Challenge, password: Password) -> None:
        """The one who follows the link began the sign-up: he knows its password."""
        address, password_hash = await self._subject(challenge)
        await self.codes.count_try(challenge, address)
        if not await self.passwords.matches(password_hash, password):
            raise InvalidCredentials
        await self.codes.give_back(challenge, address)

    async def _subject(self, challenge: Challenge) -> tuple[str, str]:
        """Address and password hash of whoever is to be verified."""
        if challenge.purpose is Purpose.VERIFY_EMAIL:
            user = await self.store.users.get(challenge.subject_id)
            return user.email or "", user.password_hash
        pending = await self._pending(challenge)
        return pending.email, pending.password_hash

    async def _pending(self, challenge: Challenge) -> Registration:
        pending = await self.store.registrations.find(challenge.subject_id)
        if pending is None or pending.is_decoy:
            raise LinkExpired
        return pending

    async def _confirm_registration(self, challenge: Challenge, client: Client) -> User:
        user = (await self._pending(challenge)).proven(self.now())
        try:
            return await self._add(user, challenge, client)
        except IdentifierTaken as taken:
            if taken.kind != "username":
                raise LinkExpired from None  # somebody else proved the address first
            return await self._add(replace(user, username=None), challenge, client)

    async def _add(self, user: User, challenge: Challenge, client: Client) -> User:
        now = self.now()
        await self.store.commit(
            ConsumeChallenge(challenge.id, now),
            AddUser(user),
            SettleRegistrations(challenge.subject_id, user.email or ""),
            Record(event(EventType.USER_REGISTERED, now, user_id=user.id, client=client)),
            Record(event(EventType.EMAIL_VERIFIED, now, user_id=user.id, client=client)),
        )
        return user

    async def _verify_user(self, challenge: Challenge, client: Client) -> User:
        user, now = await self.store.users.get(challenge.subject_id), self.now()
        verified = user.verified(now)
        await self.store.commit(
            ConsumeChallenge(challenge.id, now),
            SaveUser(user, verified, guard=("email",)),
            Record(event(EventType.EMAIL_VERIFIED, now, user_id=user.id, client=client)),
        )
        return verified
