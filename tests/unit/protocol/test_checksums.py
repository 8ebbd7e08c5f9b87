"""The ten algorithms give what S3 gives, in pieces, whole, in Base64, and put together from parts."""

import hashlib
import time
import zlib
from base64 import b64decode

import pytest
from botocore import xform_name
from botocore.httpchecksum import (
    Crc32Checksum,
    CrtCrc32cChecksum,
    CrtCrc64NvmeChecksum,
    CrtXxhash3Checksum,
    CrtXxhash64Checksum,
    CrtXxhash128Checksum,
    Sha1Checksum,
    Sha256Checksum,
    Sha512Checksum,
)
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.checksums import (
    ALGORITHMS,
    BY_HEADER,
    COMPOSITE,
    CRC32,
    CRC32C,
    CRC64NVME,
    DEFAULT,
    FULL_OBJECT,
    SHA256,
    Algorithm,
    checksum_text,
)

ORACLES = {
    "CRC32": Crc32Checksum,
    "CRC32C": CrtCrc32cChecksum,
    "CRC64NVME": CrtCrc64NvmeChecksum,
    "SHA1": Sha1Checksum,
    "SHA256": Sha256Checksum,
    "SHA512": Sha512Checksum,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "XXHASH64": CrtXxhash64Checksum,
    "XXHASH3": CrtXxhash3Checksum,
    "XXHASH128": CrtXxhash128Checksum,
}
# The check value of every algorithm: its checksum of "123456789" (CRC catalogue; coreutils).
CHECK = {
    "CRC32": "y/Q5Jg==",
    "CRC32C": "4waSgw==",
    "CRC64NVME": "rosUhgp5mIg=",
    "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
    "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    "SHA512": "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==",
    "MD5": "JfnnlDI7RTiF9RgfG2JNCw==",
}
# The xxHash specification's own vectors: of nothing, and (XXH64) of "Nobody inspects the spammish repetition".
XXHASH = [
    ("XXHASH64", b"", "ef46db3751d8e999"),
    ("XXHASH64", b"Nobody inspects the spammish repetition", "fbcea83c8a378bf1"),
    ("XXHASH3", b"", "2d06800538d394c2"),
    ("XXHASH128", b"", "99aa06d3014798d86001c324468d497f"),
]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda each: each.name)
every_crc = pytest.mark.parametrize("crc", [CRC32, CRC32C, CRC64NVME], ids=lambda each: each.name)


@pytest.mark.parametrize("name", CHECK)
def test_the_check_value_of_each_algorithm_is_the_published_one(name: str):
    assert checksum_text(ALGORITHMS[name].digest(b"123456789")) == CHECK[name]


@pytest.mark.parametrize(("name", "data", "digest"), XXHASH)
def test_xxhash_is_written_with_the_highest_byte_first(name: str, data: bytes, digest: str):
    assert ALGORITHMS[name].digest(data).hex() == digest


def test_each_algorithm_has_a_published_value():
    assert {*CHECK, *(name for name, _, _ in XXHASH)} == set(ALGORITHMS) == set(ORACLES)


@every_algorithm
@given(pieces=st.lists(st.binary(max_size=300), max_size=8))
def test_splitting_the_bytes_anyhow_gives_the_checksum_of_the_whole_and_botocores(algorithm, pieces):
    hasher = algorithm.hasher()
    oracle = ORACLES[algorithm.name]()
    for piece in pieces:
        hasher.update(piece)
        oracle.update(piece)

    assert hasher.digest() == algorithm.digest(b"".join(pieces)) == oracle.digest()
    assert len(hasher.digest()) == algorithm.digest_bytes


@every_algorithm
def test_bytes_in_any_container_have_the_same_checksum(algorithm: Algorithm):
    data = bytes(range(256))

    assert algorithm.digest(data) == algorithm.digest(bytearray(data)) == algorithm.digest(memoryview(data))


@every_crc
@given(parts=st.lists(st.binary(max_size=200), max_size=12))
def test_the_crc_of_the_whole_follows_from_those_of_the_parts(crc: Algorithm, parts):
    assert crc.combine((crc.digest(part), len(part)) for part in parts) == crc.digest(b"".join(parts))


@every_crc
def test_combining_knows_lengths_beyond_32_bits(crc: Algorithm):
    # 5 GiB of zero bytes, doubled from 1 KiB: what a part of the greatest size needs.
    doubled, length = crc.digest(bytes(1024)), 1024
    while length < 5 << 30:
        doubled, length = crc.combine([(doubled, length), (doubled, length)]), length * 2

    in_eight = crc.combine([(crc.combine([(doubled, length)]), length)] * 8)

    assert in_eight == crc.combine([(crc.combine([(doubled, length)] * 4), length * 4)] * 2)


