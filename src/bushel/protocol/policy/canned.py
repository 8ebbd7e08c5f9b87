"""The policies for users that come with Bushel, and users' policies compiled. Names and meanings stay as they are."""

from functools import lru_cache
from typing import Final

from bushel.protocol.policy.document import read_policy
from bushel.protocol.policy.evaluate import Policy

_BEGINNING: Final = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": '

CANNED: Final = {
    "readonly": _BEGINNING + '["s3:Get*", "s3:List*"]}]}',
    "readwrite": _BEGINNING + '"s3:*"}]}',
    "writeonly": _BEGINNING + '["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]}]}',
}
"""Name to document: of all buckets and objects."""


@lru_cache(maxsize=1024)
def compiled_policies(named: tuple[tuple[str, str], ...]) -> tuple[Policy, ...]:
    """The policies of a user.

    Args:
        named: Names and documents; an empty document stands for the policy of that name in ``CANNED``.

    Raises:
        S3Error: MalformedPolicy.
    """
    return tuple(read_policy(document or CANNED[name]) for name, document in named)
