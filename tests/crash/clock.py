"""The machine's clock is set while the server runs, by libfaketime: what was revoked stays revoked, and what the
server logs and stores goes on in order (rule F10)."""

import glob
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from server import BINARY, Server
from web import Web

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Clock(unittest.TestCase):
    def setUp(self):
        found = glob.glob(LIBRARIES)
        self.assertTrue(found, "libfaketime is missing: apt-get install faketime")

        def prepare(folder):
            self.offset = folder / "offset"
            self.set_clock(0)
            self.environment = {
                **os.environ, "LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.offset),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            }
            return {"env": self.environment}
        self.server = Server(Path(__file__).parent / "keyfob.toml", prepare=prepare)
        self.addCleanup(self.server.close)
        self.web = Web(self.server)

    def set_clock(self, seconds):
        """Ahead of the machine's."""
        new = self.offset.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.rename(self.offset)

    def command(self, *arguments):
        ended = subprocess.run([BINARY, *arguments, "--database", self.server.database], env=self.environment,
                               capture_output=True, text=True, check=True)
        return ended.stdout

    def events(self):
        return json.loads(self.command("events", "list", "--output", "json"))

    def test_what_was_revoked_stays_so_when_the_clock_was_ahead_for_a_change_by_an_administrator(self):
        client = self.web.client()
        _, answer = self.web.redeem(client, self.web.code())
        for token in (answer["refresh_token"], answer["access_token"]):
            self.assertEqual(client.post("/revoke", token=token)[0], 200)
        # Revoked by itself: no grant's revocation speaks for it.
        single = client.token("client_credentials")[1]["access_token"]
        self.assertEqual(client.post("/revoke", token=single)[0], 200)
        self.set_clock(7200)
        # Another process changes the file, and the server reads everything anew.
        made = json.loads(self.command("client", "create", "ahead", "--grant-type", "client_credentials", "--output", "json"))
        ahead = self.server.client("ahead", made["client_secret"])
        began = time.monotonic()
        while ahead.token("client_credentials")[0] != 200:
            self.assertLess(time.monotonic() - began, 20)
        self.set_clock(0)
        self.assertFalse(client.is_active(single))
        self.assertFalse(client.is_active(answer["access_token"]))
        self.assertEqual(self.web.refresh(client, answer["refresh_token"])[0], 400)

    def test_events_go_on_in_order_after_a_clock_that_was_a_day_ahead(self):
        self.set_clock(86400)
        self.command("team", "create", "ahead", "--name", "Ahead")
        self.assertEqual(self.server.stop(), 0)
        self.set_clock(0)
        self.server.start()
        # The clock that was ahead was not believed, so that the right one is not called late.
        self.assertNotIn("system clock is earlier than the last change in the database", self.server.log())
        self.command("team", "create", "right", "--name", "Right")
        newest = self.events()[0]
        self.assertEqual(newest["detail"]["team"] if "team" in (newest["detail"] or {}) else newest["subject"],
                         "right", newest)


if __name__ == "__main__":
    unittest.main()
