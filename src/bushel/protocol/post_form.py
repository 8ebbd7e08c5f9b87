"""The body of a form upload: multipart/form-data taken apart as a stream, in memory that does not grow. No I/O.

S3 wants every field in front of the file and ignores what comes behind it (S3 API Reference, "POST Object"), so the
fields are complete when the file begins, and the file's bytes are handed on as they come. The grammar is that of
RFC 2046 section 5.1.1 and RFC 7578, read strictly: whatever two readers could take apart differently is refused.

Which fields a form may have and what they mean is in ``post_form_policy`` and ``post_form_fields``.
"""

import re
from typing import Final, NamedTuple, NoReturn

from bushel.protocol.errors import S3Error

MEDIA_TYPE: Final = "multipart/form-data"
MAX_BYTES_BEFORE_FILE: Final = 20_480
"""What S3 takes in front of the file's content, the form's framing included."""

MAX_BYTES_BEHIND_FILE: Final = 1024 * 1024
"""S3 ignores what comes behind the file and names no limit; a button's name is a few bytes."""

_MAX_PART_HEAD_BYTES: Final = 8192

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"'

_boundary = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]").fullmatch
_parameter = re.compile(rf"[ \t]*;[ \t]*({_WORD})=({_QUOTED}|{_WORD})").match
_type_parameter = re.compile(rf'[ \t]*;[ \t]*({_WORD})=({_QUOTED}|[^";\s]+)').match

# What is expected next. Plain numbers, as in ``chunked``.
_START: Final = 0
_DELIMITER_END: Final = 1
_HEAD: Final = 2
_CONTENT_START: Final = 3
_CONTENT: Final = 4
_NOTHING: Final = 5


class Field(NamedTuple):
    """A field in front of the file: its name as sent, and its value."""

    name: str
    value: str


class FilePart(NamedTuple):
    """The head of the file.

    Attributes:
        filename: As sent, with whatever path the client put before it; ``None`` where it sent none.
        content_type: Of the part; empty where it has none.
    """

    filename: str | None
    content_type: str


def is_form(content_type: str) -> bool:
    """Whether a Content-Type names the encoding of form uploads."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names.

    Raises:
        S3Error: MalformedPOSTRequest where it names none, more than one, or one that cannot be.
    """
    at = len(content_type.partition(";")[0])
    found: list[str] = []
    while at < len(content_type):
        parameter = _type_parameter(content_type, at)
        if parameter is None:
            if content_type[at:].strip("; \t"):
                _refuse()
            break
        if parameter[1].lower() == "boundary":
            found.append(_value(parameter[2]))
        at = parameter.end()
    if len(found) != 1 or _boundary(found[0]) is None:
        _refuse()
    return found[0].encode("ascii")


