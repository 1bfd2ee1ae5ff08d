"""Tallies on PostgreSQL, by as few ways to the server as can be."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import text

from doorward.adapters.sql.counters import SqlCounters
from doorward.adapters.sql.mapping import to_tally
from doorward.domain.tally import Budget, Spent, Tally

# What `Budget.take` does where it succeeds; where it does not, the budget itself says why.
_TAKE = text("""
INSERT INTO counters AS own (key, count, reserved, last_at, expires_at)
VALUES (CAST(:key AS varchar), 1, 0, CAST(:now AS timestamptz), CAST(:until AS timestamptz))
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN own.expires_at <= CAST(:now AS timestamptz) THEN 1 ELSE own.count + 1 END,
  expires_at = CASE WHEN own.expires_at <= CAST(:now AS timestamptz) THEN CAST(:until AS timestamptz)
                    ELSE COALESCE(own.expires_at, CAST(:until AS timestamptz)) END,
  last_at = CAST(:now AS timestamptz)
WHERE own.reserved = 0 AND (own.expires_at <= CAST(:now AS timestamptz) OR own.count < CAST(:most AS integer))
""")
_READ = text("SELECT * FROM counters WHERE key = ANY(CAST(:keys AS varchar[]))")
# All of them, or none if one is no longer as it was read.
_SWAP = text("""
WITH wanted AS (
  SELECT * FROM unnest(
    CAST(:keys AS varchar[]),
    CAST(:old_count AS integer[]), CAST(:old_reserved AS integer[]), CAST(:old_reserved_until AS timestamptz[]),
    CAST(:old_last_at AS timestamptz[]), CAST(:old_expires_at AS timestamptz[]),
    CAST(:new_count AS integer[]), CAST(:new_reserved AS integer[]), CAST(:new_reserved_until AS timestamptz[]),
    CAST(:new_last_at AS timestamptz[]), CAST(:new_expires_at AS timestamptz[])
  ) AS one(key, old_count, old_reserved, old_reserved_until, old_last_at, old_expires_at,
           new_count, new_reserved, new_reserved_until, new_last_at, new_expires_at)
), held AS (
  SELECT own.key FROM counters own JOIN wanted ON own.key = wanted.key
  WHERE own.count = old_count AND own.reserved = old_reserved
    AND own.reserved_until IS NOT DISTINCT FROM old_reserved_until
    AND own.last_at IS NOT DISTINCT FROM old_last_at AND own.expires_at IS NOT DISTINCT FROM old_expires_at
  ORDER BY own.key FOR UPDATE OF own
)
UPDATE counters SET count = new_count, reserved = new_reserved, reserved_until = new_reserved_until,
  last_at = new_last_at, expires_at = new_expires_at
FROM wanted
WHERE counters.key = wanted.key AND (SELECT count(*) FROM held) = cardinality(CAST(:keys AS varchar[]))
""")
_MEMBERS = ("count", "reserved", "reserved_until", "last_at", "expires_at")


class PostgresCounters(SqlCounters):
    """Reads, then writes if nothing has changed meanwhile; if it has, waits for its turn like the others."""

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        is_plain = budget.window is not None and budget.delay is None and budget.limit > 0
        if is_plain and budget.window is not None:
            bound = {"key": key, "now": now, "until": now + budget.window, "most": budget.limit}
            if await self._database.change(_TAKE, **bound):
                return
        await super().take(key, budget, now)

    async def change_all(
        self, changes: Mapping[str, Callable[[Tally], Tally]], *, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        if seen is not None and seen.keys() >= changes.keys():
            with suppress(Spent):  # perhaps no longer: that is judged by what stands there now
                changed = {key: change(seen[key]) for key, change in changes.items()}
                if await self._swapped(seen, changed):
                    return changed
        stored = await self.find_all(changes)
        if stored.keys() == changes.keys():
            changed = {key: changes[key](tally) for key, tally in stored.items()}
            if await self._swapped(stored, changed):
                return changed
        return await super().change_all(changes)

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        return {row["key"]: to_tally(row) for row in await self._database.fetch(_READ, keys=list(keys))}

    async def _swapped(self, stored: Mapping[str, Tally], changed: Mapping[str, Tally]) -> bool:
        keys = [key for key in changed if changed[key] != stored[key]]
        if not keys:
            return True
        bound = {f"old_{name}": [getattr(stored[key], name) for key in keys] for name in _MEMBERS}
        bound |= {f"new_{name}": [getattr(changed[key], name) for key in keys] for name in _MEMBERS}
        return await self._database.change(_SWAP, keys=keys, **bound) == len(keys)
