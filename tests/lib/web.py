"""The client `web` of tests/crash/keyfob.toml, and Ola, who signs in to it."""

import base64
import hashlib
import urllib.parse

from person import Person

REDIRECT = "https://notes.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class Web:
    def __init__(self, server):
        self.server = server
        self.person = Person(server.issuer, "ola", "correct horse")

    def client(self):
        """On a connection of its own."""
        return self.server.client("web", "a secret of the web application")

    def code(self):
        query = urllib.parse.urlencode({
            "client_id": "web", "response_type": "code", "redirect_uri": REDIRECT,
            "scope": "openid offline_access", "state": "s",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        })
        back = self.person.authorize(f"{self.server.issuer}/api/v1/oauth/authorize?{query}")
        return urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]

    def redeem(self, client, code):
        return client.token("authorization_code", code=code, code_verifier=VERIFIER, redirect_uri=REDIRECT)

    def refresh(self, client, token):
        return client.token("refresh_token", refresh_token=token)
