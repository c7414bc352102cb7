"""What a folder of pictures holds, from names and headers alone: its parts, its classes, what is left out and why."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from etudes.data.classes import check_class_names
from etudes.data.errors import file_error
from etudes.data.formats import FORMAT_NAMES
from etudes.data.parts import TEST, TRAINING, VALIDATION, named_parts, part_of
from etudes.data.pictures import PictureHeader, read_picture_header
from etudes.errors import UserError, format_path

MAX_BAD_SHARE = 0.05
"""A folder with this share of unreadable files, or more, is an error."""

_LEFT_BEHIND = {
    *("__macosx", "@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin", "recycler"),
    *("system volume information", "lost+found", "__pycache__", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"),
}
"""What operating systems, storage and tools leave in folders, beside all that is hidden."""

Labelled = list[tuple[Path, int]]
"""Pictures and the numbers of their classes."""


@dataclass
class Folder:
    """What a folder holds, from headers alone: no picture is decoded."""

    path: Path
    class_names: tuple[str, ...]
    parts: dict[str, Labelled]
    """Part → its pictures; the training part, and what the folder sets aside."""
    headers: dict[Path, PictureHeader] = field(default_factory=dict)
    bad: dict[Path, str] = field(default_factory=dict)
    """Errors of the files that are not pictures."""
    skipped: list[str] = field(default_factory=list)
    """What is no class or no picture, in words."""
    nested: int = 0
    """Pictures in subfolders of classes."""
    taken_as: dict[str, str] = field(default_factory=dict)
    """Part → the name of its folder, where the folder comes split."""

    def __len__(self) -> int:
        return sum(map(len, self.parts.values())) + len(self.bad)

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many pictures have this (height, width)."""
        return Counter((header.height, header.width) for header in self.headers.values())


def scan_folder(path: Path) -> Folder:
    """Find parts and classes and read every picture's header.

    Raises:
        UserError: there are no class folders, or too many files in them are not pictures.
    """
    parts = _parts(path)
    root = path / parts[TRAINING] if parts else path
    folder = Folder(path, (), {}, taken_as=dict(parts))
    folder.class_names = _class_names(root, folder)
    for part in (TRAINING, VALIDATION, TEST):
        if part not in parts and part != TRAINING:
            continue
        place = path / parts[part] if parts else path
        _check_links(place)
        if part != TRAINING and not _subfolders(place):
            folder.skipped.append(f"{place.name} (no class folders in it)")
            del folder.taken_as[part]
            continue
        if unknown := set(_filled(place)) - set(folder.class_names):
            raise file_error(
                path, f"class {min(unknown)!r} is in {place.name} but not in {root.name}: add or remove it"
            )
        folder.parts[part] = _pictures(place, folder)
    if parts:
        folder.skipped += [name for name in _subfolders(path) if name not in parts.values()]
    if loose := sum(entry.is_file() and not _is_left_behind(entry.name) for entry in entries(root)):
        folder.skipped.append(f"{loose} file(s) beside the class folders")
    check_bad_share(folder)
    return folder


def check_bad_share(folder: Folder) -> None:
    """Raise an error for a folder of which too much is bad."""
    if folder.bad and len(folder.bad) >= MAX_BAD_SHARE * len(folder):
        first = format_path(next(iter(folder.bad.values())))
        problem = f"{len(folder.bad)} of {len(folder)} files are bad: remove or fix them, such as {first}"
        raise file_error(folder.path, problem)


def _parts(path: Path) -> dict[str, str]:
    """Part → subfolder, if this folder comes split: if what is called like a training part has class folders."""
    names = _subfolders(path)
    inside = {name: bool(_subfolders(path / name)) for name in names}
    if any(part_of(name) == TRAINING and inside[name] for name in names):
        return named_parts(path, (name for name in names if inside[name] or part_of(name) != TRAINING))
    if len(names) > 1 and any(inside.values()) and all(part_of(name) not in ("", TRAINING) for name in names):
        raise file_error(path, f"has {' and '.join(names)} but no train: add a folder train with class folders")
    return {}


