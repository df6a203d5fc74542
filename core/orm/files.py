"""Files of records: what a record keeps of a file, and the store that keeps the bytes.

Bytes are stored once under their SHA-256, whoever uploads them; the name a user gave never becomes a path, and the
type is told by the first bytes, never by the upload. A record's File field holds a ``StoredFile``; whoever may read
the field may read the file, and there is no other way to it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import sqlalchemy as sa

from core.orm.types import JsonType

MAX_SIZE = 50 * 1024 * 1024

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)


@dataclass(frozen=True)
class StoredFile:
    """A file in the store: ``sha256`` finds the bytes, ``name`` is what the user called it, ``size`` is in bytes."""

    sha256: str
    name: str
    type: str
    size: int

    @property
    def is_image(self) -> bool:
        return self.type.startswith("image/")


class FileType(sa.types.TypeDecorator[StoredFile]):
    """A ``StoredFile`` in a JSON column."""

    impl = JsonType
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return asdict(value) if isinstance(value, StoredFile) else None

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> StoredFile | None:
        return StoredFile(**value) if value else None


class IFileStore(Protocol):
    """Where file contents live. Keys are SHA-256 digests in hex; contents never change."""

    def put(self, stream: BinaryIO, name: str) -> StoredFile:
        """Store the stream (ValueError above MAX_SIZE) and describe it."""

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, or FileNotFoundError."""


def sniff(head: bytes) -> str:
    """The content type that the first bytes prove; ``application/octet-stream`` when they prove nothing."""
    for signature, content_type in _SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def safe_name(name: str) -> str:
    """The last part of what the user called the file, without control characters, at most 200 long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(char for char in last if char.isprintable() and char not in '<>:"|?*').strip(" .")
    return clean[:200] or "file"


class FolderStore:
    """A folder with two levels of sub-folders. A file is complete when it has its name: write, sync, rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise FileNotFoundError(sha256)
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, stream: BinaryIO, name: str) -> StoredFile:
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        size = 0
        head = b""
        handle, temporary = tempfile.mkstemp(dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as out:
                for block in _blocks(stream):
                    size += len(block)
                    if size > MAX_SIZE:
                        raise ValueError(f"larger than {MAX_SIZE} bytes")
                    head = head or block[:16]
                    digest.update(block)
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
            target = self.path(digest.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return StoredFile(digest.hexdigest(), safe_name(name), sniff(head), size)

    def open(self, sha256: str) -> BinaryIO:
        descriptor = os.open(self.path(sha256), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        return os.fdopen(descriptor, "rb")


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(1 << 16):
        yield block
