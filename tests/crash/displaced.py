"""The database file is moved, deleted or replaced under the running server: it is noticed within a second, and
neither what was there nor what is there now is harmed."""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from person import fetch
from server import BINARY, Server
from web import Web


# What clients are told while nothing can be written.
CANNOT_STORE = "The server cannot save changes at the moment. Try again later."


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
        # The log is written by a thread of its own.
        while "changes are refused" not in self.server.log():
            self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.server.log().count("changes are refused"), 1)

    def test_a_write_ahead_log_that_is_deleted_costs_nothing_and_a_restart(self):
        tokens = [self.client.token("client_credentials")[1]["access_token"] for _ in range(50)]
        (self.server.folder / "keyfob.db-wal").unlink()
        self.assertEqual(self.server.process.wait(5), 70)
        self.assertIn("its changes are in the database", self.server.log())
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
        self.assert_noticed("the database file was replaced by another; restart the server\n")
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

    def keyfob(self, *arguments, database=None):
        """Runs a command on the database."""
        return subprocess.run([BINARY, *arguments, "--database", database or self.server.database],
                              capture_output=True, text=True, timeout=30)

    def users(self):
        with sqlite3.connect(self.server.database) as file:
            [(users,)] = file.execute("SELECT count(*) FROM users WHERE username LIKE 'new%'")
        file.close()
        return users

    def wait_until_ready(self, is_ready):
        began = time.monotonic()
        while (fetch(self.server.issuer + "/readyz")[0] == 200) != is_ready:
            self.assertLess(time.monotonic() - began, 5)

    def test_a_shared_memory_that_is_deleted_costs_no_write_that_was_acknowledged(self):
        for end in ("of itself", "kill"):
            with self.subTest(end=end):
                tokens = [self.client.token("client_credentials")[1]["access_token"] for _ in range(20)]
                before = self.users()
                (self.server.folder / "keyfob.db-shm").unlink()
                acknowledged = before
                for number in range(3):
                    created = self.keyfob("user", "create", f"new-{end[0]}-{number}")
                    acknowledged += created.returncode == 0
                    # Written by whoever writes: it must not overwrite what the command has written.
                    try:
                        self.client.token("client_credentials")
                    except OSError:
                        pass
                if end == "kill" and self.server.process.poll() is None:
                    self.server.kill()
                self.assertEqual(self.server.process.wait(5), 70)
                self.assertIn("the shared memory of the database (-shm) was moved or deleted", self.server.log())
                self.assertEqual(acknowledged, before + 3, created.stderr)
                self.assertEqual(self.users(), acknowledged)
                self.server.start()
                self.client = Web(self.server).client()
                for token in tokens:
                    self.assertTrue(self.client.is_active(token))

    def test_a_command_does_not_write_beside_a_server_whose_shared_memory_is_gone(self):
        # A server that cannot end by itself at the moment.
        os.kill(self.server.process.pid, signal.SIGSTOP)
        (self.server.folder / "keyfob.db-shm").unlink()
        created = self.keyfob("user", "create", "new")
        os.kill(self.server.process.pid, signal.SIGCONT)
        self.assertEqual(created.returncode, 1)
        self.assertIn("keyfob.db-shm was moved or deleted while a server was using it (process "
                      f"{self.server.process.pid}). Restart the server", created.stderr)
        self.assertEqual(self.server.process.wait(5), 70)
        self.assertEqual(self.users(), 0)

    def test_a_database_with_several_names_is_used_by_no_command_and_makes_the_server_unready(self):
        link = self.server.folder / "link.db"
        os.link(self.server.database, link)
        for database in (self.server.database, link):
            for arguments in (("user", "create", "new"), ("user", "list"), ("restore", "--yes", link)):
                answered = self.keyfob(*arguments, database=database)
                self.assertEqual(answered.returncode, 1, arguments)
                if arguments[0] == "user":
                    self.assertIn(f"{database} has another name (a hard link)", answered.stderr)
        self.wait_until_ready(False)
        self.assertEqual(fetch(self.server.issuer + "/readyz")[2],
                         "the database file has another name (a hard link); remove that name\n")
        self.assertIn("has another name (a hard link)", self.server.log())
        # What it writes itself is safe.
        self.issue(1)
        link.unlink()
        self.wait_until_ready(True)
        self.assertEqual(self.server.stop(), 0)

    def test_a_lock_that_is_deleted_lets_no_second_server_and_no_restore_in(self):
        backup = self.server.folder / "backup.db"
        self.assertEqual(self.keyfob("backup", backup).returncode, 0)
        lock = self.server.folder / "keyfob.db-lock"
        for arguments in (("serve", "--listen", "localhost:0"), ("restore", backup, "--yes")):
            lock.unlink()
            refused = self.keyfob(*arguments)
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertIn(f"Another Keyfob server is already using {self.server.database} (process {self.server.process.pid})",
                          refused.stderr)
            self.assertTrue(lock.exists())
        self.issue(1)
        self.assertIn("lock file was moved or deleted while the server runs; created it again",
                      self.server.log())
        self.assertEqual(self.server.stop(), 0)
        self.assertFalse(lock.exists())

    def test_a_server_ends_where_another_one_has_its_lock(self):
        lock = self.server.folder / "keyfob.db-lock"
        os.kill(self.server.process.pid, signal.SIGSTOP)
        lock.unlink()
        with open(lock, "w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            os.kill(self.server.process.pid, signal.SIGCONT)
            self.assertEqual(self.server.process.wait(5), 70)
            self.assertIn("another server uses the database", self.server.log())
            self.assertTrue(lock.exists(), "it is the other one's")

    def test_everything_beside_the_database_deleted_at_once_costs_nothing_that_was_acknowledged(self):
        tokens = [self.client.token("client_credentials")[1]["access_token"] for _ in range(50)]
        for path in self.server.folder.glob("keyfob.db-*"):
            path.unlink()
        self.assertEqual(self.server.process.wait(5), 70)
        self.server.start()
        client = Web(self.server).client()
        for token in tokens:
            self.assertTrue(client.is_active(token))

    def test_a_folder_that_is_gone_leaves_a_copy_elsewhere(self):
        folder = self.server.folder
        home = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, home)
        inner = home / "inner"
        inner.mkdir()
        self.server.stop()
        self.server.database = inner / "keyfob.db"
        self.server.start()
        self.client = Web(self.server).client()
        self.issue(20)
        os.rename(inner, home / "moved")
        self.assert_noticed("the database file was moved or deleted\n")
        [kept] = home.glob("keyfob.db.displaced-*Z")
        self.assertIn(f'kept="{kept}"', self.server.log())
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        with sqlite3.connect(kept) as file:
            self.assertEqual(file.execute("SELECT count(*) FROM access_tokens").fetchall(), [(20,)])
        file.close()
        self.assertTrue(folder.exists())


if __name__ == "__main__":
    unittest.main()
