"""Auth.js on Express."""

from lib import AppTest, Browser


class AuthJs(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/auth/callback/keyfob")
        self.node("auth_js", CLIENT_ID=client_id, CLIENT_SECRET=secret)
        browser = Browser()
        token = browser.open(f"{self.url}/auth/csrf").json()["csrfToken"]
        page = browser.open(f"{self.url}/auth/signin/keyfob", {"csrfToken": token, "callbackUrl": self.url})
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())
