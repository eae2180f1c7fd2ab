"""What the apps share: a client that is registered by command, a program that runs beside the server, and a browser."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

HERE = Path(__file__).parent
ISSUER = os.environ["KEYFOB_ISSUER"]
PROGRAMS = HERE / ".venv/bin"
NODE_PROGRAMS = HERE / "node_modules/.bin"
PATH = f"{PROGRAMS}:{NODE_PROGRAMS}:{os.environ['PATH']}"
PASSWORD = "correct horse"
# How long an app may take to be ready, in seconds, on a busy machine.
PATIENCE = 120


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class AppTest(unittest.TestCase):
    """One app on a free port, and the folder in which it keeps its files."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"

    def register(self, callback, *flags):
        """Creates the client as its operator would; its id and secret."""
        command = [os.environ["KEYFOB_BIN"], "client", "create", f"app-{self.port}", "--output", "json",
                   "--redirect-uri", self.url + callback, "--scope", "openid profile email", *flags]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
        client = json.loads(made.stdout)
        # The server reads what a command has changed within a second.
        authorize = f"{ISSUER}/api/v1/oauth/authorize?client_id={client['client_id']}"
        ends = time.monotonic() + PATIENCE
        while "Unknown client_id" in requests.get(authorize, allow_redirects=False, timeout=PATIENCE).text:
            self.assertLess(time.monotonic(), ends, "the server does not know the client")
            time.sleep(0.05)
        return client["client_id"], client["client_secret"]

    def write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        return file

    def run_beside(self, command, **environment):
        """Runs the program until the test ends."""
        log = self.folder / "log"
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=own | {"NO_PROXY": "*", "PATH": PATH} | {name: str(value) for name, value in environment.items()},
            )
        self.addCleanup(self._end, process)
        return process

    def start(self, command, ready="/", **environment):
        """The same, and waits for it to answer at the path `ready`."""
        process = self.run_beside(command, **environment)
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                answer = requests.get(self.url + ready, allow_redirects=False, timeout=PATIENCE)
                if answer.status_code not in (404, 503):
                    return process
            except requests.ConnectionError:
                pass
            if process.poll() is not None or time.monotonic() > ends:
                raise AssertionError("the app did not start:\n" + self.log())
            time.sleep(0.05)

    def python(self, text, ready="/", **environment):
        """The same for a Python program."""
        return self.start([sys.executable, self.write("app.py", text)], ready, **environment)

    def node(self, name, ready="/", **environment):
        """The same for NAME.js in the folder `programs`."""
        return self.start(["node", HERE / "programs" / f"{name}.js"], ready, PORT=self.port, URL=self.url, ISSUER=ISSUER,
                          **environment)

    def log(self):
        return (self.folder / "log").read_text()[-4000:]

    def _end(self, process):
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Browser:
    """Keeps cookies, follows redirects, and signs in on the hosted pages as `username`."""

    FORM = re.compile(r"<form[^>]*>.*?</form>", re.S)
    INPUT = re.compile(r"<input[^>]*>")

    def __init__(self, username="ola"):
        self.username = username
        self.session = requests.Session()
        self.session.trust_env = False
        self.visited = []
        # Fields of the last form of a hosted page, such as the answer to the app in response_mode=form_post.
        self.sent = {}

    def open(self, url, form=None, until=None):
        """The page on which it ends, outside the hosted pages, or the address beginning with `until` that it is sent to."""
        answer = self._send(url, form)
        for _ in range(30):
            here = answer.url
            self.visited.append(here)
            if answer.is_redirect:
                # The next request goes to the address in the header, whatever the form was.
                to = urljoin(here, answer.headers["Location"])
                if until and to.startswith(until):
                    return to
                answer = self._send(to)
                continue
            if not here.startswith(ISSUER + "/") or answer.status_code != 200:
                return answer
            fields = self.fields(answer.text)
            page = urlsplit(here).path
            if page == "/login":
                fields |= {"username": self.username, "password": PASSWORD}
            elif page == "/consent":
                fields["decision"] = "allow"
            elif "<form" not in answer.text:
                return answer
            self.sent = fields
            answer = self._send(urljoin(here, self.action(answer.text)), fields)
        raise AssertionError("the pages lead nowhere: " + " ".join(self.visited[-6:]))

    def submit(self, answer, **fields):
        """Sends the first form of an app's page."""
        return self.open(urljoin(answer.url, self.action(answer.text)), self.fields(answer.text) | fields)

    def fields(self, page):
        found = {}
        for tag in self.INPUT.findall(self._form(page)):
            attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
            if attributes.get("type", "text") == "hidden" and "name" in attributes:
                found[attributes["name"]] = unescape(attributes.get("value", ""))
        return found

    def action(self, page):
        action = re.search(r'action="([^"]*)"', self._form(page).split(">")[0])
        return unescape(action.group(1)) if action else ""

    def _form(self, page):
        form = self.FORM.search(page)
        return form.group(0) if form else ""

    def _send(self, url, form=None):
        method = "GET" if form is None else "POST"
        answer = self.session.request(method, url, data=form, allow_redirects=False, timeout=PATIENCE)
        # Browsers send cookies that are Secure to localhost, too.
        for cookie in self.session.cookies:
            cookie.secure = False
        return answer
