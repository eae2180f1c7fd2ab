// Headless Chromium signs a person in through the real pages, for openid-client behind a real callback.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import * as client from "openid-client";

import { freshPage, launch } from "../lib/chromium.mjs";

const ISSUER = new URL(process.env.KEYFOB_ISSUER);
const SCOPE = "openid profile email offline_access";

let browser, config, callback;
before(async () => {
  browser = await launch();
  config = await client.discovery(ISSUER, "native", undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
  client.enableNonRepudiationChecks(config);
  callback = await callbackServer();
});
after(async () => {
  await browser?.close();
  callback?.close();
});

/** What a program on the user's machine does: listens on a free port and waits for its callbacks. */
async function callbackServer() {
  const waiting = new Map();
  const server = createServer((request, response) => {
    const url = new URL(request.url, callback.uri);
    waiting.get(url.searchParams.get("state"))?.(url);
    response.setHeader("content-type", "text/html").end("<title>Back</title><p>You may close this page.");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    uri: `http://127.0.0.1:${server.address().port}/callback`,
    for: (state) => new Promise((arrived) => waiting.set(state, arrived)),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function request(extra = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: callback.uri,
    scope: SCOPE,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...extra,
  });
  return { url: url.href, checks, back: callback.for(checks.expectedState) };
}

async function signIn(page, username, password) {
  await page.fill("input#username", username);
  await page.fill("input#password", password);
  await page.click("button#login-submit");
}

test("a person signs in, allows, is known to the client, and the second time is asked without a password", async () => {
  const page = await freshPage(browser);
  const first = await request();
  await page.goto(first.url);
  assert.equal(new URL(page.url()).pathname, "/login");
  await signIn(page, "ola", "wrong password");
  assert.ok(await page.getByRole("alert").isVisible());
  assert.equal(await page.inputValue("input#username"), "ola");
  await signIn(page, "ola", "correct horse");
  assert.equal(new URL(page.url()).pathname, "/consent");
  assert.match(await page.textContent("main"), /Notes on the desktop/);
  await page.click("button#consent-allow");
  await page.waitForURL((url) => url.href.startsWith(callback.uri));

  const tokens = await client.authorizationCodeGrant(config, await first.back, first.checks);
  assert.equal(tokens.claims().sub, "u-ola");
  const user = await client.fetchUserInfo(config, tokens.access_token, "u-ola");
  assert.equal(user.email, "ola@example.com");
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(renewed.claims().sub, "u-ola");

  const second = await request();
  await page.goto(second.url);
  // RFC 8252 §8.6: whoever listens on loopback is not let through in silence.
  assert.equal(new URL(page.url()).pathname, "/consent");
  await page.click("button#consent-allow");
  await page.waitForURL((url) => url.href.startsWith(callback.uri));
  const again = await client.authorizationCodeGrant(config, await second.back, second.checks);
  assert.equal(again.claims().auth_time, tokens.claims().auth_time);
  // Chromium itself reports a page that answered 4xx, as the wrong password did.
  const complaints = page.complaints.filter((text) => !text.includes("Failed to load resource"));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a person who says no goes back to the client with a refusal that it understands", async () => {
  const page = await freshPage(browser);
  const asked = await request({ prompt: "consent" });
  await page.goto(asked.url);
  await signIn(page, "kari", "battery staple");
  await page.click("button#consent-deny");
  await page.waitForURL((url) => url.href.startsWith(callback.uri));
  await assert.rejects(client.authorizationCodeGrant(config, await asked.back, asked.checks), {
    error: "access_denied",
  });
  await page.context().close();
});

test("form_post comes back without a click", async () => {
  const page = await freshPage(browser);
  const asked = await request({ response_mode: "form_post" });
  const posted = page.waitForRequest((request) => request.url() === callback.uri && request.method() === "POST");
  await page.goto(asked.url);
  await signIn(page, "root", "an administrator");
  if (new URL(page.url()).pathname === "/consent") await page.click("button#consent-allow");
  const form = (await posted).postData();
  const request_ = new Request(callback.uri, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form,
  });
  const tokens = await client.authorizationCodeGrant(config, request_, asked.checks);
  assert.equal(tokens.claims().sub, "u-root");
  await page.context().close();
});

test("a redirect_uri that is not registered is shown and never followed", async () => {
  const page = await freshPage(browser);
  const asked = await request({ redirect_uri: callback.uri + "/elsewhere" });
  const answer = await page.goto(asked.url);
  assert.equal(answer.status(), 400);
  assert.equal(new URL(page.url()).origin, ISSUER.origin);
  assert.equal(await page.textContent("#error-code"), "invalid_request");
  await page.context().close();
});

test("without JavaScript the pages work the same", async () => {
  const page = await freshPage(browser, { javaScriptEnabled: false });
  const asked = await request({ prompt: "login consent" });
  await page.goto(asked.url);
  await signIn(page, "kari", "battery staple");
  await page.click("button#consent-allow");
  await page.waitForURL((url) => url.href.startsWith(callback.uri));
  const tokens = await client.authorizationCodeGrant(config, await asked.back, asked.checks);
  assert.equal(tokens.claims().sub, "u-kari");
  await page.context().close();
});

test("a person signs out and is then a stranger", async () => {
  const page = await freshPage(browser);
  const asked = await request();
  await page.goto(asked.url);
  await signIn(page, "kari", "battery staple");
  if (new URL(page.url()).pathname === "/consent") await page.click("button#consent-allow");
  await page.waitForURL((url) => url.href.startsWith(callback.uri));
  await asked.back;
  await page.goto(new URL("/logout", ISSUER).href);
  await page.click("button#logout-confirm");
  await page.waitForSelector("h1#logout-done");
  const silent = await request({ prompt: "none" });
  await page.goto(silent.url);
  await assert.rejects(client.authorizationCodeGrant(config, await silent.back, silent.checks), {
    error: "login_required",
  });
  await page.context().close();
});
