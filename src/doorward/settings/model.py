"""All settings and their defaults. The sections are the policies of the domain."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.limits import LimitsPolicy
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.settings.values import prepare_section

PROFILES = Path(__file__).parent.parent / "profiles"
SECTIONS: dict[str, type] = {
    "registration": RegistrationPolicy,
    "password": PasswordPolicy,
    "verification": VerificationPolicy,
    "lockout": LockoutPolicy,
    "reset": ResetPolicy,
    "session": SessionPolicy,
    "hashing": HashingPolicy,
    "limits": LimitsPolicy,
}


def profile_names() -> tuple[str, ...]:
    """The profiles that come with this release."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.toml")))


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Settings(BaseModel):
    """Every setting of a running service; see `docs/settings.md` for what each does."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    profile: str = "modern"
    dialect: Literal["native", "signup-signin", "code-activation"] = "native"
    service_name: str = Field("Doorward", min_length=1, max_length=60, pattern=r"^[^\r\n]*$")
    public_url: str | None = None
    database_url: str | None = None
    redis_url: str | None = None
    rabbitmq_url: str | None = None
    smtp_url: SecretStr | None = None
    mail: bool = True
    mail_from: str | None = Field(None, pattern=r"^[^\r\n]+@[^\r\n]+$")
    secret_key: SecretStr | None = None
    algorithm: Literal["ES256", "EdDSA", "HS256"] = "ES256"
    issuer: str | None = None
    log_level: str = "INFO"
    log_file: Path | None = None
    log_json: bool = False
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_listed)] = ()
    docs: bool = False
    workers: int = Field(1, ge=1, le=256)
    registration: RegistrationPolicy = RegistrationPolicy()
    password: PasswordPolicy = PasswordPolicy()
    verification: VerificationPolicy = VerificationPolicy()
    lockout: LockoutPolicy = LockoutPolicy()
    reset: ResetPolicy = ResetPolicy()
    session: SessionPolicy = SessionPolicy()
    hashing: HashingPolicy = HashingPolicy()
    limits: LimitsPolicy = LimitsPolicy()

    @field_validator(*SECTIONS, mode="before")
    @classmethod
    def _prepare(cls, value: Any, info: ValidationInfo) -> Any:
        return prepare_section(SECTIONS[info.field_name or ""], value)

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: Any, info: ValidationInfo) -> Any:
        is_optional = info.field_name not in SECTIONS and cls.model_fields[info.field_name or ""].default is None
        return None if value == "" and is_optional else value
