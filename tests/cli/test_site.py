"""``bushel site``: publications made, listed, gone back to and let go of."""

import asyncio
import contextlib
import gzip
import json
import os
import signal

import pytest
from botocore.exceptions import ClientError

from bushel import AsyncClient
from bushel.cli.publishing import Publisher, Stopped, Wanted
from bushel.cli.report import Report
from bushel.cli.site_files import Manner
from bushel.client.errors import BushelError, TransportError
from bushel.client.retries import Retries
from bushel.testing import HandlerTransport
from bushel.testing.application import ACCESS_KEY, SECRET_KEY
from live.server import wait_until

STORE = ".bushel-site/"
SITE = {
    "index.html": b"<!doctype html><title>one</title><link rel=stylesheet href=css/app.3f9c2b7d.css>",
    "404.html": b"not here",
    "about/index.html": b"about",
    "css/app.3f9c2b7d.css": b"main { color: green }\n" * 100,
    "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


@pytest.fixture
def folder(files):
    return files(SITE, "site")


@pytest.fixture
def shown(s3, bucket):
    """What visitors find: contents by key."""

    def get():
        listing = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [each["Key"] for each in listing if not each["Key"].startswith(STORE)]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    return get


@pytest.fixture
def visit(server, bucket, wire):
    def get(path, **headers):
        return wire.send("GET", path, headers, host=f"{bucket}.s3-website.localhost:{server.port}")

    return get


def lines(said, kind):
    return [line for line in said.json if line["type"] == kind]


def changed(said):
    """What a command did: actions by key."""
    found = lines(said, "transfer")
    assert all(line["status"] in {"done", "skipped"} for line in found)
    return {line["target"].split("/", 3)[3]: line["action"] for line in found if line["status"] == "done"}


def test_a_folder_becomes_a_site(either_shell, s3, bucket, folder, shown, visit, server):
    said = either_shell("site", "publish", folder, f"s3://{bucket}", "--public", "--json")
    assert shown() == SITE
    [line] = lines(said, "publication")
    assert line["url"] == f"http://{bucket}.s3-website.localhost:{server.port}/"
    assert (line["status"], line["live"], line["files"]) == ("published", True, 5)
    assert line["size"] == sum(map(len, SITE.values()))
    assert said.json[-1]["type"] == "summary"
    assert said.err == ""

    home = visit("/")
    assert (home.status, home.body) == (200, SITE["index.html"])
    assert (home.headers["content-type"], home.headers["cache-control"]) == ("text/html; charset=utf-8", "no-cache")
    style = visit("/css/app.3f9c2b7d.css")
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert visit("/logo.svg").headers["cache-control"] == "public, max-age=300"
    assert visit("/about").headers["location"] == "/about/"
    assert visit("/missing").body == b"not here"
    site = s3.get_bucket_website(Bucket=bucket)
    assert (site["IndexDocument"]["Suffix"], site["ErrorDocument"]["Key"]) == ("index.html", "404.html")


def test_nobody_reads_what_was_published_before(shell, bucket, folder, visit, anonymous, s3):
    shell("site", "publish", folder, f"s3://{bucket}", "--public")
    kept = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=STORE)["Contents"]]
    assert len(kept) == len(SITE) + 2
    for key in kept:
        assert visit(f"/{key}").status == 404
        with pytest.raises(ClientError, match="Access Denied"):
            anonymous.get_object(Bucket=bucket, Key=key)


def test_only_what_changed_is_uploaded(shell, bucket, folder, shown, s3):
    shell("site", "publish", folder, f"s3://{bucket}")
    again = shell("site", "publish", folder, f"s3://{bucket}", "--json")
    assert (changed(again), lines(again, "publication")[0]["status"]) == ({}, "unchanged")
    assert len(shell("site", "list", f"s3://{bucket}").lines) == 1

    (folder / "index.html").write_bytes(b"two")
    (folder / "copy.svg").write_bytes(SITE["logo.svg"])
    said = shell("site", "publish", folder, f"s3://{bucket}", "--json")
    assert changed(said) == {"index.html": "put", "copy.svg": "copy"}
    assert shown() == SITE | {"index.html": b"two", "copy.svg": SITE["logo.svg"]}


