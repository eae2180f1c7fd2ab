"""Requests that schemathesis makes up from /openapi.json: none of them is answered with a 5xx. Bounded by examples, the
same every time."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

ISSUER = os.environ["KEYFOB_ISSUER"]
# A stream that does not end by itself, and bodies that are files, which schemathesis cannot write.
LEFT_OUT = "^/admin/api/v1/(events/stream|backup/upload)$"


def token():
    basic = base64.b64encode(b"job:s3cret-of-the-job").decode()
    request = urllib.request.Request(
        f"{ISSUER}/api/v1/oauth/token",
        data=urllib.parse.urlencode({"grant_type": "client_credentials"}).encode(),
        headers={"authorization": f"Basic {basic}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["access_token"]


class Schemathesis(unittest.TestCase):
    def run_it(self, exclude, *arguments):
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{ISSUER}/openapi.json",
            "--checks", "not_a_server_error", "--exclude-path-regex", exclude, "--seed", "1", "--no-color",
            "--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off",
            "--request-timeout", "20", *arguments,
        ]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=290)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])
        # One that has tested nothing has found nothing, too.
        self.assertRegex(done.stdout, r"\d+ generated")

    def test_nothing_that_a_stranger_sends_makes_the_server_fail(self):
        self.run_it("^/admin/", "--max-examples", "20", "--phases", "examples,coverage,fuzzing")

    def test_nothing_that_an_administrator_sends_makes_the_server_fail(self):
        self.run_it(
            LEFT_OUT, "--max-examples", "10", "--phases", "examples,coverage,fuzzing", "--include-path-regex", "^/admin/",
            "-H", f"Authorization: Bearer {token()}",
        )
