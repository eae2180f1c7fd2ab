"""Authlib (PyPI) over requests, with joserfc checking the ID tokens."""

import os
import sys
import unittest
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.errors import MismatchingStateException
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidClaimError
from joserfc.jwk import KeySet

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from person import Person

ISSUER = os.environ["KEYFOB_ISSUER"]
CALLBACK = "https://notes.example/callback"
SERVER = requests.get(ISSUER + "/.well-known/openid-configuration", timeout=10).json()
KEYS = KeySet.import_key_set(requests.get(SERVER["jwks_uri"], timeout=10).json())


def web(**more):
    return OAuth2Session(
        "web",
        "a secret of the web application",
        scope="openid profile email offline_access",
        redirect_uri=CALLBACK,
        token_endpoint_auth_method="client_secret_basic",
        revocation_endpoint_auth_method="client_secret_basic",
        code_challenge_method="S256",
        **more,
    )


def service():
    return OAuth2Session(
        "service",
        "s3cret for development",
        token_endpoint_auth_method="client_secret_post",
        revocation_endpoint_auth_method="client_secret_post",
    )


def ola():
    return Person(ISSUER, "ola", "correct horse")


def id_token_claims(id_token, nonce, access_token):
    token = jwt.decode(id_token, KEYS, algorithms=SERVER["id_token_signing_alg_values_supported"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": "web"},
        },
        params={"nonce": nonce, "client_id": "web", "access_token": access_token},
    )
    claims.validate()
    return claims


class SignIn(unittest.TestCase):
    def start(self, session):
        verifier, nonce = generate_token(64), generate_token()
        url, state = session.create_authorization_url(
            SERVER["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        return ola().authorize(url), state, verifier, nonce

    def finish(self, session, callback, state, verifier):
        return session.fetch_token(
            SERVER["token_endpoint"],
            authorization_response=callback,
            state=state,
            code_verifier=verifier,
        )

    def test_a_person_signs_in_and_is_known(self):
        session = web()
        callback, state, verifier, nonce = self.start(session)
        token = self.finish(session, callback, state, verifier)
        claims = id_token_claims(token["id_token"], nonce, token["access_token"])
        self.assertEqual(claims["sub"], "u-ola")
        user = session.get(SERVER["userinfo_endpoint"], timeout=10).json()
        self.assertEqual((user["sub"], user["name"]), ("u-ola", "Ola Nordmann"))
        self.assertEqual(user["email"], "ola@example.com")

    def test_another_nonce_another_token_and_another_signature_are_noticed(self):
        session = web()
        callback, state, verifier, nonce = self.start(session)
        token = self.finish(session, callback, state, verifier)
        good = token["id_token"]
        with self.assertRaises(InvalidClaimError):
            id_token_claims(good, "another", token["access_token"])
        with self.assertRaises(InvalidClaimError):
            id_token_claims(good, nonce, token["access_token"] + "x")
        header, payload, signature = good.split(".")
        swapped = ("B" if signature[0] == "A" else "A") + signature[1:]
        with self.assertRaises(BadSignatureError):
            id_token_claims(f"{header}.{payload}.{swapped}", nonce, token["access_token"])

    def test_another_state_is_noticed_by_the_client(self):
        session = web()
        callback, state, verifier, _ = self.start(session)
        parts = urlsplit(callback)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.assertEqual(query["iss"], ISSUER)
        spoilt = urlunsplit(parts._replace(query=urlencode(query | {"state": "another"})))
        with self.assertRaises(MismatchingStateException):
            self.finish(session, spoilt, state, verifier)

    def test_another_verifier_is_noticed_by_the_server(self):
        session = web()
        callback, state, _, _ = self.start(session)
        with self.assertRaises(OAuthError) as caught:
            self.finish(session, callback, state, generate_token(64))
        self.assertEqual(caught.exception.error, "invalid_grant")

    def test_refresh_rotates_and_revocation_ends_it(self):
        session = web()
        callback, state, verifier, _ = self.start(session)
        first = self.finish(session, callback, state, verifier)
        second = session.refresh_token(SERVER["token_endpoint"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        answer = session.revoke_token(SERVER["revocation_endpoint"], second["refresh_token"])
        self.assertEqual(answer.status_code, 200)
        with self.assertRaises(OAuthError) as caught:
            session.refresh_token(SERVER["token_endpoint"], second["refresh_token"])
        self.assertEqual(caught.exception.error, "invalid_grant")


class Service(unittest.TestCase):
    def test_client_credentials_delegation_and_the_way_back(self):
        session = service()
        own = session.fetch_token(SERVER["token_endpoint"], grant_type="client_credentials")
        asked = {"sub": "u-kari", "team_id": "acme", "scopes": ["openid", "email", "keyfob:principal"]}
        answer = session.post(ISSUER + "/api/v1/oauth/delegated-token", json=asked, timeout=10)
        self.assertEqual(answer.status_code, 200, answer.text)
        delegated = answer.json()["access_token"]
        claims = jwt.decode(delegated, KEYS, algorithms=["ES256"]).claims
        self.assertEqual((claims["sub"], claims["act"]), ("u-kari", {"sub": "service"}))
        self.assertEqual(claims["team_id"], "acme")

        acting = OAuth2Session(token={"access_token": delegated, "token_type": "Bearer"})
        user = acting.get(SERVER["userinfo_endpoint"], timeout=10).json()
        self.assertEqual(user["email"], "kari@example.com")
        self.assertNotIn("given_name", user)
        back = acting.get(ISSUER + "/api/v1/oauth/principal-token", timeout=10)
        self.assertEqual(back.status_code, 200, back.text)
        claims = jwt.decode(back.json()["access_token"], KEYS, algorithms=["ES256"]).claims
        self.assertEqual(claims["sub"], "service")
        self.assertNotIn("act", claims)

        seen = session.introspect_token(SERVER["introspection_endpoint"], delegated).json()
        self.assertEqual((seen["active"], seen["sub"]), (True, "u-kari"))
        session.revoke_token(SERVER["revocation_endpoint"], own["access_token"])
        for token in (own["access_token"], delegated, back.json()["access_token"]):
            seen = session.introspect_token(SERVER["introspection_endpoint"], token).json()
            self.assertEqual(seen, {"active": False})

    def test_what_a_service_may_not_do_is_refused(self):
        session = service()
        session.fetch_token(SERVER["token_endpoint"], grant_type="client_credentials")
        rows = [
            ({"sub": "u-root"}, 403, "access_denied"),
            ({"sub": "u-ola", "team_id": "none"}, 400, "invalid_request"),
            ({"sub": "u-ola", "scopes": ["phone"]}, 400, "invalid_scope"),
        ]
        for body, status, error in rows:
            with self.subTest(body=body):
                answer = session.post(ISSUER + "/api/v1/oauth/delegated-token", json=body, timeout=10)
                self.assertEqual((answer.status_code, answer.json()["error"]), (status, error))
        wrong = OAuth2Session("service", "wrong", token_endpoint_auth_method="client_secret_post")
        with self.assertRaises(OAuthError) as caught:
            wrong.fetch_token(SERVER["token_endpoint"], grant_type="client_credentials")
        self.assertEqual(caught.exception.error, "invalid_client")


if __name__ == "__main__":
    unittest.main()