def _class_names(root: Path, folder: Folder) -> tuple[str, ...]:
    """The class folders that hold anything; the others are skipped."""
    found = _subfolders(root)
    names = _filled(root)
    if len(found) < 2:
        inside = f"give {found[0][:30]} if they are in it, or " if found else ""
        cure = f"{inside}make two or more subfolders with pictures, one for each class"
        raise file_error(folder.path, f"has no classes: {cure}")
    if not names:
        raise file_error(folder.path, f"its class folders are empty: put {FORMAT_NAMES} files into them")
    folder.skipped += [f"{name} (empty)" for name in found if name not in names]
    folder.skipped += [entry.name for entry in entries(root) if entry.is_dir() and entry.name.lower() in _LEFT_BEHIND]
    if len(names) < 2:
        raise file_error(folder.path, f"has a single class, {names[0][:40]}: the other folders are empty; fill them")
    for name in names:
        if name.encode(errors="ignore").decode() != name:
            raise file_error(root / name, "is a class whose name is not in Unicode: rename the folder")
        if name != unicodedata.normalize("NFC", name) and unicodedata.normalize("NFC", name) in names:
            raise file_error(root / name, "is there in two Unicode forms that look the same: move it into one folder")
    _check_inside(folder.path, [root / name for name in names])
    check_class_names(folder.path, names)
    return tuple(names)


def _check_inside(path: Path, places: list[Path]) -> None:
    """Raise `UserError` where the folders inside of class folders are parts or seem to be the classes."""
    inside = [_subfolders(place) for place in places]
    parts = {part_of(name) for names in inside for name in names}
    if TRAINING in parts and parts & {VALIDATION, TEST}:
        raise file_error(path, "has train and test in its class folders: make it train/CLASS and test/CLASS")
    loose = any(file.parent == place for place in places for file in _files(place))
    if len(inside[0]) > 1 and all(names == inside[0] for names in inside) and not loose:
        words = " and ".join(name[:20] for name in inside[0][:2])
        raise file_error(path, f"has {words} in each of its folders: if these are the classes, move them up")


def _pictures(root: Path, folder: Folder) -> Labelled:
    """The pictures below `root` and their classes; headers and bad files are noted in `folder`."""
    pictures = []
    for number, name in enumerate(folder.class_names):
        for file in _files(root / name):
            try:
                folder.headers[file] = read_picture_header(file)
            except UserError as error:
                folder.bad[file] = str(error)
                continue
            pictures.append((file, number))
            folder.nested += file.parent != root / name
    return pictures


def _files(place: Path) -> Iterator[Path]:
    """All files of a class, those of its own folder first; links to further folders are not followed."""
    places = [place] if place.is_dir() else []
    while places:
        held = entries(places[0])
        yield from (file for file in held if not file.is_dir() and not _is_left_behind(file.name))
        places[:1] = [places[0] / name for name in _subfolders(places[0]) if not (places[0] / name).is_symlink()]


def _filled(root: Path) -> list[str]:
    return [name for name in _subfolders(root) if any(_files(root / name))]


def _check_links(root: Path) -> None:
    """Raise `UserError` for a link to nothing among the class folders: it may stand for a whole class."""
    for entry in entries(root):
        if entry.is_symlink() and not entry.exists() and not _is_left_behind(entry.name):
            raise file_error(entry, "is a link to what is not there: mount it, or remove the link")


def _subfolders(path: Path) -> list[str]:
    """Names of the subfolders that are not left by tools, in the order of numbers if all are numbers."""
    names = [entry.name for entry in entries(path) if entry.is_dir() and not _is_left_behind(entry.name)]
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names)


def _is_left_behind(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def entries(path: Path) -> list[Path]:
    """What a folder holds, by name.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return sorted(path.iterdir())
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}; check its permissions") from error
