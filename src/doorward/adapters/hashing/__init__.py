"""Password hashing: a bounded pool of threads, and the schemes that work in it."""

from doorward.adapters.hashing.foreign import FirebaseKey
from doorward.adapters.hashing.pool import PooledPasswordHasher

__all__ = ["FirebaseKey", "PooledPasswordHasher"]
