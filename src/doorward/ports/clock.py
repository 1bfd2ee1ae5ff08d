"""Time: a plain callable that gives the present moment, aware and in UTC."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
