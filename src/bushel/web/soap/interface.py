"""The SOAP interface of one process, loaded when it is first asked for: most servers never are."""

from typing import TYPE_CHECKING

from bushel.protocol.message import Request, Response
from bushel.protocol.operations import Operation
from bushel.service.context import Service

if TYPE_CHECKING:
    from bushel.web.soap.endpoint import SoapEndpoint


class SoapInterface:
    """Stands for the endpoint."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._endpoint: SoapEndpoint | None = None

    async def answer(self, request: Request, request_id: str, host_id: str) -> tuple[Response, Operation | None]:
        """As ``SoapEndpoint.answer``."""
        if self._endpoint is None:
            from bushel.web.soap.endpoint import SoapEndpoint  # noqa: PLC0415 - it is some milliseconds of a start

            self._endpoint = SoapEndpoint(self._service)
        return await self._endpoint.answer(request, request_id, host_id)
