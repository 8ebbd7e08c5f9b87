"""Net::Amazon::S3, Perl, from Debian: the script beside this file is the client."""

from pathlib import Path

import pytest

from live.programs import found, run

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]


@pytest.mark.parametrize("version", ["V2", "V4"])
def test_a_day_with_net_amazon_s3(server, s3, files, bucket_names, tmp_path, version):
    bucket = bucket_names()
    said = run(
        *(found("perl"), Path(__file__).with_name("net_amazon_s3.pl"), f"127.0.0.1:{server.port}"),
        *(server.access_key, server.secret_key, bucket, files.small, files.big, tmp_path, version),
    )
    assert said == "done\n"
    assert bucket not in [item["Name"] for item in s3.list_buckets()["Buckets"]]
