"""Removing what has expired, in bites that hold nobody up."""

from doorward.adapters.mongodb.documents import Document
from doorward.adapters.mongodb.server import Database, MongoServer

BITE = 1000


async def purge(server: MongoServer, collection: str, is_over: Document) -> int:
    """Delete the documents that are over, and say how many that were."""
    removed = BITE
    total = 0
    while removed == BITE:
        removed = await server.write(lambda database: _bite(database, collection, is_over))
        total += removed
    return total


async def _bite(database: Database, collection: str, is_over: Document) -> int:
    found = await database[collection].find(is_over, projection={"_id": 1}, limit=BITE).to_list()
    if not found:
        return 0
    over = {"_id": {"$in": [document["_id"] for document in found]}}
    return (await database[collection].delete_many({"$and": [over, is_over]})).deleted_count
