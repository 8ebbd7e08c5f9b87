"""One SOAP request on its way to the operations of the table, which it calls as a REST request would.

Elements become header fields and query parameters, and the binder and the operation of REST do the rest: there is no
rule of S3's here. What must not be here: SOAP's own words.
"""

from collections.abc import Mapping
from typing import Any, Final

from bushel.protocol.address import encode_path
from bushel.protocol.message import Body, Request
from bushel.protocol.operations import Operation
from bushel.service.context import Caller, Context, Service
from bushel.service.registry import HANDLERS
from bushel.web.soap.attachments import Attached, Attachment

_TOLD_OF_CALLER: Final[tuple[str, ...]] = ("referer", "user-agent")
"""Header fields of the message that conditions of policies ask about."""


class Visit:
    """One request: who asks, and what has been done.

    Attributes:
        attached: The message with its attachment, where it has one.
        answers_with: What goes with the answer, once an operation left it here; whoever takes it lets go of it.
        operation: The one of the table that was called last.
    """

    def __init__(self, service: Service, request: Request, caller: Caller, attached: Attached | None = None) -> None:
        self.service = service
        self.attached = attached
        self.answers_with: Attachment | None = None
        self.operation: Operation | None = None
        self._outer = request
        self._caller = caller

    async def call(
        self,
        operation: Operation,
        bucket: str | None = None,
        key: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        document: bytes = b"",
        body: Body | None = None,
    ) -> tuple[Context, Any]:
        """Do what a REST request with these parts would do; its context and its output.

        Args:
            operation: Of the table.
            bucket: As the path would name it.
            key: Likewise.
            query: Parameters, decoded.
            headers: Header fields by lower-case name.
            document: The body of an operation that takes a document.
            body: That of one that takes a stream; its length is known.

        Raises:
            S3Error: As the binder and the operation do.
        """
        self.operation = operation
        outer = self._outer
        fields: dict[str, str] = {name: outer.headers[name] for name in _TOLD_OF_CALLER if name in outer.headers}
        fields.update(headers or {})
        if body is not None:
            fields["content-length"] = str(body.length)
        path = "/" if bucket is None else encode_path(f"/{bucket}" if key is None else f"/{bucket}/{key}")
        request = Request(
            operation.method, path, "", fields, body, host=outer.host, peer=outer.peer, secure=outer.secure
        )
        if hasattr(outer, "tls_version"):
            request.tls_version = outer.tls_version
        ctx = Context(self.service, self._caller, request, operation, key)
        ctx.input = operation.read_input(bucket, key, query or {}, fields, document)
        return ctx, await HANDLERS[operation.name](ctx, ctx.input)
