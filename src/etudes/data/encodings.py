"""The encoding of a person's text file: UTF-8, one that the file itself names, or found from its letters."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

from etudes.data.errors import file_error
from etudes.data.notes import note
from etudes.errors import format_path

LEGACY_ENCODINGS = (
    "gb18030", "big5hkscs", "cp932", "euc-jp", "cp949", "koi8-r",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256",
)  # fmt: skip
"""What spreadsheets and editors write where it is not Unicode; GBK is part of gb18030, Shift-JIS of cp932."""

_KNOWN_AS = {"GB18030": "GBK (GB18030)", "CP932": "Shift-JIS (CP932)", "CP949": "EUC-KR (CP949)"}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WORKBOOKS = {b"PK\3\4": "a workbook or an archive", b"\xd0\xcf\x11\xe0": "an old workbook", b"\x1f\x8b": "packed"}
_MIXED = re.compile("[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]")
"""A Latin letter beside a Greek, Cyrillic, Hebrew or Arabic one: no word of any language."""
_CHUNK = 2**24
_LEAST = 0.005
"""Below this score, chardet knows nothing of the letters."""
_DISTINCT = 0.6
"""A second reading with this share of the first one's score is as likely."""


def find_encoding(path: Path, what: str, most: int) -> str:
    """The name of a text file's encoding, for `open`; one that is neither UTF-8 nor marked is noted.

    Args:
        path: the file; it is read in pieces.
        what: what it should be, for errors, such as "a CSV file of pairs".
        most: bytes that it may have.

    Raises:
        UserError: it cannot be read, is too large or no text, or its encoding cannot be found out.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe, for instance, may never end
            raise file_error(path, f"is not a file: give {what}")
        if path.stat().st_size > most:
            raise file_error(path, f"is larger than {most // 1_000_000:,} MB: split it")
        with path.open("rb") as file:
            start = file.read(_CHUNK)
            for mark, found in _WORKBOOKS.items():
                if start.startswith(mark):
                    raise file_error(path, f"is {found}: save its table as text (CSV) in UTF-8")
            for mark, encoding in _MARKS.items():
                if start.startswith(mark):
                    return encoding
            utf8, chunk = codecs.getincrementaldecoder("utf-8")(), start
            while chunk:
                if b"\0" in chunk:
                    raise file_error(path, f"is not {what}: it holds zero bytes; save it as text in UTF-8")
                utf8.decode(chunk)
                chunk = file.read(_CHUNK)
            utf8.decode(b"", final=True)
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}; check the name and its permissions") from error
    except UnicodeDecodeError:
        legacy = _legacy_encoding(start)
        if legacy is None:
            raise file_error(path, "is not in UTF-8, and its encoding cannot be found out: save it in UTF-8") from None
        name = format_path(path.name)
        known = _KNOWN_AS.get(legacy, legacy)
        note(f"{name} is not in UTF-8 and was read as {known}: if letters are wrong, save it in UTF-8")
        return legacy
    return "utf-8"


def undecodable(path: Path, error: UnicodeDecodeError) -> Exception:
    """The error for a file that is in its encoding only at first."""
    return file_error(path, f"is not {error.encoding} from end to end: save it in UTF-8")


def _legacy_encoding(data: bytes) -> str | None:
    """The encoding that the letters speak for, or None where two readings are as likely, or none is."""
    if _symbols_alone(data):
        return "Windows-1252"
    import chardet

    known = (*LEGACY_ENCODINGS, "ascii")  # ASCII stands for no match
    found = chardet.detect_all(
        _letters(data), ignore_threshold=True, include_encodings=known, no_match_encoding="ascii"
    )
    scores: dict[str, tuple[float, str]] = {}
    for guess in found:
        text = _decoded(data, guess["encoding"] or "ascii")
        if text is not None and not _MIXED.search(text):
            scores.setdefault(text, (guess["confidence"], str(guess["encoding"])))
    best, *others = list(scores.values()) or [(0.0, "")]
    likely = {name for score, name in [best, *others] if score >= _DISTINCT * best[0]}
    if best[0] < _LEAST or not likely <= {best[1], "Windows-1250", "Windows-1252"}:
        return None
    return "Windows-1252" if "Windows-1252" in likely else best[1]  # of the two, the one that is met more often


def _symbols_alone(data: bytes) -> bool:
    """Whether there are signs such as those in 20 °C, £5 and 3×4, each by itself, and no letters."""
    text = _decoded(data, "cp1252")
    return text is not None and not re.search(r"[^\x00-\x7f]{2}", text) and not re.search(r"[^\W\x00-\x7f]", text)


def _letters(data: bytes) -> bytes:
    """Each different cell with letters outside ASCII, without digits and signs, which say nothing of the language."""
    cells = re.findall(rb"[^,;\t\r\n\"|]*[\x80-\xff][^,;\t\r\n\"|]*", data)
    return b"\n".join(sorted({re.sub(rb"[\x21-\x3f]+", b"", cell).strip() for cell in cells}))


def _decoded(data: bytes, encoding: str) -> str | None:
    """The text, or None where it is none in this encoding; the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return None
    signs = set(text) - set("\t\r\n")
    return None if any(unicodedata.category(sign) in ("Cc", "Cn", "Co") for sign in signs) else text
