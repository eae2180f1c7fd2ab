"""kill -9 under load, again and again. What was answered before is known afterwards: a ledger outside the
server says what was (rules F4, P2)."""

import http.client
import os
import random
import shutil
import sqlite3
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

ROUNDS = int(os.environ.get("CRASH_KILLS", "6"))
NO_ANSWER = (OSError, http.client.HTTPException)


class Ledger:
    """What the server has answered. An entry is made when the whole answer is there."""

    def __init__(self):
        self.lock = threading.Lock()
        self.access_tokens = []
        self.revoked = []
        self.spent_codes = []

    def note(self, entries, value):
        with self.lock:
            entries.append(value)


class Chain:
    """One family: its refresh tokens in the order in which they were answered, and its access tokens."""

    def __init__(self, answer):
        self.tokens = [answer["refresh_token"]]
        self.access_tokens = [answer["access_token"]]

    def note(self, answer):
        self.tokens.append(answer["refresh_token"])
        self.access_tokens.append(answer["access_token"])


class Kill(unittest.TestCase):
    def setUp(self):
        self.server = Server(Path(__file__).parent / "keyfob.toml")
        self.addCleanup(self.server.close)
        self.web = Web(self.server)
        self.ledger = Ledger()
        self.failures = []

    # The load: each worker goes on until no answer comes, which is when the server was killed.

    def issue_and_revoke(self, client):
        for n in range(1_000_000):
            status, answer = client.token("client_credentials")
            self.assertEqual(status, 200, answer)
            token = answer["access_token"]
            if n % 4 == 0:
                status, _, _ = client.post("/revoke", token=token)
                self.assertEqual(status, 200)
                self.ledger.note(self.ledger.revoked, token)
            else:
                self.ledger.note(self.ledger.access_tokens, token)

    def redeem_codes(self, client):
        while True:
            code = self.web.code()
            status, answer = self.web.redeem(client, code)
            self.assertEqual(status, 200, answer)
            self.ledger.note(self.ledger.spent_codes, (code, answer["access_token"]))

    def rotate(self, client, chain):
        while True:
            status, answer = self.web.refresh(client, chain.tokens[-1])
            self.assertEqual(status, 200, answer)
            chain.note(answer)

    def worker(self, work, *arguments):
        def run():
            try:
                work(self.web.client(), *arguments)
            except NO_ANSWER:
                pass
            except AssertionError as failure:
                self.failures.append(failure)
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def check(self, chains, known):
        client, ledger = self.web.client(), self.ledger
        self.assertEqual(self.failures, [])
        # Nothing older can have been lost without something newer, but a few are looked at all the same.
        recent = ledger.access_tokens[known:]
        older = random.sample(ledger.access_tokens[:known], min(50, known))
        in_chains = [token for chain in chains for token in chain.access_tokens[-50:]]
        for token in recent[-300:] + older + in_chains:
            self.assertTrue(client.is_active(token), "an answered token is unknown")
        for token in ledger.revoked[-200:]:
            self.assertFalse(client.is_active(token), "a revoked token came back to life")
        for code, access_token in ledger.spent_codes:
            self.assertTrue(client.is_active(access_token), "a redeemed code is unknown")
            self.assertEqual(self.web.redeem(client, code)[0], 400, "a used code works again")
            self.assertFalse(client.is_active(access_token), "a replayed code did not end its family")
        ledger.spent_codes.clear()
        lost = []
        for chain in chains:
            # Whether the last refresh was committed or not, whose answer did not come: its token works.
            status, answer = self.web.refresh(client, chain.tokens[-1])
            self.assertEqual(status, 200, ("a client that lost the answer lost its login", answer))
            chain.note(answer)
        for chain in chains[::2]:
            if len(chain.tokens) < 3:
                continue
            lost.append(chain)
            self.assertEqual(self.web.refresh(client, chain.tokens[-3])[0], 400, "a rotated token works again")
            self.assertEqual(self.web.refresh(client, chain.tokens[-1])[0], 400, "the family did not end")
            self.assertFalse(client.is_active(chain.access_tokens[-1]), "the family did not end")
        for chain in lost:
            chains.remove(chain)

    def integrity(self):
        """Of a copy of what the killed process left: opening the file itself would mend it."""
        with tempfile.TemporaryDirectory() as folder:
            for path in self.server.folder.glob("keyfob.db*"):
                shutil.copy(path, folder)
            with sqlite3.connect(Path(folder) / "keyfob.db") as copy:
                found = copy.execute("PRAGMA integrity_check").fetchall()
                dangling = copy.execute("PRAGMA foreign_key_check").fetchall()
            copy.close()
        self.assertEqual((found, dangling), ([("ok",)], []))

    def test_nothing_that_was_answered_is_lost(self):
        chains = []
        counted = []
        for _ in range(ROUNDS):
            client = self.web.client()
            while len(chains) < 4:
                chains.append(Chain(self.web.redeem(client, self.web.code())[1]))
            known = len(self.ledger.access_tokens)
            load = [self.worker(self.rotate, chain) for chain in chains]
            load += [self.worker(self.issue_and_revoke) for _ in range(2)]
            load += [self.worker(self.redeem_codes)]
            time.sleep(random.uniform(0.5, 1.2))
            # On a busy machine it takes longer until there is something to lose.
            began = time.monotonic()
            while len(self.ledger.access_tokens) - known <= 20 or not self.ledger.spent_codes:
                self.assertLess(time.monotonic() - began, 30)
                time.sleep(0.01)
            self.server.kill()
            for thread in load:
                thread.join(20)
                self.assertFalse(thread.is_alive())
            self.integrity()
            self.assertLess(self.server.start(), 2, "slow to come back")
            counted.append((len(self.ledger.access_tokens) - known, len(self.ledger.spent_codes)))
            self.check(chains, known)
        # The load was one: every round had answers to lose.
        for tokens, codes in counted:
            self.assertGreater(tokens, 20, counted)
            self.assertGreater(codes, 0, counted)
        self.assertEqual(self.server.stop(), 0)
        report.line(f"kill: {ROUNDS} kills under load, {len(self.ledger.access_tokens)} tokens and "
                    f"{len(self.ledger.revoked)} revocations answered, none lost")


if __name__ == "__main__":
    unittest.main()
