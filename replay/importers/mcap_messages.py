"""MCAP files read from front to back within bounds (mcap.dev/spec), so that a file without its index is read as well.

The `mcap` package trusts lengths; here every record and every decompressed chunk has a limit before it is allocated.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import zstandard
from mcap.exceptions import EndOfFile, McapError
from mcap.records import Channel, Chunk, Header, McapRecord, Schema
from mcap.records import Message as MessageRecord
from mcap.stream_reader import StreamReader, breakup_chunk

from replay.errors import BadInput
from replay.importers.untrusted_files import head

MAGIC: Final = b"\x89MCAP0\r\n"
PROFILE: Final = "owa"
LARGEST_RECORD: Final = 64 << 20
LARGEST_CHUNK: Final = 256 << 20
LARGEST_MESSAGE: Final = 1 << 20
_LAST_TIME_NS: Final = 1 << 62
_VERSION: Final = re.compile(r"mcap-owa-support (\d{1,3}(?:\.\d{1,5}){1,3})")
_DAMAGE: Final = (McapError, zstandard.ZstdError, UnicodeDecodeError, ValueError, KeyError, IndexError)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its ordinal from 1, the name of its schema, log_time (unix ns) and its JSON."""

    number: int
    topic: str
    schema: str
    log_ns: int
    data: bytes

    @property
    def raw(self) -> bytes:
        """The message as one JSON object for the raw track."""
        head = b'{"topic":' + msgspec.json.encode(self.topic) + b',"log_time":' + str(self.log_ns).encode()
        return head + b',"message":' + self.data + b"}"

    def refusal(self, name: str, why: str) -> BadInput:
        return BadInput("malformed_row", f"{name}, message {self.number}, {why}.", "Record again.")


def is_owa(path: Path) -> bool:
    """Whether the file begins as an MCAP file with profile `owa`."""
    start = head(path, 64)
    if not start.startswith(MAGIC) or len(start) < 24:
        return False
    size = struct.unpack_from("<I", start, 17)[0]
    return start[8] == 1 and start[21 : 21 + size] == PROFILE.encode()


class McapFile:
    """The messages of one open file. `version` and `is_truncated` are known once they were read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, Channel] = {}
        self._count = 0
        self.version: str | None = None
        self.is_truncated = False

    def messages(self) -> Iterator[Message]:
        """Every message in order of the file. Raises BadInput where the file is damaged or a length is beyond bounds.

        A file that merely ends early is read as far as it goes.
        """
        try:
            for record in self._records():
                if isinstance(record, Schema):
                    self._schemas[record.id] = record.name
                elif isinstance(record, Channel):
                    self._channels[record.id] = record
                elif isinstance(record, MessageRecord):
                    yield self._message(record)
        except (EndOfFile, struct.error) as e:
            # The package answers a short read with either; anywhere but at the end it is damage.
            if self._file.read(1):
                raise self._damaged(type(e).__name__) from None
            self.is_truncated = True
        except _DAMAGE as e:
            raise self._damaged(type(e).__name__) from None

    def _records(self) -> Iterator[McapRecord]:
        for record in StreamReader(self._file, emit_chunks=True, record_size_limit=LARGEST_RECORD).records:
            if isinstance(record, Header):
                found = _VERSION.search(record.library)
                self.version = found[1] if found else None
            if isinstance(record, Chunk):
                self._check_chunk(record)
                yield from breakup_chunk(record)
            else:
                yield record

    def _check_chunk(self, chunk: Chunk) -> None:
        if chunk.compression not in ("", "zstd"):
            raise BadInput(
                "mcap_compression", f"{self._name} is compressed in a way that is not read here.", "Use zstd, or none."
            )
        claimed = chunk.uncompressed_size
        if chunk.compression == "zstd":
            claimed = max(claimed, zstandard.frame_content_size(chunk.data))
        if claimed > LARGEST_CHUNK:
            raise self._damaged("a chunk claims to be larger than any recorder writes")

    def _message(self, record: MessageRecord) -> Message:
        self._count += 1
        channel = self._channels[record.channel_id]
        schema = self._schemas.get(channel.schema_id, "")
        message = Message(self._count, channel.topic, schema, record.log_time, record.data)
        if record.log_time > _LAST_TIME_NS:
            raise message.refusal(self._name, "has a time that no clock shows")
        if len(record.data) > LARGEST_MESSAGE:
            raise message.refusal(self._name, "is larger than any recorder writes")
        return message

    def _damaged(self, why: str) -> BadInput:
        return BadInput("mcap_damaged", f"{self._name} is damaged ({why}).", "Copy it again from the recorder.")
