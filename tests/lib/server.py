"""The real binary in a folder of its own, to be stopped in every way. Standard library only."""

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

BINARY = os.environ["KEYFOB_BIN"]


class Server:
    """Starts on a free port; starts again on the same port, so that the issuer stays the same."""

    def __init__(self, state_file, stderr=None, prepare=None, **popen):
        """Logs into the folder, or to `stderr`. `prepare` is given the folder and answers with more for Popen."""
        self.folder = Path(tempfile.mkdtemp())
        self.database = self.folder / "keyfob.db"
        self.state_file = shutil.copy(state_file, self.folder)
        self.stderr = stderr
        self.popen = popen | (prepare(self.folder) if prepare else {})
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        """Answers with the seconds until it was ready."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        began = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--config", self.state_file, "--listen", f"localhost:{self.port}",
                 "--database", self.database, "--ready-file", ready],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log if self.stderr is None else self.stderr,
                **self.popen,
            )
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() - began > 10:
                raise AssertionError("keyfob did not become ready:\n" + self.log())
            time.sleep(0.005)
        took = time.monotonic() - began
        self.issuer = json.loads(ready.read_text())["issuer"]
        self.port = urllib.parse.urlsplit(self.issuer).port
        return took

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, within=15):
        """Asks it to end, and answers with its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder)

    def log(self):
        return (self.folder / "log").read_text()[-4000:]

    def client(self, client_id, secret):
        return Client(self, client_id, secret)


class Client:
    """A confidential client on one connection that is kept alive."""

    def __init__(self, server, client_id, secret):
        self.server = server
        name = urllib.parse.quote_plus(client_id) + ":" + urllib.parse.quote_plus(secret)
        self.authorization = "Basic " + base64.b64encode(name.encode()).decode()
        self.connection = None

    def post(self, path, timeout=15, **form):
        """Status, headers and JSON of the answer. Raises OSError or HTTPException where none came."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        headers = {
            "Authorization": self.authorization,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            body = urllib.parse.urlencode(form)
            self.connection.request("POST", "/api/v1/oauth" + path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        return answer.status, answer.headers, json.loads(text) if text else None

    def token(self, grant_type, **form):
        status, _, answer = self.post("/token", grant_type=grant_type, **form)
        return status, answer

    def is_active(self, token):
        status, _, answer = self.post("/introspect", token=token)
        assert status == 200, answer
        return answer["active"]
