"""Memory that connections took is given back once they have ended (rule F6)."""

import socket
import sys
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from server import Server

CONNECTIONS = 200
# Longer than what the server reads ahead, and answered by more than a socket takes.
REQUESTS = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100
BODY = b'{"grant_type": "client_credentials", "resource": [' + b"1," * 30_000 + b"1]}"
POST = (
    b"POST /api/v1/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
MB = 1 << 20
# What the allocator keeps for its threads, however many connections there were.
KEPT = 64 * MB


class Memory(unittest.TestCase):
    def setUp(self):
        self.server = Server(Path(__file__).parent / "keyfob.toml")
        self.addCleanup(self.server.close)

    def resident(self):
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def flood(self):
        """Connections that send much and read nothing."""
        address = ("localhost", self.server.port)
        strangers = []
        for _ in range(CONNECTIONS):
            stranger = socket.create_connection(address)
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stranger.settimeout(0.2)
            strangers.append(stranger)
        for stranger in strangers:
            try:
                stranger.sendall(POST + REQUESTS)
            except TimeoutError:
                pass
        return strangers

    def test_what_connections_took_is_given_back(self):
        before = self.resident()
        most = 0
        for _ in range(3):
            strangers = self.flood()
            most = max(most, self.resident())
            for stranger in strangers:
                stranger.close()
        # Half a MB for each of them at most, whatever they ask for: what is not read waits in the socket.
        self.assertLess(most - before, CONNECTIONS * MB // 2)
        ends = time.monotonic() + 60
        while self.resident() > before + KEPT and time.monotonic() < ends:
            time.sleep(0.1)
        self.assertLess(self.resident(), before + KEPT)


if __name__ == "__main__":
    unittest.main()
