"""How is a text file decoded so that nothing is garbled in silence?"""

from pathlib import Path

from refdesk.errors import ImportFileError

LARGEST_FILE = 64 * 1024 * 1024
# Nearly every character of a real Chinese text is in the old, small set; a Western text taken
# for Chinese is made of the rare ones beyond it.
_LEAST_COMMON_SHARE = 0.8

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or GB18030.

    Raises `ImportFileError` for another encoding (with the line), or a file beyond 64 MiB.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, refused when beyond 64 MiB."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror or 'unknown reason'})"
        raise ImportFileError(str(path), None, problem) from None
    if len(content) > LARGEST_FILE:
        raise ImportFileError(str(path), None, "the file is larger than 64 MiB; split it")
    return content


def decode(content: bytes, name: str) -> str:
    """Return the text of `content`; `name` is the file to name in errors."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise _undecodable(content, len(mark) + error.start, name) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        text = _as_chinese(content)
        if text is None:
            raise _undecodable(content, error.start, name) from None
        return text


def _as_chinese(content: bytes) -> str | None:
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text if not character.isascii()]
    common = len("".join(foreign).encode("gb2312", "ignore")) / 2
    return text if common >= _LEAST_COMMON_SHARE * len(foreign) else None


def _undecodable(content: bytes, place: int, name: str) -> ImportFileError:
    line = content.count(b"\n", 0, place) + 1
    return ImportFileError(
        name, line, "the text is neither UTF-8 nor GB18030; save the file as UTF-8"
    )
