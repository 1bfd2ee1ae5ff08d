"""Copying an installation: whole, resumed, refused, compared."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from doorward.ports.archive import KEYS
from doorward.use_cases.copy_installation import BATCH, MARK, CopyDiffers, CopyInstallation, Sum, TargetNotEmpty


class Tables:
    """An archive in dicts; `breaks` ends the copy after so many writes."""

    def __init__(self, breaks=None):
        self.rows = {table: {} for table in KEYS}
        self.finished, self.writes, self.breaks = False, 0, breaks

    async def count(self, table):
        return len(self.rows[table])

    async def read(self, table, after, limit):
        keys = sorted(key for key in self.rows[table] if after is None or key > after)
        return [self.rows[table][key] for key in keys[:limit]]

    async def last_key(self, table):
        return max(self.rows[table], default=None)

    async def write(self, table, rows):
        self.writes += 1
        if self.breaks == self.writes:
            raise ConnectionError
        self.rows[table] |= {row[KEYS[table]]: row for row in rows}

    async def finish(self):
        self.finished = True


def _user(number):
    born, moment = date(1990, 1, number % 28 + 1), datetime(2026, 1, 1, tzinfo=UTC)
    return {"id": UUID(int=number), "email": f"{number}@example.com", "date_of_birth": born, "created_at": moment}


@pytest.fixture
def source():
    tables = Tables()
    tables.rows["users"] = {UUID(int=n): _user(n) for n in range(1, 2 * BATCH + 6)}
    tables.rows["audit_logs"] = {n: {"sequence": n, "id": UUID(int=n), "details": {"n": n}} for n in range(3)}
    tables.rows["counters"] = {"a": {"key": "a", "count": 2}, MARK: {"key": MARK, "count": 0}}
    return tables


def _copied(target):
    return {table: {key: row for key, row in rows.items() if key != MARK} for table, rows in target.rows.items()}


async def _copy(source, target):
    told = []
    sums = await CopyInstallation(source=source, target=target)(lambda table, rows: told.append((table, rows)))
    return sums, told


async def test_everything_arrives(source):
    """All rows are there, in a target that is finished and bears no mark."""
    target = Tables()
    sums, told = await _copy(source, target)

    assert _copied(target) == _copied(source)
    assert target.finished
    assert target.rows["counters"][MARK]["count"] == 0
    assert sums["users"].rows == 2 * BATCH + 5
    assert sum(rows for table, rows in told if table == "users") == 3 * (2 * BATCH + 5)


async def test_an_interrupted_copy_goes_on_where_it_ended(source):
    """What was there is not written again, and nothing is missing."""
    target = Tables(breaks=3)
    with pytest.raises(ConnectionError):
        await _copy(source, target)
    written = len(target.rows["users"])
    target.breaks = None
    await _copy(source, target)

    assert 0 < written < 2 * BATCH + 5
    assert _copied(target) == _copied(source)


async def test_a_target_with_accounts_is_left_alone(source):
    """An installation is never mixed with another one."""
    target = Tables()
    target.rows["users"][UUID(int=1)] = _user(1)
    with pytest.raises(TargetNotEmpty):
        await _copy(source, target)

    assert target.writes == 0


async def test_a_difference_is_found(source):
    """One changed member of one row is enough, and the copy stays unfinished."""
    target = Tables()
    write = target.write

    async def spoil(table, rows):
        await write(table, [row | {"email": "x"} if row.get("email") == "7@example.com" else row for row in rows])

    target.write = spoil
    with pytest.raises(CopyDiffers, match="users") as refused:
        await _copy(source, target)

    assert refused.value.tables == ("users",)
    assert not target.finished
    assert target.rows["counters"][MARK]["count"] == 1


def test_order_does_not_count_in_a_sum_and_members_do():
    """Rows in another order give the same sum; members in another order too; other values another one."""
    a, b = {"id": 1, "x": None}, {"x": "ä", "id": 2}

    assert Sum().plus(a).plus(b) == Sum().plus(dict(reversed(b.items()))).plus(a)
    assert Sum().plus(a) != Sum().plus(a | {"x": ""})


def test_a_value_of_an_unknown_kind_is_no_row():
    """What could not be compared is refused."""
    with pytest.raises(TypeError, match="set"):
        Sum().plus({"id": {1}})
