# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand, for calls that no client library would make."""
import contextlib
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
MAX_FRAME = 16384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + \
        payload


def number(value, prefix_bits, first=0):
    """An integer of HPACK, after the bits of its first byte."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def field(name, value):
    """A header field that enters no table."""
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return b"\x00" + number(len(name), 7) + name + number(len(value), 7) + value


def call_headers(method, *fields):
    path = f"/sluice.v1.DeploymentService/{method}"
    # POST and http have numbers of their own.
    return b"\x83\x86" + field(":path", path) + field(":authority", "localhost") + \
        field("content-type", "application/grpc") + field("te", "trailers") + b"".join(fields)


def message(request):
    data = request.SerializeToString()
    return b"\x00" + struct.pack(">I", len(data)) + data


class RawConnection:
    """One HTTP/2 connection; streams are numbered in the order of the calls."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(20)
        self.next_stream = 1
        self.received = b""
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))

    def begin(self, headers, end=False):
        """Sends the headers in as many frames as they take; returns the stream."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        parts = [headers[i:i + MAX_FRAME] for i in range(0, len(headers), MAX_FRAME)]
        for i, part in enumerate(parts):
            flags = (END_HEADERS if i == len(parts) - 1 else 0) | (END_STREAM if end and not i else 0)
            self.send(frame(CONTINUATION if i else HEADERS, flags, stream, part))
        return stream

    def send(self, data):
        """The server may have closed the connection before all is sent; outcome() tells."""
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def call(self, method, request, *fields):
        stream = self.begin(call_headers(method, *fields))
        self.send(frame(DATA, END_STREAM, stream, message(request)))
        return stream

    def outcome(self, stream, seconds=20):
        """"ended", "reset" (the stream alone) or "closed" (the connection)."""
        deadline = time.monotonic() + seconds
        while True:
            assert time.monotonic() < deadline, f"stream {stream} has no end"
            try:
                kind, flags, on, _ = self._read_frame()
            except OSError:
                return "closed"
            if kind == GOAWAY:
                return "closed"
            if on == stream and kind == RESET:
                return "reset"
            if on == stream and kind in (DATA, HEADERS) and flags & END_STREAM:
                return "ended"

    def _read_frame(self):
        header = self._read(9)
        payload = self._read(int.from_bytes(header[:3], "big"))
        kind, flags = header[3], header[4]
        if kind in (SETTINGS, PING) and not flags & ACK:
            self.send(frame(kind, ACK, 0, payload if kind == PING else b""))
        return kind, flags, int.from_bytes(header[5:], "big"), payload

    def _read(self, count):
        while len(self.received) < count:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.received += more
        data, self.received = self.received[:count], self.received[count:]
        return data


@contextlib.contextmanager
def raw_connection(address):
    with contextlib.closing(connect(address)) as connection:
        yield RawConnection(connection)


def connect(address):
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address[len("unix:"):])
        return connection
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=20)
