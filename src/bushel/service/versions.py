"""Version ids while no bucket has versioning: every object is the null version, and ``null`` names it."""

from bushel.protocol.errors import S3Error

NULL: str = "null"


def check_version_id(version_id: str | None) -> None:
    """Raises S3Error InvalidArgument for a version that cannot exist."""
    if version_id is None or version_id == NULL:
        return
    if not version_id:
        raise S3Error("InvalidArgument.VersionIdEmpty", ArgumentName="versionId", ArgumentValue="")
    raise S3Error("InvalidArgument.VersionId", ArgumentName="versionId", ArgumentValue=version_id)