def test_what_is_served_otherwise_is_put_again_without_an_upload(shell, bucket, folder, s3):
    shell("site", "publish", folder, f"s3://{bucket}")
    said = shell("site", "publish", folder, f"s3://{bucket}", "--max-age", 7, "--json")
    assert changed(said) == {"logo.svg": "copy"}
    assert s3.head_object(Bucket=bucket, Key="logo.svg")["CacheControl"] == "public, max-age=7"


def test_files_go_only_where_that_is_wanted_and_only_those_that_were_published(shell, bucket, folder, shown, put):
    put("others.txt", b"theirs")
    shell("site", "publish", folder, f"s3://{bucket}")
    (folder / "logo.svg").unlink()
    assert changed(shell("site", "publish", folder, f"s3://{bucket}", "--json")) == {}
    assert "logo.svg" in shown()
    assert changed(shell("site", "publish", folder, f"s3://{bucket}", "--delete", "--json")) == {"logo.svg": "delete"}
    assert shown() == {key: each for key, each in SITE.items() if key != "logo.svg"} | {"others.txt": b"theirs"}


def test_earlier_publications_are_shown_again(either_shell, bucket, folder, shown):
    shell = either_shell
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "spring")
    (folder / "index.html").write_bytes(b"two")
    (folder / "logo.svg").unlink()
    (folder / "new.txt").write_bytes(b"new")
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "autumn", "--delete")
    autumn = shown()
    assert autumn == {k: v for k, v in SITE.items() if k != "logo.svg"} | {"index.html": b"two", "new.txt": b"new"}

    said = shell("site", "rollback", f"s3://{bucket}", "--json")
    assert changed(said) == {"index.html": "copy", "logo.svg": "copy", "new.txt": "delete"}
    assert (lines(said, "publication")[0]["name"], lines(said, "publication")[0]["status"]) == ("spring", "restored")
    assert shown() == SITE
    listed = shell("site", "list", f"s3://{bucket}", "--json").json
    assert [(line["name"], line["live"], line["files"]) for line in listed] == [
        ("spring", True, 5),
        ("autumn", False, 5),
    ]
    assert [line[0] for line in shell("site", "list", f"s3://{bucket}").lines] == ["*", " "]

    shell("site", "rollback", f"s3://{bucket}", "autumn")
    assert shown() == autumn
    shell("site", "rollback", f"s3://{bucket}", "spring", "--dry-run")
    assert shown() == autumn


def test_there_has_to_be_something_to_go_back_to(shell, bucket, folder):
    assert "no earlier publication" in shell("site", "rollback", f"s3://{bucket}", status=1).err
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "one")
    assert "no earlier publication" in shell("site", "rollback", f"s3://{bucket}", status=1).err
    assert "no publication called two" in shell("site", "rollback", f"s3://{bucket}", "two", status=1).err


def test_a_name_stands_for_one_publication(shell, bucket, folder):
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "one")
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "one")
    (folder / "index.html").write_bytes(b"two")
    assert (
        "another publication called one"
        in shell("site", "publish", folder, f"s3://{bucket}", "--name", "one", status=1).err
    )
    for name in ("a/b", "..", "", "x" * 65, "a b"):
        shell("site", "publish", folder, f"s3://{bucket}", "--name", name, status=2)


def test_compressed_forms_lie_beside_their_pages_and_follow_them(shell, bucket, folder, shown, visit):
    path = "css/app.3f9c2b7d.css"
    shell("site", "publish", folder, f"s3://{bucket}", "--public", "--compress", "--name", "one")
    assert shown().keys() - SITE.keys() == {f"{path}.gz", f"{path}.br"}
    zipped = visit(f"/{path}", **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.body) == SITE[path]
    assert (zipped.headers["content-type"], zipped.headers["vary"]) == ("text/css; charset=utf-8", "Accept-Encoding")
    assert zipped.headers["cache-control"] == "public, max-age=31536000, immutable"

    # Changed at once: no visitor gets the form of what was there before.
    (folder / path).write_bytes(b"main { color: red }\n" * 100)
    shell("site", "publish", folder, f"s3://{bucket}", "--name", "two")
    assert shown().keys() == SITE.keys()
    for coding in ("gzip", "br"):
        assert visit(f"/{path}", **{"Accept-Encoding": coding}).body == b"main { color: red }\n" * 100
    again = shell("site", "publish", folder, f"s3://{bucket}", "--compress", "--json")
    assert changed(again) == {f"{path}.gz": "put", f"{path}.br": "put"}
    assert changed(shell("site", "publish", folder, f"s3://{bucket}", "--compress", "--json")) == {}
    shell("site", "rollback", f"s3://{bucket}", "one")
    assert gzip.decompress(visit(f"/{path}", **{"Accept-Encoding": "gzip"}).body) == SITE[path]


