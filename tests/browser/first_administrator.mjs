// The first minutes: the one-time link, the first administrator, a client, its secret used with curl, the
// token understood and revoked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { ORIGIN, keyfob, look, open, provoked, quiet, settled, visitor } from "./lib.mjs";

const ADMINISTRATOR = { username: "anne", password: "a long enough password" };
let page, secret, token;

test("without an administrator the admin page says how to make one", async () => {
  page = await visitor();
  await page.goto(`${ORIGIN}/admin`);
  await page.getByText("This server has no administrator yet.").waitFor();
  assert.equal(await page.locator("#password").count(), 0, "there is nobody to sign in");
  await look(page, "nobody yet");
});

test("the link makes the administrator, once", async () => {
  const link = (await keyfob("setup-url")).trim();
  assert.match(link, /\/setup#t=/);
  const path = link.slice(new URL(link).origin.length);
  await page.goto(ORIGIN + path);
  assert.equal(new URL(page.url()).hash, "", "the code is out of the address");
  await look(page, "setup");
  await page.fill("#username", ADMINISTRATOR.username);
  await page.fill("#password", "short");
  await page.click("#setup-submit");
  assert.equal(await page.evaluate(() => document.querySelector("#password").validity.tooShort), true);
  await page.fill("#password", ADMINISTRATOR.password);
  await Promise.all([page.waitForURL(`${ORIGIN}/setup/done`), page.click("#setup-submit")]);
  await look(page, "administrator made");
  await page.getByRole("link", { name: "Open admin page" }).click();
  await settled(page);
  await look(page, "overview of a new server");

  const second = await visitor();
  await second.goto(ORIGIN + path);
  assert.doesNotMatch(await second.content(), /id="setup-submit"/);
});

test("a client is made by what it is, and its secret is shown once", async () => {
  await page.getByRole("link", { name: "Clients", exact: true }).click();
  await page.getByText("No clients yet").waitFor();
  await look(page, "no client yet");
  await page.getByRole("button", { name: /^Service/ }).click();
  await page.getByLabel("Name", { exact: true }).fill("Nightly job");
  await page.getByLabel("Client ID", { exact: true }).fill("nightly");
  await look(page, "new client");
  await page.getByRole("button", { name: "Create client" }).click();
  secret = await page.locator("[data-secret]").innerText();
  assert.ok(secret.length >= 32, "a secret of 160 bits or more");
  await look(page, "client with its secret");
  await open(page, "/admin/clients/nightly");
  assert.equal(await page.locator("[data-secret]").count(), 0);
  assert.ok(!(await page.content()).includes(secret), "the secret is gone for good");
});

test("curl gets a token with the secret", () => {
  const answer = execFileSync("curl", [
    "--silent", "--fail-with-body", "--user", `nightly:${secret}`, "--data", "grant_type=client_credentials",
    `${ORIGIN}/api/v1/oauth/token`,
  ]);
  ({ access_token: token } = JSON.parse(answer));
  assert.equal(token.split(".").length, 3);
});

test("the inspector says that the token counts, and after it was revoked that it does not", async () => {
  await open(page, "/admin/inspector");
  await page.locator("#token").fill(token);
  await page.getByText("Token is valid.").waitFor();
  await look(page, "inspector");
  await page.getByRole("button", { name: "Revoke…" }).click();
  await look(page, "revoke the token");
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Token is not valid.").waitFor();
  await look(page, "inspector of a revoked token");
  quiet(page);
});

test("who is signed out is asked to sign in, and a wrong password is told", async () => {
  await page.getByLabel(`Account: ${ADMINISTRATOR.username}`).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForSelector("#login-submit");
  await look(page, "sign in");
  await page.fill("#username", ADMINISTRATOR.username);
  await page.fill("#password", "not it");
  await page.click("#login-submit");
  await page.getByRole("alert").waitFor();
  provoked(page, /401/);
  await look(page, "sign in refused");
  await page.fill("#password", ADMINISTRATOR.password);
  await page.click("#login-submit");
  await settled(page);
});

test("an address that is none says so", async () => {
  await page.goto(`${ORIGIN}/admin/nothing/here/at/all`);
  await settled(page);
  await look(page, "no such page");
});
