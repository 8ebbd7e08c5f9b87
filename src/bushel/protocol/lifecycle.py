"""Lifecycle rules: which a bucket can have, and what they say of an object, a version or an upload. Pure.

A rule's days are counted from the time of the thing and then rounded up to the next midnight UTC; ``day_ms`` is how
long a day is, and a shorter one has its midnights closer together. What must not be here: who carries rules out.

Source: S3 User Guide, "Managing the lifecycle of objects", "Lifecycle configuration elements" and "Setting an S3
Lifecycle configuration on a bucket"; texts of errors as others recorded them from S3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bushel.protocol.address import MAX_KEY_BYTES, uri_encode
from bushel.protocol.codec.scalars import write_iso8601, write_rfc1123
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.lifecycle import LifecycleExpiration, LifecycleRule, LifecycleRuleFilter
from bushel.protocol.shapes.tagging import Tag
from bushel.protocol.tags import MAX_KEY_LENGTH, MAX_OBJECT_TAGS, MAX_VALUE_LENGTH

MAX_RULES: Final = 1000
MAX_ID_LENGTH: Final = 255
MAX_KEPT: Final = 100
"""Most noncurrent versions that a rule keeps for their number."""

MAX_FILTER_BYTES: Final = 1000 * 2**40
MAX_DAYS: Final = 2**31 - 1

DAY_MS: Final = 86_400_000

NOBODYS_TAGS: Final[Mapping[str, str]] = {}


# --- which rules a bucket can have --------------------------------------------------------------------------------


def check_rules(rules: Sequence[LifecycleRule]) -> None:
    """Refuse rules that a bucket cannot have.

    Raises:
        S3Error: InvalidRequest, InvalidArgument or MalformedXML, with S3's text.
    """
    if len(rules) > MAX_RULES:
        raise S3Error("InvalidRequest.LifecycleRules")
    seen = set()
    for rule in rules:
        if not rule.id:
            continue
        if len(rule.id) > MAX_ID_LENGTH:
            raise _argument("ID length should not exceed allowed limit of 255", "ID", rule.id)
        if rule.id in seen:
            raise _argument("Rule ID must be unique. Found same ID for more than one rule", "ID", rule.id)
        seen.add(rule.id)
    by_filter = bool(rules) and rules[0].filter is not None
    for rule in rules:
        _check_rule(rule, by_filter=by_filter)


def _check_rule(rule: LifecycleRule, *, by_filter: bool) -> None:
    if rule.filter is None and rule.prefix is None:
        raise S3Error("MalformedXML")
    # S3 has rules of an older form, with a prefix, and of a newer one ("V2"), with a filter; the first rule says which.
    if by_filter and rule.prefix is not None:
        text = "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter."
        raise S3Error("InvalidRequest", message=text)
    if not by_filter and rule.filter is not None:
        raise S3Error("InvalidRequest", message="Filter element can only be used in Lifecycle V2.")
    terms = _terms(rule)
    _check_terms(rule, terms)
    noncurrent, upload = rule.noncurrent_version_expiration, rule.abort_incomplete_multipart_upload
    if rule.expiration is None and noncurrent is None and upload is None:
        raise S3Error("InvalidRequest", message="At least one action needs to be specified in a rule")
    if rule.expiration is not None:
        _check_expiration(rule.expiration, terms)
    if noncurrent is not None:
        _check_days(noncurrent.noncurrent_days, "NoncurrentDays", "NoncurrentVersionExpiration")
        kept = noncurrent.newer_noncurrent_versions
        if kept is not None:
            if not by_filter:
                text = "NewerNoncurrentVersions element can only be used in Lifecycle V2."
                raise S3Error("InvalidRequest", message=text)
            if not 1 <= kept <= MAX_KEPT:
                text = "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100"
                raise _argument(text, "NewerNoncurrentVersions", str(kept))
    if upload is not None:
        _check_days(upload.days_after_initiation, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
        _check_prefix_alone(terms, "AbortIncompleteMultipartUpload")


def _check_terms(rule: LifecycleRule, terms: "_Terms") -> None:
    if rule.filter is not None:
        _check_form(rule.filter)
    if terms.prefix is not None and len(terms.prefix.encode()) > MAX_KEY_BYTES:
        raise _argument("The maximum size of a prefix is 1024.", "Prefix", terms.prefix)
    if len({tag.key for tag in terms.tags}) < len(terms.tags):
        raise S3Error("InvalidRequest", message="Duplicate Tag Keys are not allowed.")
    if len(terms.tags) > MAX_OBJECT_TAGS:
        raise S3Error("InvalidRequest", message="Object tags cannot be greater than 10")
    for tag in terms.tags:
        if not 1 <= len(tag.key) <= MAX_KEY_LENGTH:
            raise S3Error("InvalidRequest", message="A Tag's Key must be a length between 1 and 128.")
        if len(tag.value) > MAX_VALUE_LENGTH:
            raise S3Error("InvalidRequest", message="A Tag's Value must be a length between 0 and 256.")
    greater, less = terms.greater, terms.less
    for name, value, least in (("ObjectSizeGreaterThan", greater, 0), ("ObjectSizeLessThan", less, 1)):
        if value is not None and not least <= value <= MAX_FILTER_BYTES:
            text = f"'{name}' should be between {least} and {MAX_FILTER_BYTES}."
            raise S3Error("InvalidRequest", message=text)
    if greater is not None and less is not None and less <= greater:
        text = "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."
        raise S3Error("InvalidRequest", message=text)


def _check_form(wanted: LifecycleRuleFilter) -> None:
    """A filter says one thing, or nothing; what says more is within ``And``, which says two things at least."""
    together = wanted.and_
    said = (wanted.prefix, wanted.tag, wanted.object_size_greater_than, wanted.object_size_less_than, together)
    if sum(each is not None for each in said) > 1:
        raise S3Error("MalformedXML")
    if together is not None:
        said_together = (
            together.prefix,
            together.object_size_greater_than,
            together.object_size_less_than,
            *together.tags,
        )
        if sum(each is not None for each in said_together) < 2:
            raise S3Error("MalformedXML")


def _check_expiration(expiration: LifecycleExpiration, terms: "_Terms") -> None:
    date, days, marker = expiration.date, expiration.days, expiration.expired_object_delete_marker
    if sum(each is not None for each in (date, days, marker)) != 1:
        raise S3Error("MalformedXML")
    if days is not None:
        _check_days(days, "Days", "Expiration")
    if date is not None and date % DAY_MS:
        raise _argument("'Date' must be at midnight GMT", "Date", write_iso8601(date))
    if marker is not None:
        _check_prefix_alone(terms, "ExpiredObjectDeleteMarker")


def _check_days(days: int | None, name: str, action: str) -> None:
    if days is None or days > MAX_DAYS:
        raise S3Error("MalformedXML")
    if days < 1:
        raise _argument(f"'{name}' for {action} action must be a positive integer", name, str(days))


def _check_prefix_alone(terms: "_Terms", action: str) -> None:
    if terms.tags:
        raise S3Error("InvalidRequest", message=f"{action} cannot be specified with Tags.")
    if terms.greater is not None or terms.less is not None:
        raise S3Error("InvalidRequest", message=f"{action} cannot be specified with Object Size.")


def _argument(message: str, name: str, value: str) -> S3Error:
    return S3Error("InvalidArgument", message=message, ArgumentName=name, ArgumentValue=value)


# --- what rules say -----------------------------------------------------------------------------------------------


class _Terms(NamedTuple):
    """What must be true of a thing for a rule to mean it, in whichever form the rule says it."""

    prefix: str | None
    tags: Sequence[Tag]
    greater: int | None
    less: int | None


def _terms(rule: LifecycleRule) -> _Terms:
    wanted = rule.filter
    if wanted is None:
        return _Terms(rule.prefix, (), None, None)
    together = wanted.and_
    if together is not None:
        greater, less = together.object_size_greater_than, together.object_size_less_than
        return _Terms(together.prefix, together.tags, greater, less)
    tags = () if wanted.tag is None else (wanted.tag,)
    return _Terms(wanted.prefix, tags, wanted.object_size_greater_than, wanted.object_size_less_than)


class _Rule(NamedTuple):
    """An enabled rule; ``None`` where it does not act so.

    Attributes:
        tags: Key and value pairs that an object must have.
        more_than: Bytes; at least one more, if there is a bound.
        date: Milliseconds, when current versions expire.
        markers: Whether delete markers go that nothing is left under.
    """

    id: str
    prefix: bytes
    tags: tuple[tuple[str, str], ...]
    more_than: int | None
    less_than: int | None
    days: int | None
    date: int | None
    markers: bool
    noncurrent_days: int | None
    kept: int
    upload_days: int | None

    @property
    def by_prefix_alone(self) -> bool:
        return not self.tags and self.more_than is None and self.less_than is None

    def means(self, size: int, tags: Mapping[str, str]) -> bool:
        """Whether an object below the rule's prefix is meant."""
        if self.more_than is not None and size <= self.more_than:
            return False
        if self.less_than is not None and size >= self.less_than:
            return False
        return all(tags.get(key) == value for key, value in self.tags)