def test_only_what_nobody_else_has_is_let_go_of(shell, bucket, folder, s3, shown):
    for name in ("one", "two", "three"):
        (folder / "index.html").write_bytes(name.encode())
        shell("site", "publish", folder, f"s3://{bucket}", "--name", name)
    assert "is what visitors see" in shell("site", "forget", f"s3://{bucket}", "three", status=1).err
    assert "no publication called four" in shell("site", "forget", f"s3://{bucket}", "four", status=1).err

    def stored():
        return len(s3.list_objects_v2(Bucket=bucket, Prefix=f"{STORE}objects/")["Contents"])

    assert stored() == len(SITE) + 2
    shell("site", "forget", f"s3://{bucket}", "one", "--dry-run")
    assert stored() == len(SITE) + 2
    assert [line["status"] for line in shell("site", "forget", f"s3://{bucket}", "one", "--json").json] == ["forgotten"]
    assert stored() == len(SITE) + 1
    shell("site", "rollback", f"s3://{bucket}", "two")
    assert shown()["index.html"] == b"two"
    shell("site", "forget", f"s3://{bucket}", "--keep", 1)  # the newest, and the one that is shown
    assert [line["name"] for line in shell("site", "list", f"s3://{bucket}", "--json").json] == ["two", "three"]
    shell("site", "forget", f"s3://{bucket}", "--keep", 1, "one", status=2)


def test_what_hides_stays_here(shell, bucket, files, shown):
    folder = files(
        {"index.html": b"", ".env": b"secret", ".git/config": b"", ".well-known/security.txt": b"x", "a/.b/c": b""}
    )
    shell("site", "publish", folder, f"s3://{bucket}", "--exclude", "*.tmp")
    assert shown().keys() == {"index.html", ".well-known/security.txt"}
    shell("site", "publish", folder, f"s3://{bucket}", "--hidden", "--exclude", ".git/**")
    assert shown().keys() == {"index.html", ".well-known/security.txt", ".env", "a/.b/c"}
    (folder / STORE).mkdir()
    (folder / STORE / "live.json").write_bytes(b"{}")
    assert "where publications are kept" in shell("site", "publish", folder, f"s3://{bucket}", "--hidden", status=1).err


@pytest.mark.parametrize("name", [b"\xff.html", b"a\nb<script>.html"])
def test_names_that_nobody_expects(shell, bucket, folder, name, shown):
    (folder / os.fsdecode(name)).write_bytes(b"x")
    if name.startswith(b"\xff"):
        assert "no UTF-8" in shell("site", "publish", folder, f"s3://{bucket}", status=1).err
        assert shown() == {}
    else:
        said = shell("site", "publish", folder, f"s3://{bucket}")
        assert "a\\nb<script>.html" in said.out
        assert shown()[name.decode()] == b"x"


