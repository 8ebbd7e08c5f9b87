"""The table of settings: where a value comes from, and what is refused in which words."""

from ipaddress import ip_network

import pytest

from bushel.core.settings import SETTINGS, Address, CannotStart, Settings, SettingsError, load


@pytest.fixture
def toml(tmp_path):
    def write(text):
        file = tmp_path / "bushel.toml"
        file.write_text(text)
        return file

    return write


def refusal(flags=None, environment=None, file=None):
    with pytest.raises(SettingsError) as refused:
        load(flags or {}, environment or {}, file)
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_without_a_word_the_defaults_hold():
    settings = load({}, {})

    assert Settings() == settings
    assert Address("127.0.0.1", 9000) == settings.listen
    assert (settings.region, settings.domain, settings.public_url) == ("us-east-1", (), None)
    assert (settings.max_buckets_per_user, settings.inline_limit_bytes) == (100, 12288)


def test_flag_wins_over_environment_over_file_over_default(toml):
    file = toml('region = "file"\nlog_level = "error"\nlog_format = "json"\n')
    environment = {"BUSHEL_REGION": "environment", "BUSHEL_LOG_LEVEL": "debug"}

    settings = load({"region": "flag"}, environment, file)

    assert (settings.region, settings.log_level, settings.log_format) == ("flag", "debug", "json")


def test_a_list_replaces_the_list_of_the_place_below(toml):
    file = toml('domain = ["a.example", "b.example"]')

    assert load({}, {}, file).domain == ("a.example", "b.example")
    assert load({}, {"BUSHEL_DOMAIN": "c.example, D.example"}, file).domain == ("c.example", "d.example")
    assert load({"domain": ("e.example",)}, {"BUSHEL_DOMAIN": "c.example"}, file).domain == ("e.example",)
    assert load({"domain": ()}, {}, file).domain == ("a.example", "b.example")


def test_an_empty_variable_says_nothing():
    assert load({}, {"BUSHEL_REGION": "", "BUSHEL_DOMAIN": ""}) == Settings()


