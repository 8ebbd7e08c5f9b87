"""What an operation is: one record that the server routes, binds, authorises, counts and documents by."""

from typing import Any, Final, Literal, NoReturn

from msgspec import Struct

from bushel.protocol.codec.bind import InputReader, OutputWriter, compile_input_reader, compile_output_writer
from bushel.protocol.codec.unbind import InputWriter, OutputReader, compile_input_writer, compile_output_reader
from bushel.protocol.errors import S3Error

Resource = Literal["service", "bucket", "object"]
BodyKind = Literal["none", "document", "stream"]


class Operation:
    """One S3 operation.

    Attributes:
        name: S3's name, ``PutObject``.
        method: HTTP method.
        resource: What the path names.
        query: Query parameters that must be there for the request to be this operation; ``name=value`` where the value
            counts (``list-type=2``).
        headers: Header fields, lower case, that must be there for the request to be this operation.
        input: Shape of the request; ``None`` for a refused operation.
        output: Shape of the answer; ``None`` if it has no members.
        status: HTTP status of success.
        action: IAM action that a caller must be allowed.
        body: What the request's body is: nothing that is read, a document that is read whole, or a stream.
        document_limit: Most bytes of a document.
        streams_output: Whether the answer's body is a stream beside the shape.
        never_configured: For an operation that reads a configuration which cannot be made yet: the reason (key into the
            catalogue of errors) that says so. ``None`` where S3 answers with a document.
        refused: Why the operation is answered with NotImplemented; ``None`` if it is implemented.
        read_input: ``(bucket, key, query, headers, payload) -> input``. Query and headers are dictionaries, headers by
            lower-case name; the payload is the document as bytes, or what stands for the stream. Raises S3Error.
        write_output: ``output -> (status, headers, body)``.
        write_input: The client's inverse of ``read_input``: ``input -> RequestParts``.
        read_output: The client's inverse of ``write_output``: ``(status, headers, body) -> output``.
    """

    read_input: InputReader
    write_output: OutputWriter
    write_input: InputWriter
    read_output: OutputReader

    __slots__ = (
        "action",
        "body",
        "document_limit",
        "headers",
        "input",
        "method",
        "name",
        "never_configured",
        "output",
        "query",
        "read_input",
        "read_output",
        "refused",
        "resource",
        "status",
        "streams_output",
        "write_input",
        "write_output",
    )

    def __init__(
        self,
        name: str,
        method: str,
        resource: Resource,
        query: tuple[str, ...] = (),
        *,
        headers: tuple[str, ...] = (),
        input: type[Struct] | None = None,  # noqa: A002 - the record's own word
        output: type[Struct] | None = None,
        status: int = 200,
        action: str = "",
        body: BodyKind = "none",
        document_limit: int = 1 << 20,
        streams_output: bool = False,
        never_configured: str | None = None,
        refused: str | None = None,
    ) -> None:
        self.name: Final = name
        self.method: Final = method
        self.resource: Final[Resource] = resource
        self.query: Final = frozenset(query)
        self.headers: Final = frozenset(headers)
        self.input: Final = input
        self.output: Final = output
        self.status: Final = status
        self.action: Final = action
        self.body: Final[BodyKind] = body
        self.document_limit: Final = document_limit
        self.streams_output: Final = streams_output
        self.never_configured: Final = never_configured
        self.refused: Final = refused

    def __getattr__(self, name: str) -> Any:
        # Reached for a slot that is not filled yet: binders are compiled when an operation is first asked for, which
        # keeps 50 ms out of the start of every process.
        if name == "read_input":
            self.read_input = (
                self._refuse if self.input is None else compile_input_reader(self.input, takes_body=self.body != "none")
            )
        elif name == "write_output":
            self.write_output = compile_output_writer(self.output, self.status)
        elif name == "write_input":
            self.write_input = self._refuse if self.input is None else compile_input_writer(self.input, self.query)
        elif name == "read_output":
            self.read_output = compile_output_reader(self.output)
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def _refuse(self, *_: object) -> NoReturn:
        raise S3Error("NotImplemented.Operation", Operation=self.name)

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"
