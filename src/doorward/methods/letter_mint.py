"""Making the finished letter out of an intent, at the last moment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.messages import USUAL_LANGUAGE, Mail, Message, MessageKind
from doorward.domain.policies.closing import ClosingPolicy
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.delivery import LetterWriter
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef

SAMPLE_ADDRESS = "ada@example.com"
HIDDEN = "••••"
LINKS = {MessageKind.RESET_PASSWORD: TokenKind.RESET_LINK, MessageKind.ACCOUNT_CLOSING: TokenKind.RESTORE_LINK}


@dataclass(frozen=True, slots=True)
class Minted:
    """The secrets of one message and how long they are good for."""

    code: str | None = None
    link: str | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterMint:
    """Mints code and link of a challenge, says when its clocks end, and has the words written."""

    letters: LetterWriter
    secrets: SecretMinter
    verification: VerificationPolicy
    reset: ResetPolicy
    closing: ClosingPolicy
    public_url: str

    def started(self, challenge: Challenge, now: datetime) -> Challenge:
        """The challenge with its clocks running from now."""
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return challenge.handed_over(now, code_ttl=None, link_ttl=self.reset.link_ttl)
        if challenge.purpose is Purpose.RESTORE_ACCOUNT:
            return challenge.handed_over(now, code_ttl=None, link_ttl=challenge.expires_at - now)
        policy = self.verification
        link_ttl = None if challenge.purpose.is_change else policy.active_link_ttl
        return challenge.handed_over(now, code_ttl=policy.code_ttl, link_ttl=link_ttl)

    def letter(self, message: Message, challenge: Challenge | None) -> Mail:
        """The finished letter or text message."""
        if challenge is None:
            return self._written(message, code="", token="")
        token = self.secrets.token(LINKS.get(message.kind, TokenKind.VERIFY_LINK), TokenRef(challenge.id))
        code = self.secrets.code(challenge.id, digits=self.verification.code_length)
        left = challenge.expires_at - challenge.created_at if message.kind is MessageKind.ACCOUNT_CLOSING else None
        return self._written(message, code=code, token=token, left=left)

    def sample(self, kind: MessageKind, *, to: str = SAMPLE_ADDRESS, language: str = USUAL_LANGUAGE) -> Mail:
        """A letter or text message as somebody would get it, with a code and a link that do not work."""
        nobody = UUID(int=0)
        intent = Message(
            id=nobody, kind=kind, to=to, subject_id=nobody, params={"first_name": "Ada"}, language=language
        )
        return self._written(intent, code="1234567890"[: self.verification.code_length], token="sample")

    def masked(self, message: Message) -> Mail:
        """What a waiting message says, without its code and link."""
        return self._written(message, code=HIDDEN, token=HIDDEN)

    def _written(self, message: Message, *, code: str, token: str, left: timedelta | None = None) -> Mail:
        minted = self._minted(message.kind, code, token)
        if left is not None:  # in whole days, or in hours at the end
            days, hours = timedelta(days=left.days), timedelta(hours=max(left.seconds // 3600, 1))
            minted = replace(minted, ttl=days or hours)
        params: Mapping[str, object] = {
            **message.params,
            "code": minted.code,
            "link": minted.link,
            "valid": minted.ttl,
            "service_url": self.public_url,
        }
        if message.is_text:
            subject, text, html = "", self.letters.write_text(message.kind, params, message.language), ""
        else:
            subject, text, html = self.letters.write(message.kind, params, message.language)
        return Mail(
            id=message.id,
            to=message.to,
            subject=subject,
            text=text,
            html=html,
            code=minted.code,
            link=minted.link,
            valid_seconds=int(minted.ttl.total_seconds()) if minted.ttl else None,
            challenge_id=message.challenge_id,
            language=message.language,
        )

    def _minted(self, kind: MessageKind, code: str, token: str) -> Minted:
        if kind is MessageKind.RESET_PASSWORD:
            return Minted(link=f"{self.public_url}/reset-password?token={token}", ttl=self.reset.link_ttl)
        if kind is MessageKind.ACCOUNT_CLOSING:
            return Minted(link=f"{self.public_url}/restore-account?token={token}", ttl=self.closing.grace)
        if not kind.has_code:
            return Minted()
        has_link = self.verification.link and kind is MessageKind.VERIFY_EMAIL
        link = f"{self.public_url}/verify?token={token}" if has_link else None
        return Minted(code, link, self.verification.code_ttl)
