"""Mail by SMTP: the mailer, and its conversation with the server as somebody may read it."""

from doorward.adapters.smtp.mailer import SmtpMailer, SmtpServer

__all__ = ["SmtpMailer", "SmtpServer"]
