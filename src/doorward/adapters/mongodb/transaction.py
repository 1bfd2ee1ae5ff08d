"""What a change can do within a transaction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from doorward.adapters.mongodb import schema

Document = dict[str, Any]
Filter = Mapping[str, Any]


class Conflict(Exception):
    """Somebody was faster, or the connection had died; the same work may go through if it is done again."""


class Refused(Exception):
    """A write that the server refuses; its own words would repeat what was written."""

    def __init__(self, collection: str, keys: tuple[str, ...] = (), *, code: object = None) -> None:
        super().__init__(f"{collection}: refused with code {code}, index on {', '.join(keys) or 'nothing'}")
        self.collection = collection
        self.keys = keys


class Transaction:
    """Reads and changes that see each other and nobody else's, until all of them are committed."""

    def __init__(self, database: AsyncDatabase[Document], session: AsyncClientSession) -> None:
        self._database = database
        self._session = session
        self.numbers: Iterator[int] = iter(())

    async def insert(self, collection: str, *documents: Document) -> None:
        """Add documents, in their order."""
        try:
            await self._database[collection].insert_many(documents, session=self._session)
        except BulkWriteError as error:
            raise _refused(collection, (error.details.get("writeErrors") or [{}])[0]) from None

    async def change(self, collection: str, where: Filter, change: Mapping[str, Any]) -> int:
        """Change one document; how many there were to change, 1 or 0."""
        try:
            done = await self._database[collection].update_one(where, change, session=self._session)
        except DuplicateKeyError as error:
            raise _refused(collection, error.details or {}) from None
        return done.matched_count

    async def change_all(self, collection: str, where: Filter, change: Mapping[str, Any]) -> int:
        """Change all documents that meet a condition, and say how many there were."""
        return (await self._database[collection].update_many(where, change, session=self._session)).matched_count

    async def remove_all(self, collection: str, where: Filter) -> int:
        """Remove all documents that meet a condition, and say how many there were."""
        return (await self._database[collection].delete_many(where, session=self._session)).deleted_count

    async def find(self, collection: str, where: Filter, **options: Any) -> Sequence[Document]:
        """Documents that meet a condition."""
        return await self._database[collection].find(where, session=self._session, **options).to_list()

    async def take_turns(self, name: str) -> None:
        """Let transactions that name the same thing run one after the other; each sees what the last one did.

        All of them write one document: of two at once, one is refused with a conflict, and done again afterwards.
        """
        # The value has to differ: what changes nothing is no write, and conflicts with nobody.
        turns = self._database[schema.COUNTERS]
        await turns.update_one(
            {"_id": f"turn:{name}"},
            {"$inc": {"turns": 1}, "$setOnInsert": {"count": 1, "reserved": 0}},
            upsert=True,
            session=self._session,
        )


def _refused(collection: str, error: Mapping[str, Any]) -> Refused | Conflict:
    """Why a document was refused; a number that another process has hit upon too is chosen anew."""
    keys = tuple(error.get("keyPattern", ()))
    return Conflict() if keys == ("sequence",) else Refused(collection, keys, code=error.get("code"))
