// A person at a browser without JavaScript: keeps cookies, follows redirects, fills in the hosted pages.

import assert from "node:assert/strict";

const PASSWORDS = { ola: "correct horse", kari: "battery staple", root: "an administrator" };

export class Person {
  #cookies = new Map();

  constructor(username) {
    this.username = username;
  }

  /** Opens an authorization request and does what the pages ask; the URL that the client is sent back to. */
  async authorize(url, { decision = "allow" } = {}) {
    const issuer = url.origin;
    let answer = await this.#fetch(url);
    for (let step = 0; step < 10; step++) {
      const location = answer.headers.get("location");
      if (location) {
        const next = new URL(location, issuer);
        if (next.origin !== issuer) return next;
        answer = await this.#fetch(next);
        continue;
      }
      const page = await answer.text();
      assert.equal(answer.status, 200, page);
      const path = new URL(answer.url).pathname;
      const fields = hiddenFields(page);
      if (path === "/login") {
        fields.set("username", this.username);
        fields.set("password", PASSWORDS[this.username]);
      } else {
        assert.equal(path, "/consent");
        fields.set("decision", decision);
      }
      answer = await this.#fetch(new URL(path, issuer), fields);
    }
    throw new Error("the pages lead nowhere");
  }

  /** Follows a device's address, signs in and allows it; the address of the page at the end. */
  async allowDevice(url) {
    const user_code = url.searchParams.get("user_code");
    const answer = (page) => (page.includes('name="decision"') ? { decision: "allow" } : { user_code });
    return this.#walk(url, { "/device": answer });
  }

  /** Opens a logout request and agrees; where the browser is sent. */
  async signOut(url) {
    return this.#walk(url, { "/logout": () => ({ decision: "logout" }) });
  }

  /** Fills in the forms that it knows until it is sent elsewhere, or to a page that has none. */
  async #walk(url, forms) {
    let answer = await this.#fetch(url);
    for (let step = 0; step < 12; step++) {
      const location = answer.headers.get("location");
      if (location) {
        const next = new URL(location, url);
        if (next.origin !== url.origin) return next;
        answer = await this.#fetch(next);
        continue;
      }
      const page = await answer.text();
      assert.equal(answer.status, 200, page);
      const here = new URL(answer.url);
      const signIn = () => ({ username: this.username, password: PASSWORDS[this.username] });
      const fill = here.pathname === "/login" ? signIn : forms[here.pathname];
      if (!fill) return here;
      const fields = hiddenFields(page);
      for (const [name, value] of Object.entries(fill(page))) fields.set(name, value);
      answer = await this.#fetch(new URL(action(page) ?? here.pathname, url), fields);
    }
    throw new Error("the pages lead nowhere");
  }

  async #fetch(url, form) {
    const answer = await fetch(url, {
      method: form ? "POST" : "GET",
      body: form,
      redirect: "manual",
      headers: { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") },
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split(/=(.*)/s);
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    return answer;
  }
}

/** Where the page's form is sent. */
function action(page) {
  return page.match(/<form method="post" action="([^"]*)"/)?.[1];
}

function hiddenFields(page) {
  const fields = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    fields.set(name, value);
  }
  return fields;
}
