"""The file cannot be written for a while: the answer is 503, nothing is lost, and it passes by itself
(rules P3, P4 and P39, F6 and F8)."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from person import fetch
from server import BINARY, Server
from web import Web


# What clients are told while nothing can be written.
CANNOT_STORE = "The server cannot save changes at the moment. Try again later."


class Faults(unittest.TestCase):
    def start(self, **popen):
        self.server = Server(Path(__file__).parent / "keyfob.toml", **popen)
        self.addCleanup(self.server.close)
        self.web = Web(self.server)

    def login(self, client):
        status, answer = self.web.redeem(client, self.web.code())
        self.assertEqual(status, 200, answer)
        return answer["refresh_token"], answer["access_token"]

    def assert_come_again(self, answered):
        status, headers, answer = answered
        self.assertEqual((status, answer["error"]), (503, "temporarily_unavailable"))
        self.assertEqual(headers["Retry-After"], "1")

    def assert_reads_go_on(self, client, access_token):
        began = time.monotonic()
        for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/healthz"):
            self.assertEqual(fetch(self.server.issuer + path)[0], 200, path)
        self.assertTrue(client.is_active(access_token))
        self.assertLess(time.monotonic() - began, 3)

    def test_a_lock_of_another_process_is_waited_for_and_then_refused(self):
        self.start()
        client = self.web.client()
        token, access_token = self.login(client)
        other = sqlite3.connect(self.server.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        self.assert_come_again(client.post("/token", grant_type="refresh_token", refresh_token=token))
        self.assertLess(time.monotonic() - began, 7)
        self.assert_reads_go_on(client, access_token)
        began = time.monotonic()
        revocation = client.post("/revoke", token=access_token)
        self.assertLess(time.monotonic() - began, 3, "it was locked the whole time")
        self.assert_come_again(revocation)
        self.assertTrue(client.is_active(access_token))
        other.execute("COMMIT")
        other.close()
        status, answer = self.web.refresh(client, token)
        self.assertEqual(status, 200, answer)
        self.assertEqual(client.post("/revoke", token=access_token)[0], 200)
        self.assertFalse(client.is_active(access_token))

    def test_a_lock_of_another_process_does_not_hold_up_the_end_of_the_server(self):
        self.start()
        self.login(self.web.client())
        other = sqlite3.connect(self.server.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - began, 12)
        other.execute("ROLLBACK")
        other.close()

    def test_a_storm_of_refused_writes_is_a_line_a_second(self):
        self.start()
        client = self.web.client()
        self.login(client)
        self.server.database.rename(self.server.folder / "elsewhere.db")
        began = time.monotonic()
        for _ in range(200):
            self.assertEqual(client.token("client_credentials")[0], 503)
        seconds = time.monotonic() - began
        log = (self.server.folder / "log").read_text()
        self.assertLess(log.count("request failed"), seconds + 2)
        self.assertLess(log.count("transaction not committed"), seconds + 2)

    def test_a_full_disk_refuses_writes_until_there_is_room(self):
        # A file that may not grow: SIGXFSZ is survived, and the write fails with EFBIG, as a full disk's would.
        self.start()
        client = self.web.client()
        token, access_token = self.login(client)
        largest = max(path.stat().st_size for path in self.server.folder.glob("keyfob.db*"))
        pid = self.server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 64 * 1024, before[1]))
        issued = []
        for _ in range(2000):
            status, headers, answer = client.post("/token", grant_type="client_credentials")
            if status != 200:
                break
            issued.append(answer["access_token"])
        self.assert_come_again((status, headers, answer))
        self.assertEqual(answer["error_description"], CANNOT_STORE)
        ready = fetch(self.server.issuer + "/readyz")
        self.assertEqual((ready[0], ready[2]), (503, "the last write to the database failed; see the server log\n"))
        self.assert_come_again(client.post("/token", grant_type="refresh_token", refresh_token=token))
        self.assert_reads_go_on(client, access_token)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        # A checkpoint that failed is tried again every second.
        began = time.monotonic()
        while fetch(self.server.issuer + "/readyz")[0] != 200:
            self.assertLess(time.monotonic() - began, 15)
        status, answer = self.web.refresh(client, token)
        self.assertEqual(status, 200, answer)
        for issued_token in issued[-100:]:
            self.assertTrue(client.is_active(issued_token))
        self.assertEqual(self.server.stop(), 0)
        with sqlite3.connect(self.server.database) as file:
            self.assertEqual(file.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        file.close()

    def test_a_disk_without_room_is_called_full(self):
        shim = []

        def prepare(folder):
            source = Path(__file__).with_name("full_disk.c")
            shim.append(folder / "full_disk.so")
            self.full = folder / "full"
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim[0], source, "-ldl"], check=True)
            return {"env": {**os.environ, "LD_PRELOAD": str(shim[0]), "KEYFOB_FULL_DISK": str(self.full)}}
        self.start(prepare=prepare)
        client = self.web.client()
        token, access_token = self.login(client)
        self.full.touch()
        self.assert_come_again(client.post("/token", grant_type="refresh_token", refresh_token=token))
        ready = fetch(self.server.issuer + "/readyz")
        self.assertEqual((ready[0], ready[2]), (503, "the disk of the database is full; free disk space\n"))
        self.assert_reads_go_on(client, access_token)
        # The log is written by a thread of its own.
        wanted = "transaction not committed error=the disk of the database is full"
        began = time.monotonic()
        while wanted not in self.server.log():
            self.assertLess(time.monotonic() - began, 10, self.server.log())
        self.full.unlink()
        status, answer = self.web.refresh(client, token)
        self.assertEqual(status, 200, answer)
        began = time.monotonic()
        while fetch(self.server.issuer + "/readyz")[0] != 200:
            self.assertLess(time.monotonic() - began, 10)
        self.server.kill()
        self.server.start()
        self.assertTrue(self.web.client().is_active(answer["access_token"]))

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files to others")
    def test_doctor_finds_files_that_belong_to_another_user_than_the_server(self):
        self.start()

        def found():
            doctor = subprocess.run([BINARY, "doctor", "--output", "json", "--database", self.server.database],
                                    capture_output=True, text=True)
            return next(found for found in json.loads(doctor.stdout) if found["check"] == "database_owner")
        self.assertEqual(found()["state"], "ok")
        os.chown(self.server.database, 12345, -1)
        finding = found()
        self.assertEqual(finding["state"], "failed")
        self.assertIn(f"{self.server.database} to user 12345", finding["text"])
        self.assertTrue(finding["text"].endswith(". Run chown 0 on each"), finding)
        # SQLite, run by root, gives the files beside it to the same owner.
        for suffix in ("", "-wal", "-shm"):
            os.chown(f"{self.server.database}{suffix}", 0, -1)
        self.assertEqual(found()["state"], "ok")


if __name__ == "__main__":
    unittest.main()
