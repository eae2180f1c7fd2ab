"""No file descriptor is left, because of connections or of anything else: who is connected is answered, nothing that
was answered is lost, and all is served again once there are some (rule F6)."""

import base64
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from person import fetch
from server import BINARY, Server
from web import Web

NONE_FREE = "no free file descriptor; raise the limit on open files (LimitNOFILE, ulimit -n)"
# RFC 7517 appendix A.1.
KEY_SET = b"""{"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"""
ROBOT = """
[[client]]
client_id = "robot"
client_name = "Robot"
token_endpoint_auth_method = "private_key_jwt"
token_endpoint_auth_signing_alg = "ES256"
jwks_uri = "http://127.0.0.1:%d/jwks"
grant_types = ["client_credentials"]
scope = "openid"
"""


class KeySet(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.fetched += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(KEY_SET)))
        self.end_headers()
        self.wfile.write(KEY_SET)

    def log_message(self, *_):
        pass


class Descriptors(unittest.TestCase):
    def start(self, state_file=Path(__file__).parent / "keyfob.toml", **popen):
        self.server = Server(state_file, **popen)
        self.addCleanup(self.server.close)
        self.web = Web(self.server)

    def descriptors(self):
        return {int(name) for name in os.listdir(f"/proc/{self.server.process.pid}/fd")}

    def threads(self):
        """Those that live as long as the server."""
        folder = Path(f"/proc/{self.server.process.pid}/task")
        names = [(task / "comm").read_text().strip() for task in folder.iterdir()]
        return sorted(name for name in names if name not in ("tokio-rt-worker", "keyfob-new-key"))

    def take_every_descriptor(self):
        """Nothing more can be opened from now on, until the function that is returned is called."""
        pid = self.server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        open_now = self.descriptors()
        lowest_free = next(number for number in range(len(open_now) + 1) if number not in open_now)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, before[1]))
        return lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    def keep_alive(self, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def get(self, connection, path):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def issue(self, client, issued):
        status, answer = client.token("client_credentials")
        self.assertEqual(status, 200, answer)
        issued.append(answer["access_token"])

    def assert_nothing_is_lost(self, issued):
        self.server.kill()
        self.server.start()
        client = self.web.client()
        self.assertEqual([token for token in issued if not client.is_active(token)], [])

    def test_connections_that_are_held_never_keep_a_newcomer_out(self):
        for limit in (48, 64, 96):
            with self.subTest(limit):
                self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
                client, issued = self.web.client(), []
                self.issue(client, issued)
                threads = self.threads()
                held = []
                for _ in range(limit * 2):
                    connection = self.keep_alive()
                    self.assertEqual(self.get(connection, "/healthz")[0], 200)
                    held.append(connection)
                    # The connection that is in use is not the one that makes room.
                    self.issue(client, issued)
                # And all at once, none of which says anything.
                silent = [socket.create_connection(("127.0.0.1", self.server.port), 10) for _ in range(limit * 2)]
                self.assertEqual(fetch(self.server.issuer + "/readyz")[::2], (200, "ready\n"))
                self.assertEqual(self.threads(), threads)
                for connection in held + silent:
                    connection.close()
                self.issue(self.web.client(), issued)
                self.assertNotIn("not accepted", self.server.log())
                self.assertNotIn("Too many open files", self.server.log())
                self.assert_nothing_is_lost(issued)

    def test_who_is_connected_is_answered_when_there_is_none_left(self):
        self.start()
        client, issued = self.web.client(), []
        _, answer = self.web.redeem(client, self.web.code())
        other = self.keep_alive()
        self.assertEqual(self.get(other, "/readyz"), (200, "ready\n"))
        threads = self.threads()
        began = time.monotonic()
        give_back = self.take_every_descriptor()
        newcomers = [self.keep_alive(30) for _ in range(5)]
        for newcomer in newcomers:
            newcomer.request("GET", "/healthz")
        for _ in range(100):
            self.issue(client, issued)
        self.assertEqual(self.get(other, "/readyz"), (503, NONE_FREE + "\n"))
        self.assertEqual(self.get(other, "/.well-known/jwks.json")[0], 200)
        status, refreshed = self.web.refresh(client, answer["refresh_token"])
        self.assertEqual(status, 200, refreshed)
        self.assertEqual(client.post("/revoke", token=issued[0])[0], 200)
        # Until connections have been refused for more than two seconds.
        lines = 0
        while lines < 3:
            self.issue(client, issued)
            log = (self.server.folder / "log").read_text()
            lines = log.count("connection not accepted: " + NONE_FREE)
            self.assertLess(time.monotonic() - began, 30, log)
        self.assertLessEqual(lines, time.monotonic() - began + 1)
        self.assertRegex(log, r"not accepted: .* unlogged=[1-9]")
        self.assertNotIn("Error accepting connection", log)
        self.assertEqual(self.threads(), threads)
        give_back()
        for newcomer in newcomers:
            self.assertEqual(newcomer.getresponse().status, 200)
        self.assertEqual(self.get(other, "/readyz"), (200, "ready\n"))
        self.assertFalse(client.is_active(issued[0]))
        self.assert_nothing_is_lost([*issued[1:], refreshed["access_token"]])

    def test_a_key_set_that_could_not_be_fetched_is_fetched_again_at_once(self):
        web = HTTPServer(("127.0.0.1", 0), KeySet)
        web.fetched = 0
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(web.shutdown)
        state_file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "keyfob.toml"
        state_file.write_text((Path(__file__).parent / "keyfob.toml").read_text() + ROBOT % web.server_port)
        self.start(state_file, env={**os.environ, "KEYFOB_OUTBOUND_ALLOW": "127.0.0.0/8"})
        connection = self.keep_alive()

        def token():
            """With an assertion that nobody has signed."""
            parts = ({"alg": "ES256", "kid": "1"}, {
                "iss": "robot", "sub": "robot", "aud": self.server.issuer, "exp": int(time.time()) + 60,
                "jti": os.urandom(8).hex(),
            })
            encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
            assertion = ".".join([*encoded, base64.urlsafe_b64encode(bytes(64)).decode().rstrip("=")])
            connection.request("POST", "/api/v1/oauth/token", urllib.parse.urlencode({
                "grant_type": "client_credentials", "client_assertion": assertion,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            }), {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())["error"]

        self.assertEqual(self.get(connection, "/healthz")[0], 200)
        give_back = self.take_every_descriptor()
        self.assertEqual(token(), (503, "temporarily_unavailable"))
        # The log is written by a thread of its own.
        began = time.monotonic()
        while "too many open files and connections" not in self.server.log():
            self.assertLess(time.monotonic() - began, 10, self.server.log())
        give_back()
        self.assertEqual(web.fetched, 0)
        self.assertEqual(token(), (401, "invalid_client"))
        self.assertEqual(web.fetched, 1)

    def test_a_backup_says_why_it_cannot_be_made_and_leaves_nothing_behind(self):
        self.start()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        target = folder / "copy.db"
        for limit in range(3, 40):
            made = subprocess.run(
                [BINARY, "backup", target, "--database", self.server.database], capture_output=True, text=True,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
            if made.returncode == 0:
                break
            self.assertEqual(list(folder.iterdir()), [], limit)
            # Below that the program itself cannot be loaded.
            if "shared librar" not in made.stderr:
                self.assertRegex(made.stderr, NONE_FREE.partition(";")[0] + "|Too many open files", limit)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertGreater(limit, 8)

    def test_a_limit_that_is_too_low_for_the_server_is_refused_at_the_start(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for limit in (20, 24, 30, 39):
            started = subprocess.run(
                [BINARY, "serve", "--database", folder / "keyfob.db", "--listen", "127.0.0.1:0", "--workers", "2"],
                capture_output=True, text=True, timeout=30,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
            self.assertEqual(started.returncode, 1, limit)
            last = started.stderr.splitlines()[-1]
            self.assertEqual(last, f"error: The limit on open files is {limit}, but 2 workers require at least 40. "
                                   "Raise it (LimitNOFILE, ulimit -n)")


if __name__ == "__main__":
    unittest.main()
