"""Redis or Valkey: what may be forgotten at any moment. Whatever a flush must not revive or forgive stays elsewhere."""

from doorward.adapters.redis.counters import RedisCounters
from doorward.adapters.redis.server import RedisServer
from doorward.adapters.redis.sessions import RevokingStore, SessionCache

__all__ = ["RedisCounters", "RedisServer", "RevokingStore", "SessionCache"]
