// Try a trace: a real sign-in from the admin page, and one that goes wrong on purpose.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORIGIN, administrator, look, open, quiet, settled } from "./lib.mjs";

/** Signs in on the hosted pages that a run leads to, and allows what is asked. */
async function signIn(page) {
  await page.waitForURL(/\/login\?|\/consent\?|\/admin\/trials\//);
  if (page.url().includes("/login?")) {
    await page.fill("#username", "ola");
    await page.fill("#password", "correct horse");
    await page.click("#login-submit");
    await page.waitForURL(/\/consent\?|\/admin\/trials\//);
  }
  if (page.url().includes("/consent?")) await page.click("#consent-allow");
  await page.waitForURL(/\/admin\/trials\/[0-9a-f-]+$/);
  await settled(page);
}

async function begin(page, { client = "native", broken = "", scope = "" } = {}) {
  await open(page, "/admin/trials");
  await page.selectOption("#trial-client_id", client);
  await page.fill("#trial-scope", scope);
  await page.selectOption("#trial-broken", broken);
  await page.click("#trial-begin");
}

test("a login is tried, its tokens are shown and used, and its trace is read", async () => {
  const page = await administrator({ path: "/admin/trials" });
  await settled(page);
  await look(page, "trials");
  await begin(page, { scope: "openid profile offline_access keyfob:delegate" });
  await signIn(page);
  await page.getByText("Success.").waitFor();
  for (const name of ["access_token", "refresh_token", "id_token"]) await page.getByRole("heading", { name }).waitFor();
  assert.ok((await page.locator(".code").first().textContent()).includes('"client_id": "native"'));
  for (const name of ["Get UserInfo", "Refresh tokens", "Get delegated token"]) {
    const steps = await page.locator(".trace > li").count();
    await page.getByRole("button", { name }).click();
    await page.waitForFunction((n) => document.querySelectorAll(".trace > li").length === n + 1, steps);
  }
  assert.equal(await page.locator(".number.bad").count(), 0);
  await look(page, "run");
  // Nothing of it is where scripts of this origin could find it later.
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  assert.ok(!page.url().includes("eyJ"));
  await page.getByRole("link", { name: "View trace" }).first().click();
  await page.getByRole("heading", { name: "Sign-in (code with PKCE)" }).waitFor();
  await settled(page);
  await page.getByText("POST /api/v1/oauth/delegated-token").waitFor();
  await look(page, "trace of a run");
});

test("what is broken on purpose is explained", async () => {
  const page = await administrator({ path: "/admin/trials" });
  await settled(page);
  await begin(page, { broken: "wrong_verifier" });
  await signIn(page);
  await page.getByText("Request failed.").waitFor();
  await page.getByText("Send the code_verifier of this sign-in").waitFor();
  await page.getByRole("link", { name: "RFC 7636 §4.6" }).waitFor();
  await look(page, "refused run");
  await begin(page, { broken: "code_twice" });
  await signIn(page);
  await page.getByText("Redeem each code once").waitFor();
  quiet(page);
});

test("a machine is tried with its secret", async () => {
  const page = await administrator({ path: "/admin/trials?client_id=service" });
  await settled(page);
  await page.selectOption("#trial-grant", "client_credentials");
  await page.fill("#trial-secret", "s3cret for development");
  await page.click("#trial-begin");
  await page.getByText("Success.").waitFor();
  await page.getByRole("heading", { name: "access_token" }).waitFor();
  assert.equal(new URL(page.url()).origin, ORIGIN);
  quiet(page);
});
