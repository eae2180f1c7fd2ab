"""A person at a browser without JavaScript: keeps cookies, follows redirects, fills in the hosted pages.

Standard library only: the suites that need it must run where nothing was installed.
"""

import re
import urllib.error
import urllib.parse
import urllib.request

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def fetch(url, form=None, headers=None, timeout=10):
    """Status, headers and text of an answer, whatever its status; `form` makes it a POST."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read().decode()


class Person:
    def __init__(self, issuer, username, password):
        self.issuer = issuer
        self.username = username
        self.password = password
        self.cookies = {}

    def authorize(self, url, decision="allow"):
        """Opens an authorization request and does what the pages ask; the URL the client is sent back to."""
        status, headers, text = self._fetch(url)
        for _ in range(10):
            location = headers.get("Location")
            if location is not None:
                url = urllib.parse.urljoin(self.issuer, location)
                if not url.startswith(self.issuer + "/"):
                    return url
                status, headers, text = self._fetch(url)
                continue
            assert status == 200, (status, text)
            page = urllib.parse.urlsplit(url).path
            fields = dict(HIDDEN.findall(text))
            if page == "/login":
                fields |= {"username": self.username, "password": self.password}
            else:
                assert page == "/consent", (page, text)
                fields["decision"] = decision
            status, headers, text = self._fetch(self.issuer + page, fields)
        raise AssertionError("the pages lead nowhere")

    def _fetch(self, url, form=None):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, headers, text = fetch(url, form, {"Cookie": cookie})
        for line in headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return status, headers, text
