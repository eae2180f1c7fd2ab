"""The power is cut: whatever the disk had not confirmed may be missing or torn, and nothing that was answered is
lost (rule F5).

A library that is preloaded into the server records every write and flush. From the records images are built of
what may be on the disk at a random moment: what was flushed, and of the rest any part, down to single sectors.
Each image is started, and must know everything that was answered before that moment."""

import http.client
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
import report
from server import Server
from web import Web

IMAGES = int(os.environ.get("CRASH_IMAGES", "12"))
# Seconds of load, in which there are checkpoints.
LOAD = 3
SECTOR = 512
HEAD = struct.Struct("<cHIQ")
NO_ANSWER = (OSError, http.client.HTTPException)


class Disk:
    """Files as a disk has them: what is certain, and what is still on its way to it."""

    def __init__(self):
        self.certain = {}
        self.pending = {}

    def apply(self, op, name, data, offset):
        if op == b"S":
            for change in self.pending.pop(name, []):
                self.change(self.certain, *change)
        elif op in (b"U", b"R", b"L"):
            # The folder is flushed after it.
            changes = self.pending.pop(name, [])
            if op != b"U":
                self.pending[data.decode()] = [(change, data.decode(), *rest) for change, _, *rest in changes]
            self.change(self.certain, op, name, data, offset)
        else:
            self.pending.setdefault(name, []).append((op, name, data, offset))

    @staticmethod
    def change(files, op, name, data, offset):
        if op == b"U":
            files.pop(name, None)
        elif op == b"R":
            if name in files:
                files[data.decode()] = files.pop(name)
        elif op == b"L":
            if name in files:
                files[data.decode()] = bytearray(files[name])
        else:
            content = files.setdefault(name, bytearray())
            end = offset + len(data)
            if op == b"T":
                del content[offset:]
            if len(content) < end:
                content.extend(bytes(end - len(content)))
            content[offset:end] = data

    def image(self, chance):
        """What may be there if the power is cut now: each change on its way may have come, or a part of it."""
        files = {name: bytearray(content) for name, content in self.certain.items()}
        for changes in self.pending.values():
            for op, name, data, offset in changes:
                fate = chance.random()
                if fate < 0.4:
                    continue
                if fate < 0.7 and op == b"W":
                    for start in range(0, len(data), SECTOR):
                        if chance.random() < 0.5:
                            self.change(files, op, name, data[start:start + SECTOR], offset + start)
                    continue
                self.change(files, op, name, data, offset)
        return files


def records(path):
    """Each record, and where it ends."""
    content = path.read_bytes()
    at = 0
    while at + HEAD.size <= len(content):
        op, name_length, length, offset = HEAD.unpack_from(content, at)
        end = at + HEAD.size + name_length + length
        if end > len(content):
            return
        name = content[at + HEAD.size:at + HEAD.size + name_length].decode()
        yield end, op, name, content[end - length:end], offset
        at = end


