"""A log that cannot be written, in every way, is the only thing that suffers from it."""

import os
import signal
import sqlite3
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from person import fetch
from server import Server
from web import Web


class Log(unittest.TestCase):
    def start(self, stderr, **popen):
        self.server = Server(Path(__file__).parent / "keyfob.toml", stderr=stderr, **popen)
        self.addCleanup(self.server.close)
        return Web(self.server).client()

    def assert_survives_what_is_logged(self, client):
        """A refused request, a lock of another process, SIGHUP: each is logged, by a thread of its own."""
        self.assertEqual(client.token("nonsense")[0], 400)
        other = sqlite3.connect(self.server.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.assertEqual(client.token("client_credentials")[0], 503)
        other.execute("COMMIT")
        other.close()
        self.assertEqual(client.token("client_credentials")[0], 200)
        self.server.process.send_signal(signal.SIGHUP)
        self.assertEqual(client.token("client_credentials")[0], 200)
        self.assertEqual(fetch(self.server.issuer + "/readyz")[0], 200)
        self.assertEqual(self.server.stop(), 0)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            client = self.start(full)
        self.assert_survives_what_is_logged(client)

    def test_a_pipe_that_nobody_holds_any_more(self):
        reader, writer = os.pipe()
        client = self.start(writer)
        os.close(writer)
        os.close(reader)
        self.assert_survives_what_is_logged(client)

    def test_a_pipe_that_nobody_reads(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        client = self.start(writer, env={**os.environ, "KEYFOB_LOG": "trace"})
        os.close(writer)
        # More lines than the pipe and the queue hold.
        for _ in range(300):
            self.assertEqual(client.token("client_credentials")[0], 200)
        self.assert_survives_what_is_logged(client)

    def test_what_was_lost_is_counted_once_the_log_is_read_again(self):
        reader, writer = os.pipe()
        client = self.start(writer, env={**os.environ, "KEYFOB_LOG": "trace",
                                             "KEYFOB_METRICS": "loopback"})
        os.close(writer)
        lost = 0
        while lost == 0:
            self.assertEqual(client.token("client_credentials")[0], 200)
            metrics = fetch(self.server.issuer + "/metrics")[2]
            lost = int(metrics.split("keyfob_log_lines_lost_total ")[1].split()[0])
        text = []

        def read():
            with open(reader, "rb") as log:
                text.extend(log)
        reading = threading.Thread(target=read)
        reading.start()
        began = time.monotonic()
        while not any(b"log lines lost" in line for line in text):
            self.assertEqual(client.token("client_credentials")[0], 200)
            self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(self.server.stop(), 0)
        reading.join(10)
        self.assertIn(b"stopped", text[-1])


if __name__ == "__main__":
    unittest.main()
