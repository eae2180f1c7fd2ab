"""Django with django-allauth's OpenID Connect provider, by its documentation."""

from lib import ISSUER, AppTest, Browser

APP = """
import django
from django.conf import settings

settings.configure(
    DEBUG=True,
    SECRET_KEY="of this run alone",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "app.db"}}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                    "django.contrib.messages", "allauth", "allauth.account", "allauth.socialaccount",
                    "allauth.socialaccount.providers.openid_connect"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "allauth.account.middleware.AccountMiddleware"],
    TEMPLATES=[{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {{"context_processors": ["django.template.context_processors.request",
                                                  "django.contrib.messages.context_processors.messages",
                                                  "django.contrib.auth.context_processors.auth"]}}}}],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend",
                             "allauth.account.auth_backends.AuthenticationBackend"],
    SOCIALACCOUNT_PROVIDERS={{"openid_connect": {{"APPS": [{{
        "provider_id": "keyfob", "name": "Keyfob", "client_id": {client_id!r}, "secret": {secret!r},
        "settings": {{"server_url": "{issuer}"{settings}}},
    }}]}}}},
    LOGIN_REDIRECT_URL="/me",
)
django.setup()
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("me", lambda request: HttpResponse(getattr(request.user, "email", "") or "nobody")),
]
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("runserver", "{port}", use_reloader=False)
"""


class DjangoAllauth(AppTest):
    def run_with(self, settings, *flags):
        client_id, secret = self.register("/accounts/oidc/keyfob/login/callback/", *flags)
        self.python(APP.format(client_id=client_id, secret=secret, settings=settings, issuer=ISSUER, port=self.port), "/me")
        browser = Browser()
        page = browser.submit(browser.open(f"{self.url}/accounts/oidc/keyfob/login/"))
        self.assertEqual((page.url, page.text), (f"{self.url}/me", "ola@example.com"), page.text[:2000] + self.log())

    def test_signs_in_with_pkce(self):
        self.run_with(', "oauth_pkce_enabled": True')

    def test_signs_in_without_pkce_where_the_client_says_so(self):
        self.run_with("", "--require-pkce=false")
