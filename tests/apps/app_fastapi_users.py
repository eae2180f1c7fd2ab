"""FastAPI with fastapi-users and httpx-oauth's OpenID client, by their documentation. They have neither PKCE nor nonce."""

from lib import ISSUER, AppTest, Browser

APP = """
import uuid
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from httpx_oauth.clients.openid import OpenID

SECRET = "of this run alone, and long enough"


class User:
    def __init__(self, **fields):
        self.id, self.is_active, self.is_verified, self.is_superuser = uuid.uuid4(), True, True, False
        self.oauth_accounts = []
        self.__dict__.update(fields)


class Users:
    known = []

    async def get(self, id):
        return next((user for user in self.known if user.id == id), None)

    async def get_by_email(self, email):
        return next((user for user in self.known if user.email == email), None)

    async def get_by_oauth_account(self, oauth, account_id):
        return None

    async def create(self, fields):
        self.known.append(User(**fields))
        return self.known[-1]

    async def update(self, user, fields):
        user.__dict__.update(fields)
        return user

    async def add_oauth_account(self, user, account):
        user.oauth_accounts.append(account)
        return user


class UserManager(UUIDIDMixin, BaseUserManager):
    reset_password_token_secret = verification_token_secret = SECRET


async def get_user_manager():
    yield UserManager(Users())


backend = AuthenticationBackend(
    name="jwt", transport=BearerTransport(tokenUrl="auth/jwt/login"),
    get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=3600),
)
users = FastAPIUsers(get_user_manager, [backend])
client = OpenID({client_id!r}, {secret!r}, "{issuer}/.well-known/openid-configuration")
app = FastAPI()
router = users.get_oauth_router(client, backend, SECRET, redirect_url="{url}/auth/callback", is_verified_by_default=True,
                                csrf_token_cookie_secure=False)
app.include_router(router, prefix="/auth")


@app.get("/ready")
def ready():
    return [user.email for user in Users.known]


uvicorn.run(app, host="localhost", port={port}, log_level="warning")
"""


class FastApiUsers(AppTest):
    def test_signs_in_where_the_client_says_that_pkce_is_not_needed(self):
        client_id, secret = self.register("/auth/callback", "--require-pkce=false")
        self.python(APP.format(client_id=client_id, secret=secret, issuer=ISSUER, url=self.url, port=self.port), "/ready")
        browser = Browser()
        begun = browser.open(f"{self.url}/auth/authorize?scopes=openid&scopes=email")
        page = browser.open(begun.json()["authorization_url"])
        self.assertEqual(page.status_code, 200, page.text + self.log())
        self.assertIn("access_token", page.json())
        self.assertEqual(browser.open(self.url + "/ready").json(), ["ola@example.com"])
