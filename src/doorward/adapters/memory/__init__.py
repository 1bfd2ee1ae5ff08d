"""Every storage port in process, for embedding and tests; proven by the same contract tests as the others."""

from doorward.adapters.memory.counters import MemoryCounters
from doorward.adapters.memory.outbox import MemoryOutbox
from doorward.adapters.memory.store import MemoryStore

__all__ = ["MemoryCounters", "MemoryOutbox", "MemoryStore"]
