"""The database file is moved, deleted or replaced under the running server: it is noticed within a second, and
neither what was there nor what is there now is harmed."""

import os
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
CANNOT_STORE = "the server cannot store anything at the moment, try again later"


class Displaced(unittest.TestCase):
    def setUp(self):
        self.server = Server(Path(__file__).parent / "keyfob.toml")
        self.addCleanup(self.server.close)
        self.client = Web(self.server).client()
        self.issue(20)

    def issue(self, count):
        for _ in range(count):
            self.assertEqual(self.client.token("client_credentials")[0], 200)

    def assert_noticed(self, text):
        began = time.monotonic()
        while (ready := fetch(self.server.issuer + "/readyz"))[0] == 200:
            self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((ready[0], ready[2]), (503, text))
        status, _, answer = self.client.post("/token", grant_type="client_credentials")
        self.assertEqual((status, answer["error_description"]), (503, CANNOT_STORE))
        self.assertEqual(self.server.log().count("writes are refused"), 1)

    def test_a_write_ahead_log_that_is_deleted_costs_nothing_and_a_restart(self):
        tokens = [self.client.token("client_credentials")[1]["access_token"] for _ in range(50)]
        (self.server.folder / "keyfob.db-wal").unlink()
        self.assertEqual(self.server.process.wait(5), 70)
        self.assertIn("what it held is in the database", self.server.log())
        self.server.start()
        client = Web(self.server).client()
        for token in tokens:
            self.assertTrue(client.is_active(token))

    def kept(self):
        """How many tokens are in the copy of what the server had."""
        [kept] = [path for path in self.server.folder.glob("keyfob.db.displaced-*Z")]
        with sqlite3.connect(kept) as file:
            self.assertEqual(file.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            [(tokens,)] = file.execute("SELECT count(*) FROM access_tokens")
        file.close()
        return tokens

    def test_a_backup_that_is_moved_over_it_is_served_from_the_next_start(self):
        backup = self.server.folder / "backup.db"
        subprocess.run([BINARY, "backup", backup, "--database", self.server.database], check=True,
                       capture_output=True)
        self.issue(300)
        content = backup.read_bytes()
        os.rename(backup, self.server.database)
        self.assert_noticed("the database file was replaced by another: restart the server\n")
        # What an administrator runs now does not harm the new file with the old one's log.
        subprocess.run([BINARY, "user", "list", "--database", self.server.database], check=True,
                       capture_output=True)
        self.assertEqual(self.server.stop(), 1)
        with sqlite3.connect(self.server.database) as file:
            self.assertEqual(file.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(file.execute("SELECT count(*) FROM access_tokens").fetchall(), [(20,)])
        file.close()
        self.assertEqual(len(content), self.server.database.stat().st_size)
        self.assertEqual(self.kept(), 320)
        self.server.start()
        self.client = Web(self.server).client()
        self.issue(1)

    def test_one_that_is_deleted_is_kept_as_a_copy_and_never_made_anew(self):
        self.server.database.unlink()
        self.assert_noticed("the database file was moved or deleted\n")
        self.assertEqual(self.server.stop(), 1)
        self.assertFalse(self.server.database.exists())
        self.assertEqual(self.kept(), 20)

    def test_one_that_is_moved_away_and_back_is_served_on(self):
        elsewhere = self.server.folder / "elsewhere.db"
        os.rename(self.server.database, elsewhere)
        self.assert_noticed("the database file was moved or deleted\n")
        os.rename(elsewhere, self.server.database)
        began = time.monotonic()
        while fetch(self.server.issuer + "/readyz")[0] != 200:
            self.assertLess(time.monotonic() - began, 5)
        self.issue(1)
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
