"""Where settings come from, and which wins."""

import pytest

import bushel
from bushel.client import Retries
from bushel.client.configuration import resolve
from bushel.client.endpoint import Endpoint
from bushel.client.errors import ConfigurationError, NoCredentials, ResponseError
from bushel.client.http.connection import Origin
from bushel.client.http.proxies import proxy_for
from live.scripted import refusal

CONFIG = """
# a comment
[default]
region = eu-central-1
s3 =
    addressing_style = virtual
    max_concurrent_requests = 20
[profile work]
region=eu-west-3
endpoint_url = https://general.example
services = ours
ca_bundle = /etc/ours.pem
[profile  "sso one"]
sso_session = corp
[services ours]
s3 =
  endpoint_url = https://s3.example:9000
dynamodb =
  endpoint_url = https://other.example
"""
CREDENTIALS = """
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = secret/default=
[work]
aws_access_key_id=AKWORK
aws_secret_access_key=secret-work
aws_session_token=token-work
[half]
aws_access_key_id = AKHALF
"""


@pytest.fixture
def environ(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS)
    return {"HOME": str(tmp_path)}


def test_the_default_profile_serves_where_nothing_else_is_said(environ):
    found = resolve(environ)

    assert found.credentials == ("AKDEFAULT", "secret/default=", None)
    assert (found.endpoint, found.region, found.addressing_style) == (None, "eu-central-1", "virtual")


@pytest.mark.parametrize("how", ["argument", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_profile_has_its_own_endpoint_region_and_token(environ, how):
    found = resolve(environ, profile="work") if how == "argument" else resolve(environ | {how: "work"})

    assert found.credentials == ("AKWORK", "secret-work", "token-work")
    assert found.endpoint == "https://s3.example:9000"
    assert (found.region, found.ca_bundle) == ("eu-west-3", "/etc/ours.pem")


def test_the_environment_goes_before_the_profile_and_arguments_before_it(environ):
    environ |= {
        "AWS_ACCESS_KEY_ID": "AKENV",
        "AWS_SECRET_ACCESS_KEY": "secret-env",
        "AWS_SESSION_TOKEN": "token-env",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": "http://all.example",
        "AWS_CA_BUNDLE": "/env.pem",
    }
    found = resolve(environ | {"AWS_PROFILE": "work"})
    assert found.credentials == ("AKENV", "secret-env", "token-env")
    assert (found.endpoint, found.region, found.ca_bundle) == ("http://all.example", "eu-north-1", "/env.pem")
    assert resolve(environ | {"AWS_ENDPOINT_URL_S3": "http://s3.example"}).endpoint == "http://s3.example"
    assert resolve(environ | {"AWS_REGION": "eu-south-2"}).region == "eu-south-2"
    assert resolve(environ, profile="work").credentials.access_key == "AKWORK"
    given = resolve(environ, access_key="A", secret_key="S", endpoint="http://arg", region="r")
    assert given[:3] == ("http://arg", "r", ("A", "S", None))


def test_configured_endpoints_can_be_ignored(environ):
    ignoring = environ | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://x"}
    assert resolve(ignoring, profile="work").endpoint is None


def test_files_can_be_elsewhere_or_nowhere(environ, tmp_path):
    (tmp_path / "else").write_text("[default]\naws_access_key_id=AKELSE\naws_secret_access_key=s\n")
    elsewhere = environ | {"AWS_SHARED_CREDENTIALS_FILE": "~/else", "AWS_CONFIG_FILE": str(tmp_path / "none")}
    found = resolve(elsewhere)

    assert found.credentials.access_key == "AKELSE"
    assert found.region == "us-east-1"


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        ({"profile": "missing"}, {}, "no profile 'missing'"),
        ({"profile": "half"}, {}, "secret key is missing"),
        ({"access_key": "A"}, {}, "secret key is missing"),
        ({"secret_key": "A"}, {}, "access key is missing"),
        ({}, {"AWS_SECRET_ACCESS_KEY": "x"}, "the environment have half"),
        ({"anonymous": True, "access_key": "A", "secret_key": "S"}, {}, "not both"),
    ],
)
def test_contradictions_are_told(environ, options, environment, message):
    with pytest.raises(ConfigurationError, match=message):
        resolve(environ | environment, **options)


def test_malformed_files_are_told_without_their_secrets(environ, tmp_path):
    (tmp_path / ".aws/credentials").write_text("[default]\naws_access_key_id = A\nthe secret without a name\n")
    with pytest.raises(ConfigurationError, match="line 3") as caught:
        resolve(environ)
    assert "the secret" not in str(caught.value)
    (tmp_path / ".aws/credentials").write_text("[default\n")
    with pytest.raises(ConfigurationError, match="line 1"):
        resolve(environ)
    (tmp_path / ".aws/credentials").unlink()
    (tmp_path / ".aws/credentials").mkdir()
    with pytest.raises(ConfigurationError, match="directory"):
        resolve(environ)


def test_without_keys_the_first_request_says_what_to_do(environ):
    with (
        bushel.Client("http://127.0.0.1:1", environ={"HOME": "/nowhere"}) as client,
        pytest.raises(NoCredentials, match="AWS_ACCESS_KEY_ID"),
    ):
        client.list_buckets()
    with (
        bushel.Client(profile="sso one", environ=environ) as client,
        pytest.raises(NoCredentials, match=r"sso_session.*export-credentials --profile sso one"),
    ):
        client.list_buckets()


