"""Django with mozilla-django-oidc, by its installation page."""

from lib import ISSUER, AppTest, Browser

OAUTH = f"{ISSUER}/api/v1/oauth"
APP = """
import os, sys
import django
from django.conf import settings

settings.configure(
    DEBUG=True,
    SECRET_KEY="of this run alone",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "app.db"}}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_CLIENT_ID={client_id!r},
    OIDC_RP_CLIENT_SECRET={secret!r},
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_OP_JWKS_ENDPOINT="{issuer}/.well-known/jwks.json",
    OIDC_OP_AUTHORIZATION_ENDPOINT="{oauth}/authorize",
    OIDC_OP_TOKEN_ENDPOINT="{oauth}/token",
    OIDC_OP_USER_ENDPOINT="{oauth}/userinfo",
    LOGIN_REDIRECT_URL="/me",
    LOGOUT_REDIRECT_URL="/me",
)
django.setup()
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")),
    path("me", lambda request: HttpResponse(getattr(request.user, "email", "") or "nobody")),
]
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("runserver", "{port}", use_reloader=False)
"""


class DjangoOidc(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/oidc/callback/")
        self.python(APP.format(client_id=client_id, secret=secret, issuer=ISSUER, oauth=OAUTH, port=self.port), "/me")
        page = Browser().open(f"{self.url}/oidc/authenticate/")
        self.assertEqual((page.url, page.text), (f"{self.url}/me", "ola@example.com"), self.log())
