"""Version ids while no bucket has versioning: every object is the null version, and ``null`` names it."""

from bushel.protocol.errors import S3Error

NULL: str = "null"


def check_version_id(version_id: str | None, key: str) -> None:
    """Raises S3Error for a version that cannot exist: NoSuchVersion, or InvalidArgument for an empty id."""
    if version_id is None or version_id == NULL:
        return
    if not version_id:
        raise S3Error("InvalidArgument.VersionIdEmpty", ArgumentName="versionId", ArgumentValue="")
    raise S3Error("NoSuchVersion", Key=key, VersionId=version_id)