@pytest.mark.parametrize(
    ("url", "style", "bucket", "host", "path"),
    [
        (None, "auto", "bkt", "bkt.s3.eu-west-1.amazonaws.com", "/a%20b"),
        (None, "path", "bkt", "s3.eu-west-1.amazonaws.com", "/bkt/a%20b"),
        (None, "auto", "dot.ted", "s3.eu-west-1.amazonaws.com", "/dot.ted/a%20b"),
        (None, "auto", "Upper", "s3.eu-west-1.amazonaws.com", "/Upper/a%20b"),
        ("http://127.0.0.1:9000", "auto", "bkt", "127.0.0.1", "/bkt/a%20b"),
        ("http://127.0.0.1:9000", "virtual", "bkt", "127.0.0.1", "/bkt/a%20b"),
        ("http://[::1]:9000", "virtual", "bkt", "::1", "/bkt/a%20b"),
        ("http://s3.example", "auto", "bkt", "s3.example", "/bkt/a%20b"),
        ("http://s3.example", "virtual", "bkt", "bkt.s3.example", "/a%20b"),
        ("http://s3.example/below/", "path", "bkt", "s3.example", "/below/bkt/a%20b"),
    ],
)
def test_a_bucket_is_in_the_host_or_in_the_path(url, style, bucket, host, path):
    place = Endpoint(url, "eu-west-1", style).place(bucket)

    assert (place.origin.host, place.path("a b")) == (host, path)


def test_aws_has_a_host_for_each_region():
    endpoint = Endpoint(None, "cn-north-1", "auto")
    assert endpoint.place(None).origin == Origin("https", "s3.cn-north-1.amazonaws.com.cn", 443)
    endpoint = Endpoint(None, "eu-west-1", "auto")
    endpoint.learn_region("bkt", "us-west-2")
    assert endpoint.place("bkt").origin.host == "bkt.s3.us-west-2.amazonaws.com"
    assert endpoint.region_of("bkt") == "us-west-2"
    assert endpoint.place("other").origin.host == "other.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    "url", ["s3.example", "ftp://x", "http://", "http://u:p@x", "http://x?y", "http://x:port", "http://x:99999"]
)
def test_an_endpoint_is_a_url(url):
    with pytest.raises(ConfigurationError):
        Endpoint(url, "us-east-1", "auto")


def test_a_region_cannot_name_a_host():
    with pytest.raises(ConfigurationError):
        Endpoint(None, "evil.example/", "auto")


def test_proxies_are_the_environments():
    environ = {
        "https_proxy": "http://user:p%40ss@proxy.example:3128",
        "HTTP_PROXY": "http://ignored.example",
        "NO_PROXY": "localhost, .internal.example,10.0.0.1:9000",
    }
    proxy = proxy_for("https", "s3.example", environ)
    assert (proxy.host, proxy.port, proxy.authorization) == ("proxy.example", 3128, "Basic dXNlcjpwQHNz")
    assert "p@ss" not in repr(proxy)
    assert "dXNl" not in repr(proxy)
    assert proxy_for("http", "s3.example", environ) is None
    assert proxy_for("https", "a.internal.example", environ) is None
    assert proxy_for("https", "10.0.0.1", environ) is None
    assert proxy_for("http", "x", {"all_proxy": "proxy:1"}) == ("proxy", 1, None)
    assert proxy_for("http", "x", {"all_proxy": "proxy:1", "no_proxy": "*"}) is None
    with pytest.raises(ConfigurationError):
        proxy_for("http", "x", {"http_proxy": "socks5://proxy:1"})


# --- attempts ---------------------------------------------------------------------------------------------------------


def test_attempts_are_as_many_as_the_environment_or_the_profile_says(environ, tmp_path):
    (tmp_path / ".aws/config").write_text("[profile work]\nmax_attempts = 7\n")

    assert resolve(environ).attempts is None
    assert resolve(environ, profile="work").attempts == 7
    assert resolve(environ | {"AWS_MAX_ATTEMPTS": "2"}, profile="work").attempts == 2


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "1001", "²", "9" * 30])
def test_attempts_that_are_no_number_are_told(environ, text):
    with pytest.raises(ConfigurationError, match="max_attempts is a number from 1 to 1000"):
        resolve(environ | {"AWS_MAX_ATTEMPTS": text})


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_client_tries_as_often_as_that(make_scripted_client, attempts):
    server, client = make_scripted_client(
        *[refusal(503, "SlowDown")] * 9, environ={"AWS_MAX_ATTEMPTS": str(attempts)}, retries=None
    )
    client.session._sleep = _no_sleep
    with pytest.raises(ResponseError) as caught:
        client.bucket("b").get("k")

    assert len(server.asked) == caught.value.attempts == attempts


async def _no_sleep(seconds: float) -> None:
    """Time that nobody waits for."""


def test_an_argument_goes_before_the_environment(make_scripted_client):
    _, client = make_scripted_client(environ={"AWS_MAX_ATTEMPTS": "9"}, retries=Retries(2))

    assert client.session.retries.attempts == 2
