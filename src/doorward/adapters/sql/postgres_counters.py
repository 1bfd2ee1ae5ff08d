"""Tallies on PostgreSQL, by as few ways to the server as can be."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import text

from doorward.adapters.sql.counters import SqlCounters
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
_OLD_IS = """own.count = CAST(:old_count AS integer) AND own.reserved = CAST(:old_reserved AS integer)
  AND own.reserved_until IS NOT DISTINCT FROM CAST(:old_reserved_until AS timestamptz)
  AND own.last_at IS NOT DISTINCT FROM CAST(:old_last_at AS timestamptz)
  AND own.expires_at IS NOT DISTINCT FROM CAST(:old_expires_at AS timestamptz)"""
# One that is there, if it is still as it was read.
_SWAP = text(f"""
UPDATE counters AS own SET count = CAST(:new_count AS integer), reserved = CAST(:new_reserved AS integer),
  reserved_until = CAST(:new_reserved_until AS timestamptz), last_at = CAST(:new_last_at AS timestamptz),
  expires_at = CAST(:new_expires_at AS timestamptz)
WHERE own.key = CAST(:key AS varchar) AND {_OLD_IS}
""")  # noqa: S608 - a part of the statement, no value
# One of which nothing is counted, whether a row says so or none.
_BEGIN = text("""
INSERT INTO counters AS own (key, count, reserved, reserved_until, last_at, expires_at)
VALUES (CAST(:key AS varchar), CAST(:new_count AS integer), CAST(:new_reserved AS integer),
  CAST(:new_reserved_until AS timestamptz), CAST(:new_last_at AS timestamptz), CAST(:new_expires_at AS timestamptz))
ON CONFLICT (key) DO UPDATE SET count = excluded.count, reserved = excluded.reserved,
  reserved_until = excluded.reserved_until, last_at = excluded.last_at, expires_at = excluded.expires_at
WHERE own.count = 0 AND own.reserved = 0 AND own.reserved_until IS NULL AND own.last_at IS NULL
  AND own.expires_at IS NULL
""")
# Several, or none if one is no longer as it was read.
_SWAP_ALL = text("""
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
        with suppress(Spent):  # perhaps no longer: that is judged by what stands there now
            if seen is not None and seen.keys() >= changes.keys():
                changed = {key: change(seen[key]) for key, change in changes.items()}
                if await self._swapped(seen, changed):
                    return changed
            elif len(changes) == 1:
                # What nobody has read is most likely at rest, as all are between two tries.
                [(key, change)] = changes.items()
                begun = change(Tally())
                if begun != Tally() and await self._swapped_one(key, Tally(), begun):
                    return {key: begun}
        stored = await self.find_all(changes)
        if stored.keys() == changes.keys():
            changed = {key: changes[key](tally) for key, tally in stored.items()}
            if await self._swapped(stored, changed):
                return changed
        return await super().change_all(changes)

    async def _swapped(self, stored: Mapping[str, Tally], changed: Mapping[str, Tally]) -> bool:
        keys = [key for key in changed if changed[key] != stored[key]]
        if len(keys) == 1:
            return await self._swapped_one(keys[0], stored[keys[0]], changed[keys[0]])
        if not keys:
            return True
        bound = {f"old_{name}": [getattr(stored[key], name) for key in keys] for name in _MEMBERS}
        bound |= {f"new_{name}": [getattr(changed[key], name) for key in keys] for name in _MEMBERS}
        return await self._database.change(_SWAP_ALL, keys=keys, **bound) == len(keys)

    async def _swapped_one(self, key: str, old: Tally, new: Tally) -> bool:
        bound = {f"new_{name}": getattr(new, name) for name in _MEMBERS}
        if old == Tally():
            return await self._database.change(_BEGIN, key=key, **bound) == 1
        bound |= {f"old_{name}": getattr(old, name) for name in _MEMBERS}
        return await self._database.change(_SWAP, key=key, **bound) == 1
