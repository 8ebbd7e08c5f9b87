"""Policy documents for tests."""

import json
from typing import Any

from bushel.protocol.policy import user_arn


def statement(effect: str, actions: Any, resources: Any, principal: Any = "*", **elements: Any) -> dict[str, Any]:
    """A statement of a bucket's policy; resources are keys below the bucket's ARN, completed by ``document``."""
    return {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources, **elements}


def allow(actions: Any, resources: Any, principal: Any = "*", **elements: Any) -> dict[str, Any]:
    return statement("Allow", actions, resources, principal, **elements)


def deny(actions: Any, resources: Any, principal: Any = "*", **elements: Any) -> dict[str, Any]:
    return statement("Deny", actions, resources, principal, **elements)


def document(bucket: str, *statements: dict[str, Any]) -> str:
    """A bucket's policy: resource ``""`` is the bucket, ``/a*`` are keys."""
    arn = f"arn:aws:s3:::{bucket}"
    completed = []
    for each in statements:
        resources = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        completed.append(each | {"Resource": [arn + resource for resource in resources]})
    return json.dumps({"Version": "2012-10-17", "Statement": completed})


def user(person: Any) -> dict[str, str]:
    """The Principal element that names a user."""
    return {"AWS": user_arn(person.id, person.name)}
