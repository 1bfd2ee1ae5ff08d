"""What `doorward doctor` tries, one file a subject."""

from collections.abc import AsyncIterator, Iterator

from doorward.bootstrap import Service
from doorward.cli.checkups import broker, database, files, hashing, mail, places, public
from doorward.cli.checkups.finding import Finding
from doorward.settings import Settings
from doorward.settings.production import problems, weaknesses


def settings_checkups(settings: Settings) -> Iterator[Finding]:
    """Judge the settings as `serve` would, and the files they name; without a DATABASE_URL `dev` is meant."""
    found = problems(settings)
    tell = Finding.wrong if settings.database_url else Finding.note
    yield from (tell("settings", problem.what, f"`serve` needs it. {problem.fix}") for problem in found)
    yield from (Finding.note("settings", problem.what, problem.fix) for problem in weaknesses(settings))
    if not found:
        yield Finding.ok("settings", f"profile {settings.profile}: `doorward serve` starts with them")
    yield from files.check_modes(settings)


async def service_checkups(service: Service, mail_to: str | None) -> AsyncIterator[Finding]:
    """Exercise the service's parts for real."""
    is_readable = False
    async for finding in database.check_database(service):
        is_readable = is_readable or finding.state != "wrong"
        yield finding
    if is_readable:
        async for finding in database.check_records(service):
            yield finding
    yield await hashing.check_hashing(service)
    rest = (
        database.check_redis(service),
        broker.check_broker(service),
        places.check_places(service),
        mail.check_ways_out(service, mail_to),
        public.check_public_url(service),
    )
    for part in rest:
        async for finding in part:
            yield finding
