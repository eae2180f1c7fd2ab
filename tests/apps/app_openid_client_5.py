"""openid-client 5."""

from lib import AppTest, Browser


class OpenidClient5(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/cb")
        self.node("openid_client_5", CLIENT_ID=client_id, CLIENT_SECRET=secret)
        page = Browser().open(f"{self.url}/login")
        self.assertEqual((page.status_code, page.text), (200, "ola@example.com"), self.log())
