"""Host and target to bucket and key, percent-encoding, bucket names."""

import urllib.parse

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bushel.protocol.address import (
    Address,
    Addressing,
    canonical_query,
    check_bucket_name,
    decode_path,
    encode_path,
    encode_query,
    normalized_path,
    parse_query,
    sorted_query,
    uri_encode,
)
from bushel.protocol.errors import S3Error

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def refusal(function, *arguments) -> S3Error:
    with pytest.raises(S3Error) as caught:
        function(*arguments)
    return caught.value


class TestEncoding:
    @given(TEXT)
    @example("a b+c/d~é\x00%2F")
    def test_uri_encode_leaves_only_unreserved_characters_and_upper_case_escapes(self, text):
        assert uri_encode(text) == urllib.parse.quote(text, safe="-._~")
        assert encode_path(text) == urllib.parse.quote(text, safe="-._~/")

    @given(TEXT)
    @example("a//b/../x/./")
    @example("+%2F\x00\x1f")
    def test_a_path_comes_back_as_it_was(self, text):
        assert decode_path(encode_path(text)) == text

    @pytest.mark.parametrize("raw", ["%", "%4", "%zz", "a%4", "%%41", "%+1", "%80", "%ED%A0%80", "%C0%AF", "é"])
    def test_malformed_escapes_and_octets_that_are_not_utf8_are_refused(self, raw):
        error = refusal(decode_path, raw)

        assert (error.code, error.status, error.detail) == ("InvalidURI", 400, {"URI": raw})

    def test_unescaped_utf8_octets_are_read_as_utf8(self):
        assert decode_path("é".encode().decode("latin-1")) == "é"

    def test_lower_case_escapes_are_read(self):
        assert decode_path("%c3%a9") == "é"

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("/a(b)", "/a%28b%29"),
            ("/%7e%41", "/~A"),
            ("/a%2fb", "/a%2Fb"),
            ("/%ff", "/%FF"),
            ("/%zz", "/%zz"),
            ("/a//b/", "/a//b/"),
        ],
    )
    def test_a_normalized_path_has_s3s_own_encoding(self, raw, expected):
        assert normalized_path(raw) == expected


class TestQuery:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("", {}),
            ("acl", {"acl": ""}),
            ("acl=", {"acl": ""}),
            ("a=1&a=2", {"a": "1"}),
            ("prefix=a+b%2Bc", {"prefix": "a b+c"}),
            ("&&a=1&", {"a": "1"}),
            ("a=b=c", {"a": "b=c"}),
            ("%61=%C3%A9", {"a": "é"}),
            ("=x", {"": "x"}),
            ("a;b", {"a;b": ""}),
        ],
    )
    def test_names_and_values_are_read_as_s3_reads_them(self, raw, expected):
        assert parse_query(raw) == expected

    @pytest.mark.parametrize("raw", ["a=%zz", "%=1", "a=%FF", "a=%4"])
    def test_what_cannot_be_decoded_is_refused(self, raw):
        assert refusal(parse_query, raw).code == "InvalidURI"

    @given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), TEXT, max_size=5))
    def test_encoded_parameters_come_back(self, parameters):
        assert parse_query(encode_query(parameters.items())) == parameters

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("acl", "acl="),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            # by encoded octets: "%" sorts before letters, and a name before the longer ones that begin with it
            ("a%2F=1&aa=1&a-=1&a=1", "a=1&a%2F=1&a-=1&aa=1"),
            ("&a=1&&", "a=1"),
            ("a=1&X-Amz-Signature=ff&X-Amz-Date=d", "X-Amz-Date=d&a=1"),
            ("versionId=null&acl", "acl=&versionId=null"),
        ],
    )
    def test_a_query_in_s3s_encoding_is_sorted(self, raw, expected):
        assert sorted_query(raw, "X-Amz-Signature=") == expected
        assert canonical_query(raw, "X-Amz-Signature=") == expected

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%2f", "a=~%2F"),
            ("a=b+c", "a=b%20c"),
            ("a=%FF", "a=%FF"),
            ("a=x(y)", "a=x%28y%29"),
            ("%61=1&A=1", "A=1&a=1"),
            ("a\x01b=c", "a%01b=c"),
        ],
    )
    def test_the_canonical_query_has_s3s_encoding_whatever_was_sent(self, raw, expected):
        assert canonical_query(raw) == expected

    def test_a_control_character_does_not_pass_for_an_equals_sign(self):
        assert sorted_query("a\x01b=c") == "a%01b=c"

    @pytest.mark.parametrize("raw", ["a=%zz", "%=1", "a=%4"])
    def test_malformed_escapes_have_no_canonical_form(self, raw):
        assert refusal(canonical_query, raw).code == "InvalidURI"

    @given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), TEXT), max_size=6))
    def test_the_canonical_form_of_any_encoding_is_the_sorted_encoding(self, parameters):
        expected = "&".join(f"{n}={v}" for n, v in sorted((uri_encode(n), uri_encode(v)) for n, v in parameters))

        assert sorted_query(encode_query(parameters)) == expected
        assert canonical_query(encode_query(parameters)) == expected
        assert canonical_query(urllib.parse.urlencode(parameters)) == expected


