"""A cheap raw WebSocket client, so that what is measured is the server.

web_chat_client.py round PORT CONNECTIONS SECONDS SERVER_PID TEXT
    closed loop: each reader sends, waits for the program's reply event, sends again
web_chat_client.py idle PORT CONNECTIONS SERVER_PID
    opens connections and says hello on each; reports the server's memory
"""

import asyncio
import json
import os
import struct
import sys
import time
import uuid
from pathlib import Path

import uvloop

HELLO = {"type": "hello", "token": None, "consultation": None, "last_seen": 0, "language": "en"}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


def frame(value: dict) -> bytes:
    """Return a masked text frame (zero mask: legal, and costs the client nothing)."""
    payload = json.dumps(value, ensure_ascii=False).encode()
    size = len(payload)
    short = size < 126
    head = struct.pack("!BB", 0x81, 0x80 | size) if short else struct.pack("!BBH", 0x81, 0xFE, size)
    return head + b"\0\0\0\0" + payload


class Reader(asyncio.Protocol):
    def __init__(self, text: str) -> None:
        self.text = text
        self.buffer = b""
        self.open = False
        self.replies = 0
        self.errors = 0
        self.latencies: list[float] = []
        self.sent_at = 0.0
        self.stop = False
        self.welcome = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(
            b"GET /chat/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            if b"\r\n\r\n" not in self.buffer:
                return
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            assert b" 101 " in head[:20], head[:200]
            self.open = True
            self.transport.write(frame(HELLO))
        while len(self.buffer) >= 2:
            opcode, size, start = self.buffer[0] & 0x0F, self.buffer[1] & 0x7F, 2
            if size == 126:
                if len(self.buffer) < 4:
                    return
                size, start = struct.unpack("!H", self.buffer[2:4])[0], 4
            elif size == 127:
                if len(self.buffer) < 10:
                    return
                size, start = struct.unpack("!Q", self.buffer[2:10])[0], 10
            if len(self.buffer) < start + size:
                return
            payload, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
            if opcode == 1:
                self.handle(payload)

    def handle(self, payload: bytes) -> None:
        if payload.startswith(b'{"type":"welcome"'):
            self.welcome.set_result(None)
        elif b'"kind":"reply"' in payload:
            self.latencies.append(time.perf_counter() - self.sent_at)
            self.replies += 1
            if not self.stop:
                self.say()
        elif payload.startswith(b'{"type":"error"'):
            self.errors += 1
            raise AssertionError(payload)

    def say(self) -> None:
        self.sent_at = time.perf_counter()
        said = {"type": "message", "client_id": uuid.uuid4().hex, "text": self.text}
        self.transport.write(frame(said))


async def connect(port: int, text: str) -> Reader:
    loop = asyncio.get_running_loop()
    _transport, reader = await loop.create_connection(lambda: Reader(text), "127.0.0.1", port)
    await asyncio.wait_for(reader.welcome, 60)
    return reader


async def round_trip(port: int, connections: int, seconds: float, pid: int, text: str) -> dict:
    readers = [await connect(port, text) for _ in range(connections)]
    for reader in readers:
        reader.say()
    await asyncio.sleep(1)
    before, used, began = sum(r.replies for r in readers), cpu_seconds(pid), time.perf_counter()
    for reader in readers:
        reader.latencies.clear()
    await asyncio.sleep(seconds)
    count, elapsed = sum(r.replies for r in readers) - before, time.perf_counter() - began
    used = cpu_seconds(pid) - used
    latencies = sorted(x for r in readers for x in r.latencies)
    for reader in readers:
        reader.stop = True
    await asyncio.sleep(0.5)
    for reader in readers:
        reader.transport.abort()
    return {
        "messages": count,
        "messages_per_s": round(count / elapsed),
        "server_cpu_us_per_message": round(used / count * 1e6, 1),
        "p50_ms": round(latencies[len(latencies) // 2] * 1e3, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1e3, 2),
    }


async def idle(port: int, connections: int, pid: int) -> dict:
    before = resident_kib(pid)
    readers: list[Reader] = []
    for start in range(0, connections, 100):
        number = min(100, connections - start)
        readers += await asyncio.gather(*(connect(port, "") for _ in range(number)))
    await asyncio.sleep(2)
    after = resident_kib(pid)
    for reader in readers:
        reader.transport.abort()
    return {
        "connections": connections,
        "kib_per_connection": round((after - before) / connections, 2),
        "resident_before_mib": round(before / 1024, 1),
        "resident_after_mib": round(after / 1024, 1),
    }


def main() -> None:
    mode, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if mode == "round":
        seconds, pid, text = float(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
        result = uvloop.run(round_trip(port, connections, seconds, pid, text))
    else:
        result = uvloop.run(idle(port, connections, int(sys.argv[4])))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
