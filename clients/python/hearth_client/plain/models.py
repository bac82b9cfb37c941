"""Operations of `models`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import Any, List

from .. import models
from .._call import Call
from .._sync_send import Sender


class Models:
    """`models`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> models.ModelList:
        """List the models and their states; looking does not keep one in memory.

        Answers each model's kind, length of vectors, state and memory. Looking does not load a model and does not
        keep it in memory.
        """
        return self._client.run(Call(
            "models.list", "GET", "/api/models", models.ModelList,
            is_idempotent=True))

    def get(self, id: str) -> models.Model:
        """Show one model.

        Takes the model's id or one of its aliases.

        id: The model's id or one of its aliases.
        """
        return self._client.run(Call(
            "models.get", "GET", "/api/models/{id}", models.Model,
            in_path={"id": id},
            is_idempotent=True))

    def load(self, id: str, *, keep_alive: Any = None) -> models.Model:
        """Load a model and answer when it is ready; change how long it stays.

        Answers the model's state when it is ready, which takes seconds to minutes for a large one. `keep_alive`
        says how long it stays in memory without a call, from now on.

        id: The model's id or one of its aliases.
        keep_alive: How long it stays without a call: `pinned`, `90s`, `5m`, or seconds; -1 pins. Absent: as before.
        """
        return self._client.run(Call(
            "models.load", "POST", "/api/models/{id}/load", models.Model,
            in_path={"id": id},
            body={"keep_alive": keep_alive},
            is_idempotent=True))

    def unload(self, id: str) -> models.Model:
        """Let a model finish its calls and leave memory.

        Running calls end first. The model's files stay; the next call loads it again.

        id: The model's id or one of its aliases.
        """
        return self._client.run(Call(
            "models.unload", "POST", "/api/models/{id}/unload", models.Model,
            in_path={"id": id},
            body={},
            is_idempotent=True))