class TestResolve:
    addressing = Addressing(("s3.example.com", "example.com"), ("console.example.com",))

    @pytest.mark.parametrize(
        ("host", "path", "bucket", "key", "service"),
        [
            ("s3.example.com", "/", None, None, True),
            ("s3.example.com", "/b", "b", None, True),
            ("s3.example.com", "/b/", "b", None, True),
            ("s3.example.com", "/b/k/l", "b", "k/l", True),
            ("s3.example.com:9000", "/b//k", "b", "/k", True),
            ("b.s3.example.com", "/", "b", None, False),
            ("b.s3.example.com:443", "/k", "b", "k", False),
            ("B.S3.Example.COM", "/k", "b", "k", False),
            ("a.b.s3.example.com", "/b/k", "a.b", "b/k", False),
            ("b.example.com", "/k", "b", "k", False),
            ("b.s3.example.com.", "/k", "b", "k", False),
            ("console.example.com", "/b/k", "b", "k", True),
            ("localhost:9000", "/b/k", "b", "k", True),
            ("s3.localhost", "/b/k", "b", "k", True),
            ("b.localhost:9000", "/k", "b", "k", False),
            ("a.b.s3.localhost", "/k", "a.b", "k", False),
            ("127.0.0.1:9000", "/b/k", "b", "k", True),
            ("[::1]:9000", "/b/k", "b", "k", True),
            ("[::1]", "/b/k", "b", "k", True),
            ("unheard-of.example.org", "/b/k", "b", "k", True),
            (".s3.example.com", "/b/k", "b", "k", True),
            ("", "/b/k", "b", "k", True),
            ("notexample.com", "/b/k", "b", "k", True),
            ("b.s3.example.com", "/_/health", "b", "_/health", False),
            ("s3.example.com", "/_/health/live", "_", "health/live", True),
        ],
    )
    def test_host_and_path_give_bucket_and_key(self, host, path, bucket, key, service):
        for _ in range(2):  # the second answer comes from memory
            assert self.addressing.resolve(host, path) == Address(bucket, key, service)

    @pytest.mark.parametrize(
        "key",
        [
            "a//b",
            "../x",
            ".",
            "..",
            "x/../../y",
            "dir/",
            "/",
            "//",
            "a+b",
            "a%2Fb",
            "a%b",
            "\x00",
            "\n\x7f\x1f",
            "é☃𝄞",
            " ",
            "?#&",
        ],
    )
    def test_keys_are_kept_exactly(self, key):
        raw = encode_path(key)

        assert self.addressing.resolve("s3.example.com", f"/b/{raw}") == Address("b", key, on_service_host=True)
        assert self.addressing.resolve("b.s3.example.com", f"/{raw}") == Address("b", key, on_service_host=False)

    def test_an_escaped_slash_is_part_of_the_name_it_stands_in(self):
        assert self.addressing.resolve("localhost", "/b%2Fk") == Address("b/k", None, on_service_host=True)
        assert self.addressing.resolve("localhost", "/b/k%2Fl").key == "k/l"

    @pytest.mark.parametrize("path", ["*", "", "b/k", "http://x/b"])
    def test_a_target_that_is_no_path_is_refused(self, path):
        assert refusal(self.addressing.resolve, "localhost", path).code == "InvalidURI"

    @pytest.mark.parametrize("path", ["//", "//k"])
    def test_a_key_without_a_bucket_is_refused(self, path):
        assert refusal(self.addressing.resolve, "localhost", path).code == "InvalidBucketName"

    @pytest.mark.parametrize("path", ["/b/%80", "/%zz/k"])
    def test_names_that_are_no_text_are_refused(self, path):
        assert refusal(self.addressing.resolve, "localhost", path).code == "InvalidURI"

    def test_a_key_has_at_most_1024_bytes_however_it_is_written(self):
        assert self.addressing.resolve("localhost", "/b/" + "%61" * 1024).key == "a" * 1024
        assert self.addressing.resolve("localhost", "/b/" + uri_encode("é" * 512)).key == "é" * 512

        for raw, size in [("a" * 1025, "1025"), (uri_encode("é" * 513), "1026")]:
            error = refusal(self.addressing.resolve, "localhost", "/b/" + raw)
            assert error.code == "KeyTooLongError"
            assert error.detail == {"Size": size, "MaxSizeAllowed": "1024"}

    def test_what_is_remembered_of_hosts_is_bounded(self):
        addressing = Addressing()
        for number in range(10_000):
            addressing.resolve(f"b{number}.localhost", "/")

        assert len(addressing._bucket_of) <= 4096
        assert addressing.resolve("b1.localhost", "/").bucket == "b1"

    def test_names_that_would_hide_behind_the_services_own_hosts_are_reserved(self):
        reserved = self.addressing.reserved_names

        assert {"soap", "s3", "console", "console.example.com", "s3.example.com", "localhost"} <= reserved
        assert "b" not in reserved


class TestBucketNames:
    @pytest.mark.parametrize(
        "name", ["abc", "a" * 63, "1a2", "a.b.c", "a-b", "my--bucket", "1.2.3", "1.2.3.4.5", "256x.1.1.1", "123456"]
    )
    def test_good_names_pass(self, name):
        check_bucket_name(name)

    @pytest.mark.parametrize(
        "name",
        [
            "", "ab", "a" * 64, "Abc", "a_b", "a b", "a/b", "abé", "-abc", "abc-", ".abc", "abc.", "a..b", "a.-b",
            "a-.b", "192.168.5.4", "999.1.1.1", "xn--abc", "sthree-abc", "sthree-configurator", "amzn-s3-demo-bucket",
            "abc-s3alias",
            "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "abc-an", "abc\n", "a\x00bc",
        ],
    )  # fmt: skip
    def test_bad_names_are_refused(self, name):
        error = refusal(check_bucket_name, name)

        assert (error.code, error.status, error.detail) == ("InvalidBucketName", 400, {"BucketName": name})

    def test_reserved_names_are_refused(self):
        check_bucket_name("soap")

        assert refusal(check_bucket_name, "soap", Addressing().reserved_names).code == "InvalidBucketName"
