"""What goes wrong is one line and a status, and damages nothing."""

import os
import signal
import stat
import subprocess
import threading

import pytest

from live.server import BUSHEL, Server, wait_until
from live.shell import contents_of, random_bytes

pytestmark = pytest.mark.server_kinds("embedded-1")


def test_wrong_keys_and_endpoints_are_one_line(shell):
    said = shell("ls", status=1, AWS_SECRET_ACCESS_KEY="wrong")
    assert said.err.startswith("bushel ls: ListBuckets: SignatureDoesNotMatch")
    assert said.err.count("\n") == 1
    said = shell("ls", status=1, AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    assert said.err.startswith("bushel ls: cannot connect to 127.0.0.1:1")
    assert said.err.count("\n") == 1


def test_some_that_fail_do_not_keep_the_others(shell, bucket, files, tmp_path):
    folder = files({"good": b"g", "other": b"o"})
    said = shell("put", folder / "good", tmp_path / "missing", folder / "other", f"s3://{bucket}/x/", status=1)

    assert f"{tmp_path}/missing: No such file or directory" in said.err
    assert "2 done, 1 FAILED" in said.err
    assert [line[35:] for line in shell("ls", f"s3://{bucket}/x/").lines] == ["good", "other"]


@pytest.mark.parametrize("key", ["../escaped", "a/../../escaped", "/absolute", "a//b", "dot/./b"])
def test_no_key_lands_outside_of_the_folder(shell, bucket, s3, tmp_path, key):
    s3.put_object(Bucket=bucket, Key=f"k/{key}", Body=b"x")
    s3.put_object(Bucket=bucket, Key="k/fine", Body=b"y")

    said = shell("get", f"s3://{bucket}/k/", tmp_path / "in" / "side", status=1)

    assert "no file below" in said.err
    assert contents_of(tmp_path / "in") == {"side/fine": b"y"}
    assert not (tmp_path / "escaped").exists()


def test_names_cannot_play_with_the_terminal(shell, bucket, s3):
    s3.put_object(Bucket=bucket, Key="red\x1b[31m\nfake line", Body=b"")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"")

    out = shell("ls", f"s3://{bucket}").out

    assert "\x1b" not in out
    assert out.count("\n") == 2
    assert "red\\x1b[31m\\nfake line" in out
    shell("rm", "-r", f"s3://{bucket}")  # XML cannot name such a key
    assert shell("ls", f"s3://{bucket}").out == ""


def test_a_file_and_a_folder_of_one_name_cannot_both_be(shell, bucket, s3, tmp_path):
    s3.put_object(Bucket=bucket, Key="a", Body=b"file")
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"below")

    shell("get", f"s3://{bucket}/", tmp_path / "down", status=1)

    assert len(contents_of(tmp_path / "down")) == 1


