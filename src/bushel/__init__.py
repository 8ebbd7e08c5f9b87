"""Bushel: an S3 that installs with pip."""

__version__ = "0.1.0"
