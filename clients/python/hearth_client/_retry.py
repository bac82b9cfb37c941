"""When a call that failed is sent again, and after which pause."""

from __future__ import annotations

import dataclasses
import random

from ._errors import ConnectionFailed, HearthError

#: The server refuses these before it does anything, so that any call may be sent again.
_REFUSED = frozenset({"rate_limited", "overloaded", "model_not_ready"})
#: With these it is not known whether anything was done.
_UNCERTAIN_STATUSES = frozenset({500, 502, 503, 504})


@dataclasses.dataclass(frozen=True)
class Retry:
    """At most `attempts` attempts, with pauses from `first` to `longest` seconds that double, less a random part.

    A call is sent again when the server has refused it for the moment. When it is not known whether it was done (a
    broken connection, a proxy's error), only a call is that does no more the second time: the server says which are.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 8.0

    def pause(
        self, attempt: int, error: HearthError, *, is_idempotent: bool, chance: float | None = None
    ) -> float | None:
        """Seconds until the next attempt; None: there is none.

        `attempt` counts from 1; `chance`, 0…1, is random when absent.
        """
        if attempt >= self.attempts or not self._may_repeat(error, is_idempotent):
            return None
        share = random.random() if chance is None else chance
        pause = min(self.first * 2.0 ** (attempt - 1), self.longest) * (0.5 + share / 2)
        return max(pause, error.retry_after or 0)

    @staticmethod
    def _may_repeat(error: HearthError, is_idempotent: bool) -> bool:
        if error.code in _REFUSED:
            return True
        if isinstance(error, ConnectionFailed):
            return is_idempotent or error.code == "not_connected"
        return is_idempotent and error.status in _UNCERTAIN_STATUSES
