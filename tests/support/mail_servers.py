"""Mail servers for one test: what they do with a letter, and how they show who they are."""

import email
import email.policy
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Postbox:
    """What the mail server does with a letter: it keeps it, or answers with what the test told it to."""

    def __init__(self):
        self.received = []
        self.recipients = []
        self.was_encrypted = []
        self.answers = {}

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - the server's names
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the name that the server calls
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that the server calls
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.received.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients.append(envelope.rcpt_tos)
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


def make_certificates(folder):
    """A certificate authority of our own, and a server certificate for this machine signed by it."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    start = datetime.now(UTC) - timedelta(days=1)
    for index, (file, subject) in enumerate({"authority": name, "server": x509.Name([])}.items()):
        is_authority = index == 0
        signing = {"digital_signature": True, "key_cert_sign": is_authority, "crl_sign": is_authority}
        unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = x509.KeyUsage(**signing, **dict.fromkeys((*unused, "encipher_only", "decipher_only"), False))
        own, issuer = keys[index].public_key(), keys[0].public_key()
        certificate = (
            x509.CertificateBuilder(name, subject, own, x509.random_serial_number(), start, start + timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
            .sign(keys[0], hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{file}.pem").write_bytes(keys[index].private_bytes(*formats) + pem)


def guarded(postbox, certificates, username, password):
    """Makes servers that take letters only after STARTTLS and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")

    def authenticate(server, session, envelope, mechanism, data):
        is_right = (data.login, data.password) == (username.encode(), password.encode())
        return AuthResult(success=is_right, handled=False)

    return lambda: SMTP(
        postbox, tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True
    )
