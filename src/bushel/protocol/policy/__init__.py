"""The policy language of S3 and IAM: documents read, checked, compiled and evaluated. Pure: no I/O, no clock.

Source: IAM User Guide, "IAM JSON policy reference"; S3 User Guide, "Policies and permissions in Amazon S3"; Service
Authorization Reference, "Actions, resources, and condition keys for Amazon S3".

``document`` reads and refuses, ``wildcards``, ``principals`` and ``operators`` compile the parts of a statement,
``evaluate`` answers questions, ``public`` says what S3 calls a public policy. What must not be here: who asks and what
the values of condition keys are for a request (the service knows), ACLs.
"""

from bushel.protocol.policy.document import MAX_BUCKET_POLICY_BYTES, MAX_USER_POLICY_BYTES, read_policy
from bushel.protocol.policy.evaluate import Policy, Question, Statement
from bushel.protocol.policy.principals import Principal, account_of, root_arn, user_arn

__all__ = [
    "MAX_BUCKET_POLICY_BYTES",
    "MAX_USER_POLICY_BYTES",
    "Policy",
    "Principal",
    "Question",
    "Statement",
    "account_of",
    "read_policy",
    "root_arn",
    "user_arn",
]
