"""mcp (PyPI): an MCP client in Python that registers itself, signs in, and asks for more when a tool needs more."""

import asyncio
import base64
import http.server
import json
import os
import sys
import threading
import unittest
import urllib.parse

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, OAuthFlowError
from mcp.shared.auth import OAuthClientMetadata

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from kept import Kept
from person import Person

ISSUER = os.environ["KEYFOB_ISSUER"]
PORT = 20494
RESOURCE = f"http://127.0.0.1:{PORT}/mcp"
REDIRECT = "http://127.0.0.1:20495/callback"
METADATA = f"http://127.0.0.1:{PORT}/.well-known/oauth-protected-resource/mcp"


class McpServer(http.server.BaseHTTPRequestHandler):
    """Lets tokens in that the authorization server calls active, for this resource; one address wants more."""

    def do_GET(self):
        if self.path == "/.well-known/oauth-protected-resource/mcp":
            document = {"resource": RESOURCE, "authorization_servers": [ISSUER], "scopes_supported": ["mcp:tools"]}
            return self.answer(200, document)
        if self.path.startswith("/.well-known/"):
            return self.answer(404, {})
        claims = self.claims()
        if claims is None:
            return self.answer(401, {}, f'Bearer resource_metadata="{METADATA}", scope="mcp:tools"')
        wanted = "mcp:admin" if self.path == "/mcp/admin" else "mcp:tools"
        if wanted not in claims["scope"].split():
            challenge = f'Bearer error="insufficient_scope", scope="mcp:tools {wanted}", resource_metadata="{METADATA}"'
            return self.answer(403, {}, challenge)
        self.answer(200, claims)

    def claims(self):
        """What the token says, if it is for this resource. Its signature is another suite's matter."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return None
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return claims if RESOURCE in audience else None

    def answer(self, status, body, challenge=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Mcp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), McpServer)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.storage = Kept()
        self.asked = []
        self.change = lambda result: result

    def get(self, path):
        """What the MCP server answers a client that does whatever is needed to be let in."""
        person = Person(ISSUER, "ola", "correct horse")

        async def redirect(url):
            self.asked.append(url)

        async def callback():
            back = await asyncio.to_thread(person.authorize, self.asked[-1])
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
            return self.change(AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"]))

        metadata = OAuthClientMetadata(
            client_name="A client in Python", redirect_uris=[REDIRECT],
            grant_types=["authorization_code", "refresh_token"], response_types=["code"],
            token_endpoint_auth_method="none",
        )

        async def run():
            provider = OAuthClientProvider(RESOURCE, metadata, self.storage, redirect, callback)
            async with httpx2.AsyncClient(auth=provider, trust_env=False) as client:
                return await client.get(f"http://127.0.0.1:{PORT}{path}")

        return asyncio.run(run())

    def test_registers_signs_in_and_is_let_in(self):
        answer = self.get("/mcp")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["sub"], "u-ola")
        self.assertTrue(self.storage.client.client_id)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.asked[0]).query)
        self.assertEqual(query["resource"], [RESOURCE])
        self.assertEqual(query["code_challenge_method"], ["S256"])

    def test_steps_up_when_a_tool_needs_more(self):
        self.assertEqual(self.get("/mcp").status_code, 200)
        answer = self.get("/mcp/admin")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("mcp:admin", answer.json()["scope"].split())
        self.assertEqual(len(self.asked), 2)

    def test_notices_the_answer_of_another_server(self):
        self.change = lambda result: result.model_copy(update={"iss": "https://evil.example"})
        with self.assertRaises(OAuthFlowError):
            self.get("/mcp")

    def test_notices_another_state(self):
        self.change = lambda result: result.model_copy(update={"state": "made-up"})
        with self.assertRaises(OAuthFlowError):
            self.get("/mcp")


if __name__ == "__main__":
    unittest.main()