class FormDecoder:
    """Takes a form in pieces of any size and gives the bytes of its file.

    Nothing that was given may be acted upon before ``finish`` returned: the form may break off, or have a second file.

    Attributes:
        fields: Those in front of the file, by lower-case name; the values of a name that came more than once are joined
            with commas, as header fields are. Complete once ``file`` is there.
        file: The file's head once it was read.
        file_ended: Whether all of the file was given.
    """

    __slots__ = (
        "_at", "_behind", "_dash", "_delimiter", "_expect", "_fed", "_field", "_head", "_held", "_value", "fields",
        "file", "file_ended",
    )  # fmt: skip

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, Field] = {}
        self.file: FilePart | None = None
        self.file_ended = False
        self._dash = b"--" + boundary
        self._delimiter = b"\r\n" + self._dash
        self._expect = _START
        self._held = b""
        self._at = 0
        self._fed = 0
        self._behind = 0
        self._head: list[bytes] = []
        self._field: str | None = None
        self._value: list[bytes] = []

    @property
    def held(self) -> int:
        """Bytes that were taken and not understood yet."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece of the body; gives what it holds of the file.

        Raises:
            S3Error: MalformedPOSTRequest; MaxPostPreDataLengthExceeded; InvalidArgument for a second file.
        """
        given: list[bytes] = []
        self._fed += len(data)
        if self.file_ended:
            self._behind += len(data)
        buffer = self._held + data if self._held else data
        self._at = 0
        more = True
        while more:
            more = self._step(buffer, given)
            self._check_fields(len(buffer) - self._at)
        self._held = buffer[self._at :]
        if self._behind > MAX_BYTES_BEHIND_FILE:
            _refuse()
        return given

    def finish(self) -> None:
        """Say that the body has ended.

        Raises:
            S3Error: MalformedPOSTRequest where the form's end did not come; InvalidArgument where it had no file.
        """
        if self._expect != _NOTHING:
            _refuse()
        if self.file is None:
            _refuse_number_of_files(0)

    def _check_fields(self, left: int) -> None:
        """Refuse fields that are too large; all but ``left`` bytes of what came were taken."""
        if self.file is None and self._fed - left > MAX_BYTES_BEFORE_FILE:
            raise S3Error("MaxPostPreDataLengthExceeded", MaxPostPreDataLengthBytes=str(MAX_BYTES_BEFORE_FILE))

    def _step(self, buffer: bytes, given: list[bytes]) -> bool:
        """Take what the buffer has of the next thing; ``False`` when more is needed to go on."""
        match self._expect:
            case 0:
                return self._start(buffer)
            case 1:
                return self._delimiter_end(buffer)
            case 2:
                return self._head_line(buffer)
            case 3:
                return self._content_start(buffer)
            case 4:
                return self._content(buffer, given)
            case _:
                self._at = len(buffer)
                return False

    def _start(self, buffer: bytes) -> bool:
        """The first delimiter, at the very beginning; an empty line before it is what some clients send."""
        for opening in (self._dash, self._delimiter):
            if buffer.startswith(opening):
                self._at = len(opening)
                self._expect = _DELIMITER_END
                return True
        if not self._dash.startswith(buffer) and not self._delimiter.startswith(buffer):
            _refuse()
        return False

    def _delimiter_end(self, buffer: bytes) -> bool:
        """What follows a delimiter: two hyphens at the form's end, else the end of the line, white space before it."""
        rest = buffer[self._at : self._at + _MAX_PART_HEAD_BYTES]
        if rest.startswith(b"--"):
            self._expect = _NOTHING
            return True
        line = rest.lstrip(b" \t")
        if line.startswith(b"\r\n"):
            self._at += len(rest) - len(line) + 2
            self._head = []
            self._expect = _HEAD
            return True
        if (line and line not in {b"\r", b"-"}) or (line == b"-" and line != rest) or len(rest) >= _MAX_PART_HEAD_BYTES:
            _refuse()
        return False

    def _head_line(self, buffer: bytes) -> bool:
        end = buffer.find(b"\r\n", self._at, self._at + _MAX_PART_HEAD_BYTES)
        if end < 0:
            if len(buffer) - self._at >= _MAX_PART_HEAD_BYTES:
                _refuse()
            return False
        line = buffer[self._at : end]
        self._at = end + 2
        if line:
            self._head.append(line)
            if sum(map(len, self._head)) > _MAX_PART_HEAD_BYTES:
                _refuse()
        else:
            self._begin_part(len(buffer) - self._at)
        return True

    def _begin_part(self, left: int) -> None:
        self._check_fields(left)
        self._expect = _CONTENT_START
        name, filename, content_type = _part(self._head)
        folded = name.lower()
        if folded == "file":
            if self.file is not None:
                _refuse_number_of_files(2)
            self.file = FilePart(filename, content_type)
            self._field = None
        elif self.file is None:
            self._field = name
            self._value = []

    def _content_start(self, buffer: bytes) -> bool:
        """A delimiter right behind the head is where readers differ: an empty part to some, its content to others."""
        opening = buffer[self._at : self._at + len(self._dash)]
        if opening == self._dash:
            _refuse()
        if len(opening) < len(self._dash) and self._dash.startswith(opening):
            return False
        self._expect = _CONTENT
        return True

    def _content(self, buffer: bytes, given: list[bytes]) -> bool:
        delimiter = self._delimiter
        found = buffer.find(delimiter, self._at)
        if found < 0:
            # What may be the beginning of a delimiter stays here.
            end = buffer.find(b"\r", max(self._at, len(buffer) - len(delimiter) + 1))
            while end >= 0 and not delimiter.startswith(buffer[end:]):
                end = buffer.find(b"\r", end + 1)
            self._take(buffer[self._at : end if end >= 0 else len(buffer)], given)
            self._at = end if end >= 0 else len(buffer)
            return False
        self._take(buffer[self._at : found], given)
        self._at = found + len(delimiter)
        self._check_fields(len(buffer) - found)
        self._expect = _DELIMITER_END
        self._end_part(len(buffer) - found)
        return True

    def _take(self, piece: bytes, given: list[bytes]) -> None:
        if not piece:
            return
        if self._field is not None:
            self._value.append(piece)
        elif not self.file_ended:
            given.append(piece)

    def _end_part(self, left: int) -> None:
        if self._field is None:
            if not self.file_ended:
                self.file_ended = True
                self._behind = left
            return
        name, value = self._field, _text(b"".join(self._value))
        known = self.fields.get(name.lower())
        self.fields[name.lower()] = Field(name, value) if known is None else Field(name, f"{known.value},{value}")
        self._field = None


def _part(lines: list[bytes]) -> tuple[str, str | None, str]:
    """Name, file name and content type of a part, from its head. Other fields must be ignored (RFC 7578, 4.8)."""
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = _text(line).partition(":")
        folded = name.lower()
        if not colon or re.fullmatch(_WORD, name) is None or not _is_text(value):
            _refuse()
        if folded in {"content-disposition", "content-type", "content-transfer-encoding"} and folded in fields:
            _refuse()
        fields[folded] = value.strip(" \t")
    if fields.get("content-transfer-encoding", "binary").lower() not in {"binary", "8bit", "7bit"}:
        _refuse()
    parameters = _disposition(fields.get("content-disposition", ""))
    if "name" not in parameters:
        _refuse()
    return parameters["name"], parameters.get("filename"), fields.get("content-type", "")


def _disposition(value: str) -> dict[str, str]:
    kind = value.partition(";")[0]
    if kind.strip().lower() != "form-data":
        _refuse()
    parameters: dict[str, str] = {}
    at = len(kind)
    while at < len(value):
        found = _parameter(value, at)
        if found is None:
            if value[at:].strip("; \t"):
                _refuse()
            break
        name = found[1].lower()
        if name in parameters:
            _refuse()
        parameters[name] = _value(found[2])
        at = found.end()
    return parameters


def _value(text: str) -> str:
    """A token or a quoted string. Browsers escape no backslash and older ones send paths, so only these two count."""
    if not text.startswith('"'):
        return text
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        _refuse()


def _is_text(value: str) -> bool:
    return not any((each < " " and each != "\t") or each == "\x7f" for each in value)


def _refuse() -> NoReturn:
    raise S3Error("MalformedPOSTRequest")


def _refuse_number_of_files(number: int) -> NoReturn:
    raise S3Error("InvalidArgument.FilesInForm", ArgumentName="file", ArgumentValue=str(number))
