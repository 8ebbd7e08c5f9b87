"""Callers as policies see them."""

from functools import lru_cache

from bushel.protocol.policy import Principal, account_of, root_arn, user_arn
from bushel.service.context import Caller


def principal_of(caller: Caller) -> Principal | None:
    """The caller's principal; ``None`` for anonymous callers."""
    return None if caller.anonymous else _principal(caller.user_id, None if caller.root else caller.name)


@lru_cache(maxsize=1024)
def _principal(user_id: str, name: str | None) -> Principal:
    arn = root_arn(user_id) if name is None else user_arn(user_id, name)
    return Principal(arn, account_of(user_id), user_id)