def test_variables_of_others_are_left_alone():
    kubernetes = {
        "BUSHEL_PORT": "tcp://10.0.0.1:9000",
        "BUSHEL_PORT_9000_TCP_ADDR": "10.0.0.1",
        "BUSHEL_SERVICE_HOST": "10.0.0.1",
    }

    assert load({}, {**kubernetes, "HOME": "/root", "BUSHELS": "7", "BUSHEL_CONFIG": "x.toml"}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("listen", "0.0.0.0:80", Address("0.0.0.0", 80)),
        ("listen", "[::1]:0", Address("::1", 0)),
        ("listen", "localhost:9000", Address("localhost", 9000)),
        ("workers", "auto", 0),
        ("workers", "3", 3),
        ("domain", "S3.Example.ORG.", ("s3.example.org",)),
        ("region", "any", "any"),
        ("public_url", "https://s3.example.org:8443/", "https://s3.example.org:8443"),
        ("trusted_proxy", "10.0.0.0/8,::1", (ip_network("10.0.0.0/8"), ip_network("::1/128"))),
        ("inline_limit_bytes", "0", 0),
        ("root_access_key", "minio-admin_1", "minio-admin_1"),
        ("access_log", "-", "-"),
    ],
)
def test_text_becomes_a_value(name, text, value):
    environment = {SETTINGS[name].variable: text}
    if name == "root_access_key":
        environment["BUSHEL_ROOT_SECRET_KEY"] = "12345678"

    assert value == getattr(load({}, environment), name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[("listen", text) for text in ("9000", ":9000", "::1:9000", "h:65536", "h:-1", "h:", "a b:1", "h:1_0", "h:²")],
        *[("workers", text) for text in ("0", "-1", "257", "two", "1.5", " 1")],
        *[
            ("domain", text)
            for text in ("-a.example", "a..b", "127.0.0.1", "a/b", "a:9000", "x" * 64, "a." * 127 + "a")
        ],
        *[("region", text) for text in ("US-EAST-1", "a b", "-", "a" * 33)],
        *[
            ("public_url", text)
            for text in ("s3.example.org", "ftp://a", "https://a/b", "https://a?b", "https://u:p@a")
        ],
        *[("trusted_proxy", text) for text in ("proxy", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8,")],
        *[("max_buckets_per_user", text) for text in ("0", "many", "1000001")],
        *[("log_level", text) for text in ("INFO", "trace")],
        *[("root_access_key", text) for text in ("ab", "a/b", "a:b", "a=b", "a,b", "a b", "ключ", "a" * 129)],
        *[("root_secret_key", text) for text in ("1234567", "1234 5678", "1234567\n", "a" * 129)],
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_line_with_what_would(name, text):
    setting = SETTINGS[name]

    line = refusal(environment={setting.variable: text})

    assert line.startswith(f"{setting.variable}: ")
    assert line.endswith(f"is not {setting.kind.expects}")


def test_a_bad_flag_is_named_as_it_was_written():
    line = refusal(flags={"max_buckets_per_user": "many"})

    assert line == "--max-buckets-per-user: 'many' is not a number from 1 to 1000000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("worker = 2", "worker: no such setting; did you mean workers?"),
        ("Max-Buckets-Per-User = 2", "Max-Buckets-Per-User: no such setting; did you mean max_buckets_per_user?"),
        ("zzz = 2", "zzz: no such setting; `bushel serve --help` and docs/settings.md list them"),
        ("[serve]\nworkers = 2", "serve: no such setting"),
        ("workers = true", "workers: not a number from 1 to 256, or auto"),
        ("workers = 300", "workers: 300 is not a number from 1 to 256, or auto"),
        ('max_buckets_per_user = "7"', "max_buckets_per_user: not a number"),
        ("region = 7", "region: not a region's name"),
        ('domain = "a.example"', "domain: a list is needed"),
        ('region = ["a"]', "region: one value is needed, not a list"),
        ("domain = [7]", "domain: not a host name"),
        ("region = a", "not TOML: "),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_name_and_the_place(toml, text, expected):
    file = toml(text)

    assert refusal(file=file).startswith(f"{file}: {expected}")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "bushel.toml"
    file.write_bytes(b"region = '\xff'")

    assert refusal(file=file).startswith(f"{file}: not TOML: ")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert refusal(file=tmp_path / "none.toml") == f"{tmp_path / 'none.toml'}: No such file or directory"


def test_a_file_takes_numbers_and_the_word_auto(toml):
    assert load({}, {}, toml("workers = 2")).workers == 2
    assert load({}, {}, toml('workers = "auto"')).workers == 0


def test_a_mistyped_variable_is_refused_with_the_right_one():
    assert refusal(environment={"BUSHEL_REGOIN": "x"}) == "BUSHEL_REGOIN: no such setting; did you mean BUSHEL_REGION?"
    assert "did you mean BUSHEL_REGION?" in refusal(environment={"BUSHEL_region": "x"})


def test_half_a_root_pair_is_refused_wherever_it_comes_from(toml):
    assert (
        refusal(environment={"BUSHEL_ROOT_ACCESS_KEY": "root", "BUSHEL_ROOT_SECRET_KEY": ""})
        == "root_access_key is set without root_secret_key: set BUSHEL_ROOT_SECRET_KEY too, or neither"
    )
    assert "BUSHEL_ROOT_ACCESS_KEY" in refusal(file=toml('root_secret_key = "12345678"'))
    both = load({}, {"BUSHEL_ROOT_ACCESS_KEY": "root"}, toml('root_secret_key = "12345678"'))
    assert (both.root_access_key, both.root_secret_key) == ("root", "12345678")


def test_certificate_and_key_go_together():
    line = refusal(flags={"tls_cert": "cert.pem"})

    assert line == "tls_cert is set without tls_key: give --tls-key too, or neither"


def test_a_secret_has_no_flag_and_is_in_no_message_and_no_repr():
    assert SETTINGS["root_secret_key"].flag is None
    assert "hidden" not in refusal(environment={"BUSHEL_ROOT_SECRET_KEY": "hidden words"})
    pair = {"BUSHEL_ROOT_ACCESS_KEY": "root", "BUSHEL_ROOT_SECRET_KEY": "hidden-away"}
    assert "hidden" not in repr(load({}, pair))


def test_a_setting_refused_is_a_reason_not_to_start():
    assert issubclass(SettingsError, CannotStart)