def test_targets_that_are_there_stay_where_that_is_asked_for(shell, bucket, files, tmp_path):
    folder = files({"a": b"new"})
    shell("put", "-", f"s3://{bucket}/a", stdin=b"old")
    (tmp_path / "a").write_bytes(b"mine")

    shell("put", "-n", folder / "a", f"s3://{bucket}/a")
    shell("get", "-n", f"s3://{bucket}/a", tmp_path / "a")
    shell("cp", "-n", f"s3://{bucket}/a", f"s3://{bucket}/a2")
    shell("cp", "-n", folder / "a", f"s3://{bucket}/a2")

    assert shell("cat", f"s3://{bucket}/a", f"s3://{bucket}/a2").raw == b"oldold"
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_a_reader_that_leaves_ends_the_command_quietly(shell, bucket, server):
    shell("put", "-", f"s3://{bucket}/large", stdin=bytes(4 << 20))
    process = shell.start("cat", f"s3://{bucket}/large", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()

    assert process.wait(30) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_a_file_that_changes_while_it_goes_up_is_not_stored(shell, bucket, tmp_path):
    """A writer that never rests: whatever part is read, the file is another one at the end."""
    file = tmp_path / "busy"
    file.write_bytes(bytes(24 << 20))
    stop = threading.Event()

    def keep_writing():
        while not stop.is_set():
            os.utime(file)
            with file.open("r+b") as out:
                out.write(random_bytes(8))

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        said = shell("put", file, f"s3://{bucket}/busy", status=1)
    finally:
        stop.set()
        writer.join()
    assert "changed while it was read" in said.err
    assert shell("ls", f"s3://{bucket}").out == ""
    assert shell("ls", "--uploads", f"s3://{bucket}").out == ""


def _uploads_begun(s3, bucket):
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return uploads and s3.list_parts(Bucket=bucket, Key=uploads[0]["Key"], UploadId=uploads[0]["UploadId"]).get("Parts")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_upload_goes_on_where_it_stopped(shell, bucket, s3, tmp_path, how):
    file = tmp_path / "large"
    file.write_bytes(random_bytes(160 << 20))
    process = shell.start(
        "put", file, f"s3://{bucket}/large", "--bandwidth", "20M", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_until(lambda: _uploads_begun(s3, bucket), 60, "a part at the server")
    process.send_signal(how)
    assert process.wait(30) == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[how]
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    (upload,) = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    parts = s3.list_parts(Bucket=bucket, Key="large", UploadId=upload["UploadId"])["Parts"]

    (line, summary) = shell("put", file, f"s3://{bucket}/large", "--json").json

    assert (line["status"], summary["failed"]) == ("done", 0)
    head = s3.head_object(Bucket=bucket, Key="large", PartNumber=1)
    assert head["PartsCount"] == 20
    assert parts[0]["LastModified"] <= head["LastModified"]
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == file.read_bytes()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert list((tmp_path / "state" / "bushel" / "uploads").iterdir()) == []


def test_an_upload_that_is_given_up_leaves_nothing(shell, bucket, s3, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(bytes(160 << 20))
    process = shell.start("put", file, f"s3://{bucket}/large", "--bandwidth", "20M", "--no-resume",
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    wait_until(lambda: _uploads_begun(s3, bucket), 60, "a part at the server")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)

    process = shell.start("put", file, f"s3://{bucket}/large", "--bandwidth", "20M", stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)  # fmt: skip
    wait_until(lambda: _uploads_begun(s3, bucket), 60, "a part at the server")
    process.kill()
    process.wait(30)
    assert len(shell("ls", "--uploads", f"s3://{bucket}", "--json").json) == 1
    shell("rm", "--uploads", "-r", f"s3://{bucket}")
    assert shell("ls", "--uploads", f"s3://{bucket}").out == ""


def test_an_interrupted_download_goes_on_and_never_shows_half_a_file(shell, bucket, s3, tmp_path):
    data = random_bytes(48 << 20)
    s3.put_object(Bucket=bucket, Key="large", Body=data)
    target = tmp_path / "large"
    target.write_bytes(b"what was here before")
    process = shell.start("get", f"s3://{bucket}/large", target, "--bandwidth", "20M", stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)  # fmt: skip
    wait_until(lambda: any(tmp_path.glob(".large.bushel-note")), 60, "a note")
    process.kill()
    process.wait(30)
    assert target.read_bytes() == b"what was here before"

    shell("get", f"s3://{bucket}/large", target)

    assert target.read_bytes() == data
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".large")] == []


def test_a_server_that_dies_is_told_and_comes_back(start_server, make_shell, tmp_path):
    server: Server = start_server(workers=1)
    shell = make_shell(server.endpoint, server.access_key, server.secret_key)
    shell("mb", "some-bucket")
    file = tmp_path / "large"
    file.write_bytes(random_bytes(32 << 20))
    process = shell.start("put", file, "s3://some-bucket/large", "--bandwidth", "15M", stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)  # fmt: skip
    wait_until(lambda: any((tmp_path / "state").rglob("uploads/*")), 60, "an upload")
    server.kill()
    assert process.wait(60) == 1
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    assert "Traceback" not in said
    assert "large" in said

    again = Server(server.folder, workers=1, listen=f"127.0.0.1:{server.port}").start()
    try:
        shell("put", file, "s3://some-bucket/large")
        assert shell("cat", "s3://some-bucket/large").raw == file.read_bytes()
    finally:
        again.kill()


def test_no_space_here_is_one_line_and_no_file(shell, bucket, s3, tmp_path):
    s3.put_object(Bucket=bucket, Key="a", Body=bytes(1 << 20))
    script = f"ulimit -f 100; trap '' XFSZ; exec {BUSHEL} get s3://{bucket}/a {tmp_path}/a"

    done = subprocess.run(
        ["sh", "-c", script], env=os.environ | shell.environment, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("*a*")) == []


def test_pipes_devices_and_modes(shell, bucket, tmp_path):
    """A named pipe goes up as what comes out of it; in folders such things are left out."""
    pipe = tmp_path / "folder" / "pipe"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"through"))
    writer.start()
    shell("put", pipe, f"s3://{bucket}/through")
    writer.join()

    assert shell("cat", f"s3://{bucket}/through").raw == b"through"
    shell("put", tmp_path / "folder", f"s3://{bucket}/folder/")
    assert shell("ls", f"s3://{bucket}/folder/").out == ""


def test_bandwidth_is_kept(shell, bucket, tmp_path, monkeypatch):
    """Three megabytes at one a second cannot take less than two seconds (a quarter of a second may be saved up)."""
    (tmp_path / "a").write_bytes(bytes(3_000_000))

    summary = shell("put", tmp_path / "a", f"s3://{bucket}/a", "--bandwidth", "1MB", "--json").json[-1]

    assert summary["seconds"] > 2
    assert shell("get", f"s3://{bucket}/a", tmp_path / "b", "--bandwidth", "1MB", "--json").json[-1]["seconds"] > 2
    shell("ls", "--bandwidth", "0", status=2)


def test_types_are_guessed_from_names(shell, bucket, files, s3):
    names = {
        "a.html": "text/html",
        "b.tar.gz": "application/gzip",
        "c": "application/octet-stream",
        "d.webp": "image/webp",
    }
    shell("put", files(dict.fromkeys(names, b"x")), f"s3://{bucket}")

    assert {name: s3.head_object(Bucket=bucket, Key=name)["ContentType"] for name in names} == names
