"""Making the finished letter out of an intent, at the last moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.messages import Mail, Message, MessageKind
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.delivery import LetterWriter
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef


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
    public_url: str

    def started(self, challenge: Challenge, now: datetime) -> Challenge:
        """The challenge with its clocks running from now."""
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return challenge.handed_over(now, code_ttl=None, link_ttl=self.reset.link_ttl)
        policy = self.verification
        link_ttl = None if challenge.purpose.is_change else policy.active_link_ttl
        return challenge.handed_over(now, code_ttl=policy.code_ttl, link_ttl=link_ttl)

    def letter(self, message: Message, challenge: Challenge | None) -> Mail:
        """The finished letter or text message."""
        minted = self._minted(message, challenge)
        params: Mapping[str, object] = {
            **message.params,
            "code": minted.code,
            "link": minted.link,
            "valid": minted.ttl,
            "service_url": self.public_url,
        }
        if message.is_text:
            subject, text, html = "", self.letters.write_text(message.kind, params), ""
        else:
            subject, text, html = self.letters.write(message.kind, params)
        return Mail(
            id=message.id,
            to=message.to,
            subject=subject,
            text=text,
            html=html,
            code=minted.code,
            link=minted.link,
            valid_seconds=int(minted.ttl.total_seconds()) if minted.ttl else None,
        )

    def _minted(self, message: Message, challenge: Challenge | None) -> Minted:
        if challenge is None or message.kind is MessageKind.ACCOUNT_EXISTS:
            return Minted()
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return Minted(link=self._link("reset-password", TokenKind.RESET_LINK, challenge), ttl=self.reset.link_ttl)
        code = self.secrets.code(challenge.id, digits=self.verification.code_length)
        has_link = self.verification.link and not challenge.purpose.is_change
        link = self._link("verify", TokenKind.VERIFY_LINK, challenge) if has_link else None
        return Minted(code, link, self.verification.code_ttl)

    def _link(self, page: str, kind: TokenKind, challenge: Challenge) -> str:
        return f"{self.public_url}/{page}?token={self.secrets.token(kind, TokenRef(challenge.id))}"
