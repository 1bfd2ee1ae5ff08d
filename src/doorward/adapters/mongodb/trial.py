"""A trial of what everything rests on: that a transaction which is aborted leaves nothing."""

import secrets

from doorward.adapters.mongodb import schema
from doorward.adapters.mongodb.server import MongoServer
from doorward.adapters.mongodb.transaction import Transaction

KEY = "doctor:trial"


class _Abort(Exception):
    """Ends the trial transaction."""


async def write_and_roll_back(server: MongoServer) -> bool:
    """Write a document, abort, and say whether it is gone."""

    async def write(transaction: Transaction) -> None:
        await transaction.insert(schema.COUNTERS, {"_id": f"{KEY}:{token}", "count": 1, "reserved": 0})
        raise _Abort

    token = secrets.token_hex(8)
    try:
        await server.transaction(write)
    except _Abort:
        found = await server.read(lambda database: database[schema.COUNTERS].find_one({"_id": f"{KEY}:{token}"}))
        return found is None
    return False
