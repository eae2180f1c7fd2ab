// oidc-client-ts 3 (npm) in headless Chromium, on a page of another origin: CORS, sign-in, user info, silent
// renewal by refresh token and by a hidden frame, sign-out.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { freshPage, launch } from "../lib/chromium.mjs";

const ISSUER = process.env.KEYFOB_ISSUER;
let app, browser, origin;

before(async () => {
  const library = await readFile(new URL("../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
  app = createServer((request, answer) => {
    if (request.url === "/oidc.js") return answer.setHeader("content-type", "text/javascript").end(library);
    if (request.url === "/favicon.ico") return answer.writeHead(204).end();
    answer.setHeader("content-type", "text/html");
    // The frame's page has but to hand its address to the page that waits for it.
    const silent = request.url.startsWith("/silent") ? `<script>new oidc.UserManager(${JSON.stringify(settings("openid"))}).signinSilentCallback()</script>` : "";
    answer.end(`<!doctype html><meta charset="utf-8"><title>App</title><script src="/oidc.js"></script>${silent}`);
  });
  // A name of the same site and another origin: a hidden frame then gets the cookie of the browser login.
  await new Promise((resolve) => app.listen(0, "localhost", resolve));
  origin = `http://localhost:${app.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  app?.close();
});

const settings = (scope) => ({
  authority: ISSUER,
  client_id: "spa",
  redirect_uri: `${origin}/callback`,
  silent_redirect_uri: `${origin}/silent`,
  post_logout_redirect_uri: `${origin}/bye`,
  scope,
  loadUserInfo: true,
  automaticSilentRenew: false,
  monitorSession: false,
});

/** A fresh browser in which Ola is signed in to the app. */
async function signedIn(scope) {
  const page = await freshPage(browser);
  await page.goto(`${origin}/`);
  await page.evaluate((settings) => new oidc.UserManager(settings).signinRedirect(), settings(scope)).catch(left);
  await page.waitForSelector("#login-submit");
  await page.fill("#username", "ola");
  await page.fill("#password", "correct horse");
  await Promise.all([page.waitForURL(`${origin}/callback?**`), page.click("#login-submit")]);
  const user = await page.evaluate(async (settings) => {
    const user = await new oidc.UserManager(settings).signinRedirectCallback();
    return { profile: user.profile, scope: user.scope, refresh: Boolean(user.refresh_token), access: user.access_token };
  }, settings(scope));
  return { page, user };
}

// The page went away while it was asked: that is what was wanted.
const left = (error) => {
  if (!/Execution context was destroyed|navigation/i.test(error.message)) throw error;
};

test("a page of another origin signs in, reads the metadata, tokens and user info", async () => {
  const { page, user } = await signedIn("openid profile email");
  assert.equal(user.profile.sub, "u-ola");
  assert.equal(user.profile.email, "ola@example.com");
  assert.equal(user.profile.name, "Ola Nordmann");
  assert.deepEqual(page.complaints, []);
});

test("silently renewed by a hidden frame, because the browser is signed in", async () => {
  const { page, user } = await signedIn("openid profile email");
  const renewed = await page.evaluate(async (settings) => {
    const user = await new oidc.UserManager(settings).signinSilent();
    return { sub: user.profile.sub, access: user.access_token };
  }, settings("openid profile email"));
  assert.equal(renewed.sub, "u-ola");
  assert.notEqual(renewed.access, user.access);
});

test("silently renewed by a refresh token", async () => {
  const { page, user } = await signedIn("openid offline_access");
  assert.equal(user.refresh, true);
  const renewed = await page.evaluate(async (settings) => {
    const user = await new oidc.UserManager(settings).signinSilent();
    return { sub: user.profile.sub, access: user.access_token };
  }, settings("openid offline_access"));
  assert.equal(renewed.sub, "u-ola");
  assert.notEqual(renewed.access, user.access);
});

test("signs out at the server and comes back", async () => {
  const { page } = await signedIn("openid profile");
  await page.evaluate((settings) => new oidc.UserManager(settings).signoutRedirect(), settings("openid profile")).catch(left);
  await page.waitForSelector("#logout-confirm");
  await Promise.all([page.waitForURL(`${origin}/bye**`), page.click("#logout-confirm")]);
  const again = await page.evaluate(async (settings) => {
    try {
      await new oidc.UserManager({ ...settings, silentRequestTimeoutInSeconds: 3 }).signinSilent();
      return "signed in";
    } catch (error) {
      return error.error || error.message;
    }
  }, settings("openid profile"));
  assert.notEqual(again, "signed in");
});

test("an answer to a request that was never made, and a nonce of another one, are noticed", async () => {
  const { page } = await signedIn("openid");
  const refusal = await page.evaluate(async (settings) => {
    try {
      await new oidc.UserManager(settings).signinRedirectCallback(`${settings.redirect_uri}?code=x&state=made-up`);
      return null;
    } catch (error) {
      return error.message;
    }
  }, settings("openid"));
  assert.match(refusal, /state/i);
});

test("an origin that no client has may not read an answer", async () => {
  const page = await freshPage(browser);
  await page.goto(`${origin}/`);
  const read = (path) =>
    page.evaluate(async (url) => {
      try {
        return (await fetch(url, { method: "POST", body: new URLSearchParams({ client_id: "nobody" }) })).status;
      } catch {
        return "blocked";
      }
    }, `${ISSUER}${path}`);
  assert.equal(await read("/api/v1/oauth/token"), "blocked", "no client of this name has this origin");
  assert.equal(await read("/api/v1/oauth/authorize"), "blocked");
});
