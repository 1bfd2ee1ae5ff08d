"""Everything the product does, and what each thing needs."""

from dataclasses import dataclass, replace

from doorward.domain.policies.closing import ClosingPolicy
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.policies.sms import PhonePolicy, SmsPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.guard import TryGuard
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.letter_mint import LetterMint
from doorward.methods.password import PasswordMethod
from doorward.methods.session_opening import SessionOpening
from doorward.methods.text_messages import TextMessages
from doorward.methods.waiting import WaitingLine
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.delivery import EventPublisher, LetterWriter, Mailer
from doorward.ports.hasher import CommonPasswords, PasswordHasher
from doorward.ports.outbox import Outbox
from doorward.ports.retries import retried, retrying
from doorward.ports.secrets import SecretMinter, TokenIssuer
from doorward.ports.store import Sessions, Store
from doorward.use_cases.activate_account import ActivateAccount
from doorward.use_cases.authenticate import Authenticate
from doorward.use_cases.change_identifier import ChangeIdentifier
from doorward.use_cases.change_many_users import ChangeManyUsers
from doorward.use_cases.change_password import ChangePassword
from doorward.use_cases.close_account import CloseAccount
from doorward.use_cases.correct_address import CorrectAddress
from doorward.use_cases.create_user import CreateUser
from doorward.use_cases.deliver_events import DeliverEvents
from doorward.use_cases.deliver_messages import DeliverMessages
from doorward.use_cases.export_account import ExportAccount
from doorward.use_cases.export_audit_log import ExportAuditLog
from doorward.use_cases.export_users import ExportUsers
from doorward.use_cases.forgot_password import ForgotPassword
from doorward.use_cases.import_users import ImportUsers
from doorward.use_cases.list_sessions import ListSessions
from doorward.use_cases.list_users import ListUsers
from doorward.use_cases.look_as_user import LookAsUser
from doorward.use_cases.manage_outbox import ManageOutbox
from doorward.use_cases.purge_expired import PurgeExpired
from doorward.use_cases.read_audit_log import ReadAuditLog
from doorward.use_cases.refresh_session import RefreshSession
from doorward.use_cases.register import Register
from doorward.use_cases.register_concealed import RegisterConcealed
from doorward.use_cases.resend_code import ResendCode
from doorward.use_cases.reset_password import ResetPassword
from doorward.use_cases.restore_account import RestoreAccount
from doorward.use_cases.rotate_keys import RotateKeys
from doorward.use_cases.see_health import SeeHealth
from doorward.use_cases.see_letter import SeeLetter
from doorward.use_cases.see_overview import SeeOverview
from doorward.use_cases.see_verification import SeeVerification
from doorward.use_cases.send_test_mail import SendTestMail
from doorward.use_cases.set_password import SetPassword
from doorward.use_cases.set_user_status import SetUserStatus
from doorward.use_cases.sign_in import SignIn
from doorward.use_cases.sign_in_link import SignInLink
from doorward.use_cases.sign_out import SignOut
from doorward.use_cases.update_profile import UpdateProfile
from doorward.use_cases.update_user import UpdateUser
from doorward.use_cases.verify_email import VerifyEmail

