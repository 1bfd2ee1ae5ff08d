"""Events and letters as lines: for one machine, where nobody else listens."""

import logging
from collections.abc import Mapping, Sequence

from doorward.domain.messages import Mail, is_phone
from doorward.ports.delivery import DeliveryFailed, Hear
from doorward.ports.writes import Record, Write

events = logging.getLogger("doorward.events")
audit = logging.getLogger("doorward.audit")


class LogEventPublisher:
    """Writes each event to the log."""

    async def ready(self) -> None:
        """The log is always there."""

    async def publish(self, event: Mapping[str, object]) -> None:
        events.info("event", extra={"event": event["type"], "event_id": event["id"], "subject": event["subject"]})


def log_actions(changes: Sequence[Write]) -> None:
    """Write a line for each action that a commit has put into the audit log, refused ones too."""
    for event in (change.event for change in changes if isinstance(change, Record)):
        fields = {"user_id": event.user_id or "-", "ip": event.client.ip_address or "-", "event_id": event.id}
        audit.info(event.type.audit_name, extra=fields)


class NoMailer:
    """Stands where mail is switched off: every letter is refused for good."""

    async def send(self, mail: Mail, hear: Hear | None = None) -> None:
        raise DeliveryFailed("mail is switched off", is_final=True)

    async def check(self) -> None:
        """Nothing that could be down."""

    async def close(self) -> None:
        """Nothing is kept."""


def terminal_line(mail: Mail, inbox_url: str) -> str:
    """What the terminal shows in development for a caught letter."""
    code = f"  code {mail.code}  valid {mail.valid_seconds} s" if mail.code else ""
    link = f"  link {mail.link}" if mail.link and not mail.code else ""
    way = "sms" if is_phone(mail.to) else "mail"
    return f"{way} -> {mail.to}{code}{link}  {inbox_url}"