def test_nothing_is_published_where_it_makes_no_sense(shell, bucket, files, folder, s3, shown):
    assert "there is no index.html" in shell("site", "publish", files({"a": b""}), f"s3://{bucket}", status=1).err
    assert "there is no x.html" in shell("site", "publish", folder, f"s3://{bucket}", "--error", "x.html", status=1).err
    shell("site", "publish", folder / "no", f"s3://{bucket}", status=2)
    shell("site", "publish", folder, f"s3://{bucket}/below/", status=2)
    assert "NoSuchBucket" in shell("site", "publish", folder, "s3://no-such-bucket-here", status=1).err
    redirect = {"RedirectAllRequestsTo": {"HostName": "example.org"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=redirect)
    assert "are sent to example.org" in shell("site", "publish", folder, f"s3://{bucket}", status=1).err
    assert shown() == {}
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_dry_run_changes_nothing(shell, bucket, folder, s3):
    said = shell("site", "publish", folder, f"s3://{bucket}", "--dry-run", "--public", "--json")
    assert {line["target"].split("/", 3)[3] for line in lines(said, "transfer")} == SITE.keys()
    assert lines(said, "publication")[0]["status"] == "planned"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchWebsiteConfiguration"):
        s3.get_bucket_website(Bucket=bucket)


def test_what_the_bucket_had_of_rules_and_statements_stays(shell, bucket, folder, s3):
    rules = [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}]
    site = {"IndexDocument": {"Suffix": "home.html"}, "RoutingRules": rules}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site)
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs}))
    for _ in range(2):
        shell("site", "publish", folder, f"s3://{bucket}", "--public")
    now = s3.get_bucket_website(Bucket=bucket)
    assert (now["IndexDocument"]["Suffix"], now["RoutingRules"]) == ("index.html", rules)
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [each["Sid"] for each in statements] == ["Theirs", "BushelSite"]


def test_who_publishes_for_nobody_is_told_so(shell, bucket, folder):
    assert "not everybody may read" in shell("site", "publish", folder, f"s3://{bucket}").err
    assert shell("site", "publish", folder, f"s3://{bucket}", "--public").err == ""


def test_damaged_records_are_told_and_nothing_is_changed(shell, bucket, folder, put, shown):
    shell("site", "publish", folder, f"s3://{bucket}")
    put(f"{STORE}live.json", b'{"publication": 3}')
    (folder / "index.html").write_bytes(b"two")
    assert "live.json is no record" in shell("site", "publish", folder, f"s3://{bucket}", status=1).err
    assert shown() == SITE


@pytest.mark.server_kinds("embedded-1")
def test_all_of_it_works_on_an_s3_that_nobody_here_wrote(
    make_shell, moto_endpoint, folder, bucket_names, clients, server
):
    shell = make_shell(moto_endpoint, "AK", "SK")
    name = bucket_names()
    s3 = clients(server, endpoint=moto_endpoint, keys=("AK", "SK"))
    shell("mb", name)
    shell("site", "publish", folder, f"s3://{name}", "--compress", "--public", "--name", "one")
    assert s3.get_bucket_website(Bucket=name)["IndexDocument"] == {"Suffix": "index.html"}
    (folder / "index.html").write_bytes(b"two")
    said = shell("site", "publish", folder, f"s3://{name}", "--compress", "--name", "two", "--json")
    assert changed(said) == {"index.html": "put"}
    assert changed(shell("site", "publish", folder, f"s3://{name}", "--compress", "--json")) == {}
    assert [line["name"] for line in shell("site", "list", f"s3://{name}", "--json").json] == ["one", "two"]
    assert changed(shell("site", "rollback", f"s3://{name}", "--json")) == {"index.html": "copy"}
    page = s3.get_object(Bucket=name, Key="index.html")
    assert (page["Body"].read(), page["CacheControl"]) == (SITE["index.html"], "no-cache")
    assert page["ContentType"] == "text/html; charset=utf-8"
    shell("site", "forget", f"s3://{name}", "two")
    shell("rb", name, "--force")


# --- killed in the middle ---------------------------------------------------------------------------------------------


class Breaking(HandlerTransport):
    """A server within the process that is gone after some requests, until ``left`` is set again."""

    def __init__(self):
        super().__init__()
        self.left = 10**9

    async def send(self, *arguments, **options):
        if self.left <= 0:
            raise TransportError("gone", safe=False)
        self.left -= 1
        return await super().send(*arguments, **options)


OLD = {"index.html": b"old index", "about.html": b"old about", "app.css": b"old style", "gone.js": b"gone"}
NEW = {"index.html": b"new index", "about.html": b"new about", "app.css": b"new style", "new.js": b"new"}


