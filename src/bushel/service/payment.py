"""Who pays for requests: the bucket's owner, or whoever asks (S3 User Guide, "Using Requester Pays buckets").

Nothing is charged here. What there is of it is the agreement: in a bucket where the requester pays, everybody but the
owner and the operator says so with ``x-amz-request-payer``, and the answer says that they were charged. Who says no
name cannot be charged, so anonymous callers are refused. ``Context.bucket`` holds requests to it.
"""

from typing import Final

from bushel.protocol.shapes.payment import RequestPaymentConfiguration
from bushel.service.configurations import Configuration, xml_configuration

REQUESTER_PAYS: Final = "request-payment"
"""The kind of configuration that a bucket has where the requester pays; where the owner does, it has none."""

PAYMENT: Final[Configuration[RequestPaymentConfiguration]] = xml_configuration(
    REQUESTER_PAYS, RequestPaymentConfiguration, "RequestPaymentConfiguration"
)