class Power(unittest.TestCase):
    def setUp(self):
        self.tools = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tools)
        library = self.tools / "recorder.so"
        source = Path(__file__).parent / "recorder.c"
        subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", library, source, "-ldl",
                        "-lpthread"], check=True)
        self.record = self.tools / "record"
        self.server = Server(Path(__file__).parent / "keyfob.toml", prepare=lambda folder: {"env": {
            **os.environ, "LD_PRELOAD": str(library), "KEYFOB_RECORD": str(self.record),
            "KEYFOB_RECORD_PREFIX": str(folder.resolve() / "keyfob.db"),
        }})
        self.addCleanup(self.server.close)
        self.web = Web(self.server)
        self.ledger = []
        self.failures = []

    def note(self, kind, *what):
        """What was answered, and up to which record the disk had been used by then."""
        self.ledger.append((self.record.stat().st_size, kind, what))

    # The load: each worker goes on until no answer comes.

    def issue_and_revoke(self, client):
        for n in range(1_000_000):
            status, answer = client.token("client_credentials")
            self.assertEqual(status, 200, answer)
            token = answer["access_token"]
            if n % 3 > 0:
                self.note("issued", token)
            else:
                self.assertEqual(client.post("/revoke", token=token)[0], 200)
                self.note("revoked", token)

    def redeem_and_rotate(self, client):
        while True:
            code = self.web.code()
            status, answer = self.web.redeem(client, code)
            self.assertEqual(status, 200, answer)
            self.note("redeemed", code, answer["access_token"])
            family = object()
            for _ in range(3):
                before = answer["refresh_token"]
                status, answer = self.web.refresh(client, before)
                self.assertEqual(status, 200, answer)
                self.note("rotated", family, before, answer["refresh_token"])

    def worker(self, work):
        def run():
            try:
                work(self.web.client())
            except NO_ANSWER:
                pass
            except AssertionError as failure:
                self.failures.append(failure)
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def check(self, cut, chance):
        """Of the newest answers, which alone can be lost, and of some older ones."""
        client = self.web.client()
        known = [(kind, what) for position, kind, what in self.ledger if position <= cut]
        older = known[:-25]
        newest = known[-25:] + chance.sample(older, min(5, len(older)))
        latest = {what[0]: what[2] for kind, what in known if kind == "rotated"}
        for kind, what in newest:
            if kind == "issued":
                self.assertTrue(client.is_active(what[0]), "an answered token is unknown")
            elif kind == "revoked":
                self.assertFalse(client.is_active(what[0]), "a revoked token came back to life")
        for kind, what in newest:
            if kind == "rotated" and latest.pop(what[0], None):
                last = next(w for k, w in reversed(known) if k == "rotated" and w[0] is what[0])
                answer = self.web.refresh(client, last[2])
                self.assertEqual(answer[0], 200, ("an answered refresh token is unknown", answer))
        for kind, what in newest:
            if kind == "redeemed":
                self.assertTrue(client.is_active(what[1]), "an answered token is unknown")
                self.assertEqual(self.web.redeem(client, what[0])[0], 400, "a used code works again")
        return len(newest)

    def integrity(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in self.server.folder.glob("keyfob.db*"):
                shutil.copy(path, folder)
            with sqlite3.connect(Path(folder) / "keyfob.db") as copy:
                found = copy.execute("PRAGMA integrity_check").fetchall()
                dangling = copy.execute("PRAGMA foreign_key_check").fetchall()
            copy.close()
        self.assertEqual((found, dangling), ([("ok",)], []))

    def test_whatever_the_disk_had_not_confirmed_nothing_that_was_answered_is_lost(self):
        seed = int(os.environ.get("CRASH_SEED", time.time_ns() & 0xffff_ffff))
        chance = random.Random(seed)
        load = [self.worker(self.issue_and_revoke) for _ in range(2)]
        load += [self.worker(self.redeem_and_rotate)]
        time.sleep(LOAD)
        self.server.kill()
        for thread in load:
            thread.join(20)
        self.assertEqual(self.failures, [])
        self.ledger.sort(key=lambda entry: entry[0])
        self.assertGreater(len(self.ledger), 100, "the load was none")
        self.server.popen = {}
        changes = list(records(self.record))
        first = next(n for n, change in enumerate(changes) if change[0] >= self.ledger[20][0])
        cuts = sorted(chance.sample(range(first, len(changes)), min(IMAGES, len(changes) - first)))
        disk, done, checked = Disk(), 0, 0
        for cut in cuts:
            for _, *change in changes[done:cut]:
                disk.apply(*change)
            done = cut
            with self.subTest(seed=seed, cut=cut):
                for path in self.server.folder.glob("keyfob.db*"):
                    path.unlink()
                for name, content in disk.image(chance).items():
                    (self.server.folder / name).write_bytes(content)
                self.integrity()
                self.server.start()
                try:
                    checked += self.check(changes[cut - 1][0], chance)
                finally:
                    self.server.kill()
        report.line(f"power: {len(cuts)} images from {len(changes)} recorded writes and flushes, "
                    f"{checked} answers checked of {len(self.ledger)}, seed {seed}")


if __name__ == "__main__":
    unittest.main()
