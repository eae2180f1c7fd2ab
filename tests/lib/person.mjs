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

function hiddenFields(page) {
  const fields = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    fields.set(name, value);
  }
  return fields;
}
