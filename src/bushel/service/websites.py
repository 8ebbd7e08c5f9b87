"""The web site of a bucket as it is stored."""

from typing import Final

from bushel.protocol.shapes.website import WebsiteConfiguration
from bushel.service.configurations import Configuration, xml_configuration

WEBSITE: Final[Configuration[WebsiteConfiguration]] = xml_configuration(
    "website", WebsiteConfiguration, "WebsiteConfiguration"
)