class Expiry(NamedTuple):
    """When a thing goes, in milliseconds, and by which rule."""

    at: int
    rule_id: str

    def header(self) -> str:
        """Value of ``x-amz-expiration``."""
        return f'expiry-date="{write_rfc1123(self.at)}", rule-id="{uri_encode(self.rule_id)}"'


class Lifecycle:
    """A bucket's rules, compiled. Keys are as stored: UTF-8.

    Attributes:
        rules: As they were put.
        object_prefixes: Between them, all keys of which any rule means objects; none of them begins with another.
        upload_prefixes: The same for uploads.
        asks_for_tags: Whether any rule does.
    """

    def __init__(self, rules: Sequence[LifecycleRule]) -> None:
        self.rules: Final = rules
        enabled = [_compile(rule) for rule in rules if rule.status == "Enabled"]
        self.object_prefixes: Final = _covering(rule.prefix for rule in enabled if _acts_on_objects(rule))
        self.upload_prefixes: Final = _covering(rule.prefix for rule in enabled if rule.upload_days is not None)
        self.asks_for_tags: Final = any(rule.tags for rule in enabled)
        self._current = _by_prefix(enabled, lambda rule: rule.days is not None or rule.date is not None)
        self._markers = _by_prefix(
            enabled, lambda rule: rule.by_prefix_alone and (rule.markers or rule.days is not None)
        )
        self._noncurrent = _by_prefix(enabled, lambda rule: rule.noncurrent_days is not None)
        self._uploads = _by_prefix(enabled, lambda rule: rule.upload_days is not None)

    def expiry(self, key: bytes, size: int, tags: Mapping[str, str], modified: int, day_ms: int) -> Expiry | None:
        """When the current version of a key expires; ``None`` for never.

        Args:
            key: Whose.
            size: Bytes.
            tags: By key.
            modified: When it was written, in milliseconds.
            day_ms: Length of a day.
        """
        found: Expiry | None = None
        for rule in self._current.of(key):
            if not rule.means(size, tags):
                continue
            at = rule.date if rule.days is None else after_days(modified, rule.days, day_ms)
            assert at is not None
            if found is None or at < found.at:
                found = Expiry(at, rule.id)
        return found

    def marker_expiry(self, key: bytes, modified: int, day_ms: int) -> Expiry | None:
        """When a delete marker goes that nothing is left under: at once, or with what a rule expires by its age.

        Rules that ask for tags or sizes mean no markers, which have neither.
        """
        found: Expiry | None = None
        for rule in self._markers.of(key):
            at = modified if rule.markers else after_days(modified, rule.days or 0, day_ms)
            if found is None or at < found.at:
                found = Expiry(at, rule.id)
        return found

    def noncurrent_expiry(
        self, key: bytes, size: int | None, tags: Mapping[str, str], since: int, newer: int, day_ms: int
    ) -> tuple[Expiry, int] | None:
        """When a version that is not the current one goes, and how many newer ones must be there for that.

        Args:
            key: Whose.
            size: Bytes; ``None`` for a delete marker, which rules that ask for tags or sizes do not mean.
            tags: By key.
            since: When the version after it was written, in milliseconds.
            newer: How many versions there are between it and the current one.
            day_ms: Length of a day.
        """
        found: tuple[Expiry, int] | None = None
        for rule in self._noncurrent.of(key):
            if newer < rule.kept or not (rule.by_prefix_alone if size is None else rule.means(size, tags)):
                continue
            at = after_days(since, rule.noncurrent_days or 0, day_ms)
            if found is None or (at, rule.kept) < (found[0].at, found[1]):
                found = (Expiry(at, rule.id), rule.kept)
        return found

    def upload_expiry(self, key: bytes, initiated: int, day_ms: int) -> Expiry | None:
        """When an upload that is not completed is given up."""
        found: Expiry | None = None
        for rule in self._uploads.of(key):
            at = after_days(initiated, rule.upload_days or 0, day_ms)
            if found is None or at < found.at:
                found = Expiry(at, rule.id)
        return found


