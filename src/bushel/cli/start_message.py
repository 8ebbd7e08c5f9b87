"""What ``bushel serve`` says when it serves: the endpoint on the first line, then lines to paste.

A secret is written here only if the caller hands it in; where it is kept elsewhere, the lines fetch it from there. What
must not be here: making or storing keys, whether anybody is looking.
"""

import shlex
from pathlib import Path


def start_message(
    endpoint: str,
    *,
    store: str,
    region: str,
    access_key: str,
    secret_key: str | None,
    file: Path | None,
    variable: str | None,
) -> str:
    """Several lines; the first has the endpoint.

    Args:
        endpoint: URL of the server.
        store: What is served, as on the command line.
        region: The setting.
        access_key: The root access key.
        secret_key: Its secret, if it may be shown.
        file: Where the pair is kept, in the form of AWS' shared credentials, if it is in a file.
        variable: Name of the environment variable that has the secret, if one has.
    """
    # A server for any region still needs one in the client's signature; this is what clients take by themselves.
    region = "us-east-1" if region == "any" else region
    if file is not None:
        place = shlex.quote(str(file))
        kept = f"kept in {place}"
        keys = f"export AWS_SHARED_CREDENTIALS_FILE={place}"
        user = f"\"$(sed -n 's/^aws.* = //p' {place} | paste -sd:)\""
    else:
        value = shlex.quote(secret_key) if secret_key else f'"${variable}"' if variable else "..."
        kept = "kept nowhere" if secret_key else f"as {f'${variable}' if variable else 'the configuration file'} says"
        keys = f"export AWS_ACCESS_KEY_ID={access_key} AWS_SECRET_ACCESS_KEY={value}"
        user = '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    secret = f"{secret_key}  (shown this once, {kept})" if secret_key else kept
    # Debian 12's curl signs for S3 but leaves out the header that S3 wants; one of our own is sent by every curl.
    body = "-H x-amz-content-sha256:UNSIGNED-PAYLOAD"
    client = f'boto3.client("s3", endpoint_url="{endpoint}", region_name="{region}")'
    return f"""\
Serving {store} as S3 at {endpoint}

  root access key  {access_key}
  root secret key  {secret}

  keys   {keys}
  aws    aws --endpoint-url {endpoint} --region {region} s3 mb s3://first-bucket
  boto3  python3 -c 'import boto3; print({client}.list_buckets()["Buckets"])'
  curl   curl --aws-sigv4 aws:amz:{region}:s3 {body} --user {user} {endpoint}/

"""
