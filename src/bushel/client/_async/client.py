"""The client: settings in, operations and buckets out."""

import os
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

from msgspec.structs import force_setattr

from bushel.client import listings
from bushel.client._async.body import AsyncBody
from bushel.client._async.bucket import AsyncBucket
from bushel.client._async.operations_generated import AsyncOperations
from bushel.client.configuration import AddressingStyle, resolve
from bushel.client.drivers import AsyncDriver
from bushel.client.entries import moment
from bushel.client.http.pool import HttpTransport, Timeouts, Transport
from bushel.client.presigning import Presigned, SignatureVersion, presign
from bushel.client.retries import Retries
from bushel.client.session import Options, Session
from bushel.client.transfers.plan import TransferOptions
from bushel.core.clock import Clock, SystemClock
from bushel.core.ids import Randomness, SystemRandomness
from bushel.protocol.checksums import ALGORITHMS
from bushel.protocol.codec.members import stream_member
from bushel.protocol.operations import TABLE, Operation


def _retries(attempts: int | None) -> Retries:
    return Retries() if attempts is None else Retries(attempts)


class AsyncClient(AsyncOperations):
    """An S3, as one caller sees it.

    Whatever is not given comes from the environment or the AWS configuration files, as for every AWS tool: the endpoint
    (``AWS_ENDPOINT_URL_S3``, ``AWS_ENDPOINT_URL``, ``endpoint_url``), the key pair, the region, the profile.

    Args:
        endpoint: URL; AWS where nobody names one.
        access_key: Of the key pair.
        secret_key: Of the key pair.
        session_token: Of a temporary key pair.
        region: What requests are signed for.
        profile: Of the AWS configuration files; goes before key pairs of the environment.
        anonymous: Sign nothing.
        addressing_style: Where the bucket's name goes; ``auto``: before the host on AWS, else into the path.
        verify: Check certificates.
        ca_bundle: File of certificates to trust instead of the system's.
        checksum: Algorithm of the checksums that are sent with what is stored; ``None``: none.
        verify_checksums: Compare what is read with the checksum that the server tells.
        sign_payload: Hash what is sent for the signature; by default only where it goes unencrypted over a network.
        retries: How patient to be; else ``AWS_MAX_ATTEMPTS`` or the profile's ``max_attempts`` say how often to try.
        timeouts: How long to wait.
        transfers: How large objects are cut.
        connections: Most at once.
        transport: What brings requests to the server instead of HTTP (``bushel.testing`` has one without sockets).
        environ: Instead of ``os.environ``.
        clock: Instead of the system's.
        randomness: Instead of the system's.

    Attributes:
        session: The core below: one operation at a time.
        driver: What runs the core.
        transfers: How large objects are cut.

    Raises:
        ConfigurationError: The settings contradict each other or cannot be read.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        session_token: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        anonymous: bool = False,
        addressing_style: AddressingStyle | None = None,
        verify: bool = True,
        ca_bundle: str | None = None,
        checksum: str | None = "CRC64NVME",
        verify_checksums: bool = True,
        sign_payload: bool | None = None,
        retries: Retries | None = None,
        timeouts: Timeouts | None = None,
        transfers: TransferOptions | None = None,
        connections: int = 64,
        transport: Transport | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        randomness: Randomness | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        configuration = resolve(
            environ,
            endpoint=endpoint,
            access_key=access_key,
            secret_key=secret_key,
            session_token=session_token,
            region=region,
            profile=profile,
            anonymous=anonymous,
            addressing_style=addressing_style,
            ca_bundle=ca_bundle,
        )
        if checksum is not None and checksum not in ALGORITHMS:
            raise ValueError(f"checksum is one of {', '.join(ALGORITHMS)}, not {checksum!r}")
        if transport is None:
            transport = HttpTransport(
                environ,
                connections=connections,
                timeouts=timeouts,
                verify=verify,
                ca_bundle=configuration.ca_bundle,
            )
        self.driver = AsyncDriver(transport)
        self.transfers = transfers or TransferOptions()
        self.session = Session(
            configuration,
            transport,
            clock=clock or SystemClock(),
            randomness=randomness or SystemRandomness(),
            retries=retries or _retries(configuration.attempts),
            options=Options(None if checksum is None else ALGORITHMS[checksum], verify_checksums, sign_payload),
        )

    def __repr__(self) -> str:
        origin = self.session.endpoint.origin
        pair = self.session.configuration.credentials
        who = "anonymous" if pair is None else pair.access_key
        return f"<AsyncClient {origin.scheme}://{origin.authority} as {who}>"

    async def _call(self, operation: Operation, given: Any) -> Any:
        output = await self.driver.run(self.session.call(operation, given))
        if operation.streams_output:
            stream = stream_member(type(output))
            assert stream is not None
            force_setattr(output, stream, AsyncBody(self.driver, getattr(output, stream)))
        return output

    def presign(
        self,
        operation: str,
        *,
        expires_seconds: int = 3600,
        signature_version: SignatureVersion = 4,
        **members: Any,
    ) -> Presigned:
        """A URL that grants one operation to whoever has it; nothing is asked of the server.

        Args:
            operation: S3's name of it: ``GetObject``, ``UploadPart``...
            expires_seconds: How long it is valid; at most 7 days with version 4.
            signature_version: 4, or 2 for what knows nothing newer.
            **members: Of the operation's input.

        Raises:
            NoCredentials: There is nothing to sign with.
            ValueError: There is no such operation, or the time is out of bounds.
        """
        found = TABLE.get(operation)
        if found is None or found.input is None:
            raise ValueError(f"there is no operation {operation!r} to be signed")
        given = found.input(**members)
        return presign(self.session, found, given, expires_seconds=expires_seconds, version=signature_version)

    def bucket(self, name: str) -> AsyncBucket:
        """A bucket by its name; nothing is asked of the server."""
        return AsyncBucket(self, name)

    async def buckets(self) -> AsyncIterator[AsyncBucket]:
        """The caller's buckets. Raises BushelError."""
        async for page in self.driver.each(listings.buckets(self.session)):
            for each in page:
                yield AsyncBucket(
                    self,
                    each.name or "",
                    created=None if each.creation_date is None else moment(each.creation_date),
                )

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self.driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