def after_days(moment: int, days: int, day_ms: int) -> int:
    """The midnight that follows a moment and a number of days, in milliseconds."""
    return (moment + days * day_ms) // day_ms * day_ms + day_ms


def _compile(rule: LifecycleRule) -> _Rule:
    terms = _terms(rule)
    expiration, noncurrent = rule.expiration, rule.noncurrent_version_expiration
    upload = rule.abort_incomplete_multipart_upload
    return _Rule(
        id=rule.id or "",
        prefix=(terms.prefix or "").encode(),
        tags=tuple((tag.key, tag.value) for tag in terms.tags),
        more_than=terms.greater,
        less_than=terms.less,
        days=None if expiration is None else expiration.days,
        date=None if expiration is None else expiration.date,
        markers=expiration is not None and bool(expiration.expired_object_delete_marker),
        noncurrent_days=None if noncurrent is None else noncurrent.noncurrent_days,
        kept=0 if noncurrent is None else noncurrent.newer_noncurrent_versions or 0,
        upload_days=None if upload is None else upload.days_after_initiation,
    )


def _acts_on_objects(rule: _Rule) -> bool:
    return rule.days is not None or rule.date is not None or rule.markers or rule.noncurrent_days is not None


class _ByPrefix:
    """Rules by their prefixes: a key is asked for once for each length that a prefix has, not once for each rule."""

    __slots__ = ("_lengths", "_rules")

    def __init__(self, rules: Mapping[bytes, tuple[_Rule, ...]]) -> None:
        self._rules = rules
        self._lengths = sorted({len(prefix) for prefix in rules})

    def of(self, key: bytes) -> Iterator[_Rule]:
        rules = self._rules
        for length in self._lengths:
            if length > len(key):
                return
            found = rules.get(key[:length])
            if found is not None:
                yield from found


def _by_prefix(rules: Sequence[_Rule], wanted: Callable[[_Rule], bool]) -> _ByPrefix:
    found: dict[bytes, tuple[_Rule, ...]] = {}
    for rule in rules:
        if wanted(rule):
            found[rule.prefix] = (*found.get(rule.prefix, ()), rule)
    return _ByPrefix(found)


def _covering(prefixes: Iterator[bytes]) -> tuple[bytes, ...]:
    covering: list[bytes] = []
    for prefix in sorted(prefixes):
        if not covering or not prefix.startswith(covering[-1]):
            covering.append(prefix)
    return tuple(covering)