async def _publish(client, folder, name):
    publisher = Publisher(client, "site", Report("site publish", quiet=True))
    await publisher.look()
    files = {path.name: path for path in sorted(folder.iterdir())}
    made = await publisher.make(files, Wanted(name, name, "index.html", "", Manner(), delete=True))
    if name not in await publisher.publications.names():
        await publisher.publications.add(made)
    await publisher.show(made)


async def _contents(client):
    bucket = client.bucket("site")
    return {e.key: await bucket.get(e.key) async for e in bucket.objects() if not e.key.startswith(STORE)}


def test_wherever_it_is_killed_visitors_see_a_site_and_the_next_command_goes_on(files):
    """At every request in turn: what is shown is never broken, and both ways lead on from there."""
    old, new = files(OLD, "old"), files(NEW, "new")

    async def attempt(requests, way):
        transport = Breaking()
        client = AsyncClient(
            "http://s3.test",
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            transport=transport,
            retries=Retries(attempts=1),
        )
        async with client:
            await client.bucket("site").create()
            await _publish(client, old, "old")
            transport.left = requests
            broke = False
            try:
                await _publish(client, new, "new")
            except (BushelError, OSError, ExceptionGroup):
                broke = True
            transport.left = 10**9
            seen = await _contents(client)
            for key in OLD.keys() & NEW.keys():
                assert seen[key] in {OLD[key], NEW[key]}
            if seen["index.html"] == NEW["index.html"]:
                assert all(seen[key] == each for key, each in NEW.items())
            if seen["about.html"] == NEW["about.html"]:
                assert (seen["app.css"], seen["new.js"]) == (NEW["app.css"], NEW["new.js"])
            if "gone.js" not in seen:
                assert seen["index.html"] == NEW["index.html"]
            if way == "on":
                await _publish(client, new, "new")
                assert await _contents(client) == NEW
            else:
                publisher = Publisher(client, "site", Report("site rollback", quiet=True))
                await publisher.look()
                await publisher.show(await publisher.publications.get("old"))
                assert await _contents(client) == OLD
            live, _ = await Publisher(client, "site", Report("", quiet=True)).publications.live()
            assert (live.publication, live.interrupted) == ("new" if way == "on" else "old", False)
        return broke

    for way in ("on", "back"):
        requests = 0
        while asyncio.run(attempt(requests, way)):
            requests += 1
        assert requests > 12  # every request of a whole publication was the last one once


def test_whoever_comes_too_late_is_told_so(files):
    old, new = files(OLD, "old"), files(NEW, "new")

    async def work():
        client = AsyncClient(
            "http://s3.test", access_key=ACCESS_KEY, secret_key=SECRET_KEY, transport=HandlerTransport()
        )
        async with client:
            await client.bucket("site").create()
            await _publish(client, old, "old")
            late = Publisher(client, "site", Report("site publish", quiet=True))
            await late.look()
            files_of_late = {"index.html": old / "about.html"}
            made = await late.make(files_of_late, Wanted("late", "late", "index.html", "", Manner(), delete=True))
            await _publish(client, new, "new")
            with pytest.raises(Stopped, match="something else"):
                await late.show(made)
            assert await _contents(client) == NEW

    asyncio.run(work())


@pytest.mark.server_kinds("embedded-1")
def test_killed_as_a_process_it_goes_on_and_uploads_nothing_twice(shell, bucket, files, s3, shown):
    site = {f"page-{number:03}.html": b"page %d" % number for number in range(150)} | {"index.html": b"index"}
    folder = files(site)
    process = shell.start("site", "publish", folder, f"s3://{bucket}", "--bandwidth", "200K", "-q")

    def is_putting():
        with contextlib.suppress(ClientError):
            return s3.get_object(Bucket=bucket, Key=f"{STORE}live.json")["Body"].read()

    wait_until(is_putting, 60, "the record of the change")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    uploaded = {
        each["Key"]: each["LastModified"]
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"{STORE}objects/")["Contents"]
    }
    assert len(uploaded) == len(site)
    said = shell("site", "publish", folder, f"s3://{bucket}", "--json")
    assert set(changed(said).values()) <= {"copy"}
    assert shown() == site
    assert len(lines(shell("site", "list", f"s3://{bucket}", "--json"), "publication")) == 1
