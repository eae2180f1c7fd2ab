"""mcp (PyPI): a client known by the URL of its metadata document, which nobody registered (MCP's preferred way)."""

import asyncio
import datetime
import http.server
import ipaddress
import json
import os
import ssl
import sys
import tempfile
import threading
import unittest
import urllib.parse
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from kept import Kept
from person import Person
from server import Server

REDIRECT = "http://localhost:20497/callback"


def certificate(folder):
    """A root, and a certificate for localhost that it has signed."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def make(common_name, issuer, key, signing_key, extension):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
        builder = (
            x509.CertificateBuilder().subject_name(name).issuer_name(issuer or name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(extension, critical=issuer is None)
        )
        return builder.sign(signing_key, hashes.SHA256())

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = make("A root", None, root_key, root_key, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = make("localhost", root.subject, key, root_key, names)
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "cert.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Pages(http.server.BaseHTTPRequestHandler):
    """JSON documents by path; what is not there wants a token."""

    def do_GET(self):
        document = self.server.documents.get(self.path)
        if document is None and self.path == "/mcp":
            authorized = self.headers.get("Authorization", "").startswith("Bearer ")
            document = {"ok": True} if authorized else None
        status = 200 if document is not None else 404 if self.path.startswith("/.well-known/") else 401
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def serve(documents, folder=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.documents = documents
    if folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        certificate(cls.folder)
        cls.documents = {}
        cls.site = serve(cls.documents, cls.folder)
        cls.mcp = serve({})
        cls.url = f"https://localhost:{cls.site.server_port}/client.json"
        cls.resource = f"http://127.0.0.1:{cls.mcp.server_port}/mcp"
        # As such documents are found in the wild: unknown members, more grants than there are, the plural of the
        # authentication method, redirect URIs without a port.
        cls.documents["/client.json"] = {
            "client_id": cls.url, "client_name": "A client by its document",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token", "urn:example:unknown"],
            "response_types": ["code"], "token_endpoint_auth_methods_supported": ["none"], "x-unknown": {"a": 1},
        }
        cls.documents["/liar.json"] = cls.documents["/client.json"]
        state_file = cls.folder / "keyfob.toml"
        state_file.write_text(f"""
outbound_allow = ["127.0.0.1/32", "::1/128"]
outbound_ca_file = "{cls.folder}/root.pem"
registration_scope = "offline_access"
registration_resources = ["{cls.resource}"]

[[scope]]
name = "mcp:tools"
description = "use the tools of the MCP server"

[[resource]]
uri = "{cls.resource}"
name = "An MCP server"
scopes = "mcp:tools"

[[user]]
username = "ola"
password = "correct horse"
""")
        # Not what is said of the server that every suite gets: this one needs to know the certificate.
        own = {name: value for name, value in os.environ.items() if name != "KEYFOB_ISSUER"}
        cls.keyfob = Server(state_file, env=own)
        cls.mcp.documents["/.well-known/oauth-protected-resource/mcp"] = {
            "resource": cls.resource, "authorization_servers": [cls.keyfob.issuer],
            "scopes_supported": ["mcp:tools", "offline_access"],
        }

    @classmethod
    def tearDownClass(cls):
        cls.keyfob.close()
        for server in (cls.site, cls.mcp):
            server.shutdown()
            server.server_close()

    def get(self, url):
        """What the MCP server answers a client with this document."""
        storage, asked = Kept(), []
        person = Person(self.keyfob.issuer, "ola", "correct horse")

        async def redirect(url):
            asked.append(url)

        async def callback():
            back = await asyncio.to_thread(person.authorize, asked[-1])
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
            return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"])

        metadata = OAuthClientMetadata(redirect_uris=[REDIRECT], token_endpoint_auth_method="none")

        async def run():
            provider = OAuthClientProvider(
                self.resource, metadata, storage, redirect, callback, client_metadata_url=url,
            )
            async with httpx2.AsyncClient(auth=provider, trust_env=False) as client:
                return await client.get(self.resource)

        return asyncio.run(run()), storage, asked

    def test_is_let_in_without_any_registration(self):
        answer, storage, asked = self.get(self.url)
        self.assertEqual(answer.status_code, 200)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(asked[0]).query)
        self.assertEqual(query["client_id"], [self.url])
        self.assertEqual(query["resource"], [self.resource])
        self.assertTrue(storage.tokens.access_token)

    def test_a_document_of_another_client_is_refused(self):
        with self.assertRaises(AssertionError) as refused:
            self.get(self.url.replace("client.json", "liar.json"))
        self.assertRegex(str(refused.exception), "client_id")


if __name__ == "__main__":
    unittest.main()
