// The settings page: who said what, a change that counts at once, and what cannot be.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { administrator, anotherServer, look, open, provoked, quiet } from "./lib.mjs";

let page, server;
const save = () => page.getByRole("button", { name: "Save", exact: true }).click();

before(async () => {
  server = await anotherServer({
    variables: { KEYFOB_ADMIN_USERNAME: "root", KEYFOB_ADMIN_PASSWORD: "an administrator", KEYFOB_SESSION_LIFETIME: "2h" },
  });
  page = await administrator({ origin: server.origin });
});

test("every tab can be looked at", async () => {
  for (const tab of ["General", "Sign-in", "Tokens", "Registration", "Dev mode", "About"]) {
    await open(page, "/admin/settings");
    await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: tab }).click();
    await page.locator(".card").first().waitFor();
    await look(page, tab);
  }
  quiet(page);
});

test("what a variable says is locked, and says so", async () => {
  await open(page, "/admin/settings/sign-in");
  const row = page.locator("[data-setting=session_lifetime]");
  await row.getByText("KEYFOB_SESSION_LIFETIME", { exact: true }).waitFor();
  await row.getByText("Locked here").waitFor();
  assert.equal(await page.getByLabel("Session lifetime", { exact: true }).count(), 0);
});

test("a change is saved, and counts at once", async () => {
  await open(page, "/admin/settings/tokens");
  await page.getByLabel("Access token lifetime").fill("2h");
  await save();
  await page.getByText("Saved. It counts from now on.").waitFor();
  await page.getByText("Default: 1h; set on this page.").waitFor();
  assert.equal(await page.getByLabel("Access token lifetime").inputValue(), "2h");
  assert.equal(await page.getByText("Restart the server").count(), 0);
  await look(page, "a change");
});

test("emptied, it is the default again", async () => {
  await page.getByLabel("Access token lifetime").fill("");
  await save();
  await page.getByText("Default: 1h; set on this page.").waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Access token lifetime").inputValue(), "1h");
  quiet(page);
});

test("what cannot be is refused at its field", async () => {
  await page.getByLabel("ID token lifetime").fill("3d");
  await save();
  await page.getByRole("alert").getByText("Not saved.").waitFor();
  assert.equal(await page.getByLabel("ID token lifetime").getAttribute("aria-invalid"), "true");
  provoked(page, /422/);
  await look(page, "refused");
});
