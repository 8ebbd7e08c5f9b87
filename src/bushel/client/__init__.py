"""The client's side: a library for this and every other S3.

``Client`` and ``AsyncClient`` are its faces; below them is one asynchronous core, which both of them run. What must
not be here: anything of the server (``service``, ``server``, ``catalog``, ``engine``).
"""

from bushel.client.customer_keys import customer_key
from bushel.client.errors import BushelError
from bushel.client.http.pool import Timeouts
from bushel.client.retries import Retries
from bushel.client.transfers.plan import TransferOptions

__all__ = ["BushelError", "Retries", "Timeouts", "TransferOptions", "customer_key"]
