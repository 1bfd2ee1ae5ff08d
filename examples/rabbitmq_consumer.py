"""Listens to what happens to accounts and handles each event once, however often it is delivered.

Needs `pip install aio-pika` and nothing of Doorward. RABBITMQ_URL says where the broker is; HANDLED_FILE (SQLite)
remembers what was handled, so that it can be stopped and started at any time.
"""

import asyncio
import json
import os
import signal
import sqlite3

import aio_pika

URL = os.environ.get("RABBITMQ_URL") or "amqp://guest:guest@127.0.0.1:5672/"
QUEUE = os.environ.get("QUEUE", "example.accounts")


def handle(event: dict, work: sqlite3.Connection) -> None:
    """Your part: what it writes to `work` is committed together with the note that the event was handled."""
    print(f"{event['time']}  {event['type']}  {event['subject']}  {event['id']}", flush=True)


def once(event: dict, database: sqlite3.Connection) -> None:
    """Handle an event unless that was done before; `id` stays the same when one is delivered again."""
    with database as work:
        if work.execute("INSERT OR IGNORE INTO handled VALUES (?)", (event["id"],)).rowcount:
            handle(event, work)


async def listen(database: sqlite3.Connection) -> None:
    async with await aio_pika.connect_robust(URL, heartbeat=10) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=20)
        exchange = await channel.declare_exchange("doorward.events", aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, routing_key="user.#")
        print(f"listening on {QUEUE}", flush=True)
        async with queue.iterator() as messages:
            async for message in messages:
                async with message.process(requeue=True):  # acknowledged only after it was handled
                    once(json.loads(message.body), database)


async def main() -> None:
    database = sqlite3.connect(os.environ.get("HANDLED_FILE", "handled_events.db"))
    database.execute("CREATE TABLE IF NOT EXISTS handled (id TEXT PRIMARY KEY)")
    listening = asyncio.create_task(listen(database))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
    await listening


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("stopped")
