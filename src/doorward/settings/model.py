"""All settings and their defaults. The sections are the policies of the domain."""

from base64 import b64decode
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlunsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from doorward.domain.brand import ACCENT, is_colour
from doorward.domain.policies.closing import ClosingPolicy
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.limits import LimitsPolicy
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.policies.sms import SmsPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.urls import split_url
from doorward.settings.values import prepare_section

PROFILES = Path(__file__).parent.parent / "profiles"
SECTIONS: dict[str, type] = {
    "registration": RegistrationPolicy,
    "password": PasswordPolicy,
    "verification": VerificationPolicy,
    "lockout": LockoutPolicy,
    "reset": ResetPolicy,
    "closing": ClosingPolicy,
    "session": SessionPolicy,
    "hashing": HashingPolicy,
    "sms": SmsPolicy,
    "limits": LimitsPolicy,
}


def profile_names() -> tuple[str, ...]:
    """The profiles that come with this release."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.toml")))


def _listed(value: Any) -> Any:
    lines = value.replace("\n", ",") if isinstance(value, str) else value
    return tuple(part.strip() for part in lines.split(",") if part.strip()) if isinstance(lines, str) else value


class Settings(BaseModel):
    """Every setting of a running service; see `docs/settings.md` for what each does."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    profile: str = Field("modern", description="Which preset of policies.")
    dialect: Literal[
        "native", "signup-signin", "code-activation", "link-activation", "oauth2-password", "email-or-phone"
    ] = Field("native", description="Which routes there are besides the native ones.")
    service_name: str = Field(
        "Doorward", min_length=1, max_length=60, pattern=r"^[^\r\n]*$", description="The name in mails and pages."
    )
    accent_color: str = Field(
        ACCENT, description="The colour of buttons in pages and letters, as #rrggbb; text on it becomes white or black."
    )
    logo: Path | None = Field(None, description="An SVG or PNG file of at most 100 kB; mail programs show PNG only.")
    templates: Path | None = Field(
        None, description="A folder whose files take the place of pages and letters; see `docs/theming.md`."
    )
    public_url: str | None = Field(None, description="The address that people see; links lead nowhere else.")
    database_url: str | None = Field(
        None,
        repr=False,
        description="`sqlite:///file.db` (absolute: four slashes), `postgresql://`, `mysql://` (MariaDB too) "
        "or `mongodb://` with `user:password@host:port/name`; see `docs/databases.md`.",
    )
    redis_url: SecretStr | None = Field(
        None, description="`redis://:password@host:6379/0` (or `rediss://`): session checks and limits are kept there."
    )
    rabbitmq_url: SecretStr | None = Field(
        None,
        description="`amqp://user:password@host:5672/vhost` (or `amqps://`): `doorward worker` publishes events there.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="`smtp://user:password@host:587?tls=start` or `smtps://…`; plain only on loopback or `?tls=off`.",
    )
    sms_url: SecretStr | None = Field(
        None,
        description="`https://user:password@host/path`: text messages are posted there as JSON (`id`, `to`, `text`).",
    )
    phone_region: str | None = Field(
        None,
        pattern=r"^[A-Z]{2}$",
        description="The country in which numbers without a country code are meant, such as DE; unset: + or 00 it is.",
    )
    mail: bool = Field(True, description="Off: the service sends none and `serve` starts without SMTP_URL.")
    mail_from: str | None = Field(
        None, pattern=r"^[^\r\n]+@[^\r\n]+$", description="The sender; unset means no-reply at the public host."
    )
    secret_key: SecretStr | None = Field(
        None, description="All keys are derived from it; at least 32 random characters."
    )
    previous_secret_keys: Annotated[
        tuple[SecretStr, ...], BeforeValidator(_listed), Field(max_length=3, repr=False)
    ] = Field((), description="Former values of SECRET_KEY, three at most: what was made under them stays good.")
    firebase_signer_key: SecretStr | None = Field(
        None, description="`base64_signer_key` of the Firebase project whose users were imported with their hashes."
    )
    firebase_salt_separator: str = Field("Bw==", description="`base64_salt_separator` of that project.")
    algorithm: Literal["ES256", "EdDSA", "HS256"] = Field("ES256", description="Signature of access tokens.")
    issuer: str | None = Field(None, description="`iss` and `aud` of access tokens; unset means PUBLIC_URL.")
    log_level: str = Field(
        "INFO", description="`DEBUG INFO WARNING ERROR CRITICAL`, per logger too: `INFO,doorward.access=WARN`."
    )
    log_file: Path | None = Field(None, description="Also write the log there, rotated at 10 MB.")
    geoip_database: Path | None = Field(
        None,
        description="A city or country file in MaxMind's format (.mmdb): says where an address is, on pages and in "
        "`GET /v1/sessions`; see `docs/running.md`.",
    )
    log_json: bool = Field(False, description="One JSON object a line.")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_listed)] = Field(
        (), description="Networks (CIDR) whose X-Forwarded-For is believed."
    )
    docs: bool = Field(False, description="API pages under `serve`; `dev` always has them.")
    workers: int = Field(1, ge=1, le=256, description="Processes under `serve`.")
    registration: RegistrationPolicy = RegistrationPolicy()
    password: PasswordPolicy = PasswordPolicy()
    verification: VerificationPolicy = VerificationPolicy()
    lockout: LockoutPolicy = LockoutPolicy()
    reset: ResetPolicy = ResetPolicy()
    closing: ClosingPolicy = ClosingPolicy()
    session: SessionPolicy = SessionPolicy()
    hashing: HashingPolicy = HashingPolicy()
    sms: SmsPolicy = SmsPolicy()
    limits: LimitsPolicy = LimitsPolicy()

    @field_validator(*SECTIONS, mode="before")
    @classmethod
    def _prepare(cls, value: Any, info: ValidationInfo) -> Any:
        return prepare_section(SECTIONS[info.field_name or ""], value)

    @field_validator("accent_color")
    @classmethod
    def _colour(cls, value: str) -> str:
        if not is_colour(value):
            raise ValueError("write it as #rrggbb, such as #0b6e4f")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        """One address, the same for whoever reads it."""
        address = parseaddr(value or "")[1]
        is_read_alike = value == address or (value or "").endswith(f" <{address}>")
        if value and not ("@" in address and value.isprintable() and is_read_alike):
            raise ValueError('write it as name@host or Name <name@host>; a name with a comma needs "quotes"')
        return value

    @field_validator("public_url")
    @classmethod
    def _normal(cls, value: str | None) -> str | None:
        """As browsers write an origin: host in lower case, no default port, no slash at the end."""
        if not value:
            return None
        parts = split_url(value, shape="https://accounts.example.com")
        if not value.isprintable() or not parts.hostname:
            raise ValueError("write it as https://accounts.example.com")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
        user = f"{parts.username}@" if parts.username else ""
        return urlunsplit((parts.scheme, user + host + port, parts.path.rstrip("/"), parts.query, parts.fragment))

    @field_validator("firebase_signer_key", "firebase_salt_separator")
    @classmethod
    def _base64(cls, value: SecretStr | str | None) -> SecretStr | str | None:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        try:
            b64decode(text or "", validate=True)
        except ValueError:
            raise ValueError("write it in base64, as Firebase shows it") from None
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: Any, info: ValidationInfo) -> Any:
        is_optional = info.field_name not in SECTIONS and cls.model_fields[info.field_name or ""].default is None
        return None if value == "" and is_optional else value