__all__ = ["Auth", "Parts", "Policies", "assemble", "retried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What the operator decided."""

    registration: RegistrationPolicy
    password: PasswordPolicy
    verification: VerificationPolicy
    lockout: LockoutPolicy
    reset: ResetPolicy
    closing: ClosingPolicy = ClosingPolicy()
    session: SessionPolicy
    sms: SmsPolicy = SmsPolicy()
    phone_region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the engine runs on."""

    store: Store
    sessions: Sessions | None = None  # those by which each request is checked, if others than the store's
    counters: Counters
    outbox: Outbox
    hasher: PasswordHasher
    common: CommonPasswords
    secrets: SecretMinter
    issuer: TokenIssuer
    mailer: Mailer
    texter: Mailer | None = None
    letters: LetterWriter
    publisher: EventPublisher
    now: Clock
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """The engine: one member for each thing it does."""

    parts: Parts
    policies: Policies

    register: Register
    register_concealed: RegisterConcealed
    activate_account: ActivateAccount
    verify_email: VerifyEmail
    see_verification: SeeVerification
    see_letter: SeeLetter
    correct_address: CorrectAddress
    resend_code: ResendCode
    sign_in: SignIn
    sign_in_link: SignInLink
    refresh_session: RefreshSession
    authenticate: Authenticate
    sign_out: SignOut
    list_sessions: ListSessions
    update_profile: UpdateProfile
    export_account: ExportAccount
    look_as_user: LookAsUser
    close_account: CloseAccount
    restore_account: RestoreAccount
    change_password: ChangePassword
    change_identifier: ChangeIdentifier
    forgot_password: ForgotPassword
    reset_password: ResetPassword
    read_audit_log: ReadAuditLog
    see_overview: SeeOverview
    list_users: ListUsers
    create_user: CreateUser
    update_user: UpdateUser
    set_user_status: SetUserStatus
    change_many_users: ChangeManyUsers
    set_password: SetPassword
    import_users: ImportUsers
    export_users: ExportUsers
    export_audit_log: ExportAuditLog
    deliver_messages: DeliverMessages
    send_test_mail: SendTestMail
    deliver_events: DeliverEvents
    rotate_keys: RotateKeys
    purge_expired: PurgeExpired
    see_health: SeeHealth
    manage_outbox: ManageOutbox


def assemble(parts: Parts, policies: Policies) -> Auth:
    """Build every use case from the parts and policies it needs."""
    store, secrets, now = parts.store, parts.secrets, parts.now
    counters, issuer = parts.counters, parts.issuer
    guard = TryGuard(store=store, counters=counters, secrets=secrets, policy=policies.lockout, now=now)
    passwords = PasswordMethod(
        store=store,
        guard=guard,
        hasher=parts.hasher,
        policy=policies.password,
        common=parts.common,
        phone_region=policies.phone_region,
    )
    numbers = PhonePolicy(region=policies.phone_region, is_reached=parts.texter is not None, sms=policies.sms)
    # Where identifiers are proven, a number joins an account that exists: nobody occupies one that he has not.
    at_sign_up = replace(numbers, is_reached=numbers.is_reached and not policies.verification.is_on)
    opening = SessionOpening(secrets=secrets, issuer=issuer, policy=policies.session, now=now)
    forgot = ForgotPassword(
        store=store, counters=counters, policy=policies.reset, phone_region=policies.phone_region, now=now
    )
    codes = EmailCodeMethod(store=store, counters=counters, secrets=secrets, policy=policies.verification, now=now)
    line = WaitingLine(store, secrets)
    register_concealed = RegisterConcealed(
        store=store,
        passwords=passwords,
        codes=codes,
        secrets=secrets,
        policy=policies.registration,
        phones=replace(numbers, is_reached=False),
        now=now,
    )
    set_status = SetUserStatus(store=store, guard=guard, now=now)
    mint = LetterMint(
        letters=parts.letters,
        secrets=secrets,
        verification=policies.verification,
        reset=policies.reset,
        closing=policies.closing,
        public_url=parts.public_url,
    )
    return Auth(
        parts=parts,
        policies=policies,
        register=Register(
            store=store, passwords=passwords, codes=codes, policy=policies.registration, phones=at_sign_up, now=now
        ),
        register_concealed=register_concealed,
        activate_account=ActivateAccount(store=store, passwords=passwords, codes=codes, now=now),
        verify_email=VerifyEmail(store=store, codes=codes, passwords=passwords, secrets=secrets, line=line, now=now),
        see_verification=SeeVerification(store=store, line=line, policy=policies.registration, now=now),
        see_letter=SeeLetter(store=store, now=now),
        correct_address=CorrectAddress(
            store=store,
            passwords=passwords,
            codes=codes,
            line=line,
            registration=policies.registration,
            begin_again=register_concealed.again,
            now=now,
        ),
        resend_code=ResendCode(store=store, passwords=passwords, codes=codes, line=line),
        sign_in=SignIn(
            store=store,
            passwords=passwords,
            secrets=secrets,
            opening=opening,
            verification=policies.verification,
            now=now,
        ),
        sign_in_link=SignInLink(store=store, secrets=secrets, opening=opening, now=now),
        refresh_session=RefreshSession(
            store=store, secrets=secrets, issuer=issuer, policy=policies.session, passwords=policies.password, now=now
        ),
        authenticate=Authenticate(
            store=store,
            sessions=parts.sessions or store.sessions,
            secrets=secrets,
            issuer=issuer,
            policy=policies.session,
            now=now,
        ),
        sign_out=SignOut(store=store, now=now),
        list_sessions=ListSessions(store, policies.session, now),
        update_profile=UpdateProfile(store=store, now=now),
        export_account=ExportAccount(store, now),
        look_as_user=LookAsUser(store=store, opening=opening, now=now),
        close_account=CloseAccount(
            store=store, passwords=passwords, verification=policies.verification, policy=policies.closing, now=now
        ),
        restore_account=RestoreAccount(store=store, secrets=secrets, now=now),
        change_identifier=ChangeIdentifier(
            store=store,
            passwords=passwords,
            codes=codes,
            phones=numbers,
            registration=policies.registration,
            now=now,
        ),
        change_password=ChangePassword(store=store, passwords=passwords, now=now),
        forgot_password=forgot,
        reset_password=ResetPassword(store=store, secrets=secrets, passwords=passwords, guard=guard, now=now),
        read_audit_log=ReadAuditLog(store),
        see_overview=SeeOverview(store, now),
        list_users=ListUsers(store, policies.phone_region),
        create_user=CreateUser(store=store, passwords=passwords, codes=codes, phones=numbers, now=now),
        update_user=UpdateUser(store=store, now=now),
        set_user_status=set_status,
        change_many_users=ChangeManyUsers(store=store, change=retrying(set_status), now=now),
        set_password=SetPassword(store=store, passwords=passwords, now=now),
        import_users=ImportUsers(store=store, passwords=passwords, now=now),
        export_users=ExportUsers(store=store, now=now),
        export_audit_log=ExportAuditLog(store=store, now=now),
        deliver_messages=DeliverMessages(
            store=store,
            outbox=parts.outbox,
            mailer=parts.mailer,
            texts=TextMessages(texter=parts.texter, counters=counters, policy=policies.sms, now=now),
            mint=mint,
            look_into=forgot.look_into,
            now=now,
        ),
        send_test_mail=SendTestMail(store=store, mailer=parts.mailer, mint=mint, now=now),
        deliver_events=DeliverEvents(outbox=parts.outbox, publisher=parts.publisher, now=now),
        rotate_keys=RotateKeys(store=store, policy=policies.session, now=now),
        purge_expired=PurgeExpired(store, counters, now),
        see_health=SeeHealth(store, parts.outbox, now),
        manage_outbox=ManageOutbox(store=store, outbox=parts.outbox, mint=mint, now=now),
    )
