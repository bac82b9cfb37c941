"""Every operation, in groups.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from .._async_send import AsyncSender
from .._extra_async import Root
from .collections import Collections
from .files import Files
from .identity import Identity
from .jobs import Jobs
from .models import Models
from .operations import Operations
from .products import Products
from .studio import Studio
from .system import System
from .tenants import Tenants


class HearthOperations(Root):
    """Every operation, in groups."""

    def __init__(self, client: AsyncSender) -> None:
        super().__init__(client)
        self.collections = Collections(client)
        self.files = Files(client)
        self.identity = Identity(client)
        self.jobs = Jobs(client)
        self.models = Models(client)
        self.operations = Operations(client)
        self.products = Products(client)
        self.studio = Studio(client)
        self.system = System(client)
        self.tenants = Tenants(client)