@every_crc
def test_ten_thousand_parts_combine_well_under_three_tenths_of_a_second(crc: Algorithm):
    digest = crc.digest(b"part")
    crc.combine([(digest, 4)])
    started = time.perf_counter()
    crc.combine([(digest, 5 << 20)] * 10_000)

    assert time.perf_counter() - started < 0.3


@pytest.mark.parametrize(
    "algorithm", [each for each in ALGORITHMS.values() if FULL_OBJECT not in each.types], ids=lambda each: each.name
)
def test_a_hash_of_the_whole_cannot_be_made_from_parts(algorithm: Algorithm):
    with pytest.raises(ValueError, match="does not follow"):
        algorithm.combine([(algorithm.digest(b""), 0)])


def test_a_composite_checksum_is_the_checksum_of_the_checksums():
    parts = [b"a" * 100, b"b" * 50]

    assert (
        SHA256.composite(SHA256.digest(part) for part in parts)
        == hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
    )
    assert CRC32.composite(CRC32.digest(part) for part in parts) == zlib.crc32(
        b"".join(zlib.crc32(part).to_bytes(4, "big") for part in parts)
    ).to_bytes(4, "big")


def test_a_composite_checksum_that_s3_itself_gave():
    """Three parts of 5, 5 and 1 MiB, uploaded to S3 by others, who published the values that came back."""
    parts = [
        "lcKa6Boe7a167tUCN5C4OaFygGSYD8MBnBARTrdL+1w=",
        "gHjhbUT4oo2tSCtSZJdlKi+jeNXJT+VImqdPXsXvkOc=",
        "4l9PQ3zOPZ0oGFvknFX+J4zZwE4WMzO+l3r8XrbWOeM=",
    ]

    digest = SHA256.composite(b64decode(part) for part in parts)

    assert checksum_text(digest, len(parts)) == "rVWtNbadtsaKXJAcgWPWjifHzJaXde/iV4jaJAOdivc=-3"


@every_algorithm
@given(data=st.binary(max_size=64))
def test_base64_goes_there_and_back(algorithm: Algorithm, data):
    digest = algorithm.digest(data)

    assert algorithm.parse(checksum_text(digest)) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short===",  # no length of Base64
        "shrt",  # 3 bytes
        "toolong=",  # 5 bytes
        "^^^^^^==",
        "y^/^Q5^J^g==",  # other characters between good ones
        "y/Q5Jh==",  # bits set that mean nothing
        "y/Q5Jg",  # no padding
        "y/Q5Jg== ",
        "y_Q5Jg==",  # the alphabet of URLs
        "y/Q5Jg==-1",
        "\u00e9/Q5Jg==",
        "yPÿQ5Jg==",
    ],
)
def test_what_is_not_exactly_the_base64_of_a_digest_is_no_checksum(text):
    assert CRC32.parse(text) is None


@given(text=st.text(max_size=16))
def test_any_text_is_a_digest_or_nothing(text):
    digest = CRC32.parse(text)

    assert digest is None or checksum_text(digest) == text


@every_algorithm
def test_names_are_s3s(algorithm: Algorithm):
    assert algorithm.header == f"x-amz-checksum-{algorithm.name.lower()}"
    assert algorithm.element == f"Checksum{algorithm.name}"
    assert algorithm.field == xform_name(algorithm.element)
    assert BY_HEADER[algorithm.header] is ALGORITHMS[algorithm.name] is algorithm
    assert algorithm.name in repr(algorithm)


def test_types_and_defaults_are_those_of_the_user_guide():
    """S3 User Guide, "Checking object integrity": table of full object and composite checksum types."""
    assert {each.name: each.types for each in ALGORITHMS.values()} == {
        "CRC32": (COMPOSITE, FULL_OBJECT),
        "CRC32C": (COMPOSITE, FULL_OBJECT),
        "CRC64NVME": (FULL_OBJECT,),
        "SHA1": (COMPOSITE,),
        "SHA256": (COMPOSITE,),
        "SHA512": (COMPOSITE,),
        "MD5": (COMPOSITE,),
        "XXHASH64": (COMPOSITE,),
        "XXHASH3": (COMPOSITE,),
        "XXHASH128": (COMPOSITE,),
    }
    assert DEFAULT is CRC64NVME
