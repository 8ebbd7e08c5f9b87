"""What a bucket encrypts its objects with: the configuration that PutBucketEncryption stores."""

from typing import Final

from bushel.protocol.shapes.encryption import ServerSideEncryptionConfiguration, ServerSideEncryptionRule
from bushel.service.configurations import Configuration, xml_configuration

ENCRYPTION: Final[Configuration[ServerSideEncryptionConfiguration]] = xml_configuration(
    "encryption", ServerSideEncryptionConfiguration, "ServerSideEncryptionConfiguration"
)

NO_RULE: Final = ServerSideEncryptionRule()


def blocks_customer_keys(rule: ServerSideEncryptionRule) -> bool:
    blocked = rule.blocked_encryption_types
    return blocked is not None and "SSE-C" in blocked.encryption_type
