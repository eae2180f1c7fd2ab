// The settings page: who said what, a change that counts at once, and what cannot be.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { administrator, anotherServer, look, open, provoked, quiet, visitor } from "./lib.mjs";

let page, server;
const save = () => page.getByRole("button", { name: "Save", exact: true }).click();

before(async () => {
  server = await anotherServer({
    variables: { KEYFOB_ADMIN_USERNAME: "root", KEYFOB_ADMIN_PASSWORD: "an administrator", KEYFOB_SESSION_LIFETIME: "2h" },
  });
  page = await administrator({ origin: server.origin });
});

test("every tab can be looked at", async () => {
  for (const tab of ["General", "Branding", "Sign-in", "Tokens", "Registration", "Development mode", "About"]) {
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
  await row.getByText("Change it there").waitFor();
  assert.equal(await page.getByLabel("Session lifetime", { exact: true }).count(), 0);
});

test("a change is saved, and counts at once", async () => {
  await open(page, "/admin/settings/tokens");
  await page.getByLabel("Access token lifetime").fill("2h");
  await save();
  await page.getByText("Saved. Applies immediately.").waitFor();
  await page.getByText("Default: 1h. Set on this page.").waitFor();
  assert.equal(await page.getByLabel("Access token lifetime").inputValue(), "2h");
  assert.equal(await page.getByText("Restart the server").count(), 0);
  await look(page, "a change");
});

test("the change can be undone", async () => {
  await page.getByLabel("ID token lifetime").fill("20m");
  // The toast of an earlier change may still be there, with an undo of its own.
  const undos = page.getByRole("button", { name: "Undo" });
  for (const dismiss of await page.getByRole("button", { name: "Dismiss" }).all()) await dismiss.click();
  await undos.waitFor({ state: "detached" });
  await save();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByText("Change undone.").waitFor();
  assert.equal(await page.getByLabel("ID token lifetime").inputValue(), "1h");
  assert.equal(await page.getByLabel("Access token lifetime").inputValue(), "2h");
});

test("emptied, it is the default again", async () => {
  await page.getByLabel("Access token lifetime").fill("");
  await save();
  await page.getByText("Default: 1h. Set on this page.").waitFor({ state: "detached" });
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

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><script>document.title = "run"</script>
  <rect width="120" height="40" rx="8" fill="#0a7d4f"/><circle cx="20" cy="20" r="10" fill="#fff"/></svg>`;
const shade = (selector, name) => page.evaluate(([selector, name]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(name), [selector, name]);

test("the preview follows what is typed, in both schemes", async () => {
  await open(page, "/admin/settings/branding");
  await page.getByLabel("Server name").fill("Acme ID");
  await page.getByLabel("Accent color", { exact: true }).fill("#ffcc00");
  await page.locator(".preview b", { hasText: "Acme ID" }).first().waitFor();
  await page.waitForFunction(() => getComputedStyle(document.querySelector(".preview .sign-in")).color === "rgb(0, 0, 0)");
  // Yellow is read in the dark; in the light it is made darker.
  assert.equal(await shade("[data-theme=light].preview", "--link"), "#876c00");
  assert.equal(await shade("[data-theme=dark].preview", "--link"), "#ffcc00");
  await look(page, "typed and not saved");
});

test("a colour that is none is refused at its field", async () => {
  await page.getByLabel("Accent color", { exact: true }).fill("yellow");
  await save();
  await page.getByRole("alert").getByText("Not saved.").waitFor();
  assert.equal(await page.getByLabel("Accent color", { exact: true }).getAttribute("aria-invalid"), "true");
  provoked(page, /422/);
});

test("name, colour and logo are on the sign-in page at once", async () => {
  await page.getByLabel("Accent color", { exact: true }).fill("#ffcc00");
  await save();
  await page.getByText("Saved. Applies immediately.").first().waitFor();
  await page.getByLabel("Logo file").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: Buffer.from(SVG) });
  await page.getByRole("img", { name: "Current logo" }).waitFor();
  const address = await page.getByRole("img", { name: "Current logo" }).getAttribute("src");
  await look(page, "saved");
  const guest = await visitor({ origin: server.origin });
  await guest.goto(`${server.origin}/login`);
  assert.equal(await guest.title(), "Sign in · Acme ID");
  const size = await guest.locator(".brand img").evaluate((img) => [img.complete, img.naturalWidth > 0, img.height]);
  assert.deepEqual(size, [true, true, 40]);
  const button = await guest.locator("#login-submit").evaluate((button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]);
  assert.deepEqual(button, ["rgb(255, 204, 0)", "rgb(0, 0, 0)"]);
  await look(guest, "login");
  for (const path of ["/device", "/logout/done", "/"]) {
    await guest.goto(server.origin + path);
    await look(guest, path);
  }
  await guest.goto(`${server.origin}/api/v1/oauth/authorize?client_id=nobody`);
  provoked(guest, /400/);
  await look(guest, "an error");
  // Opened by itself, the script in it does not run.
  await guest.goto(server.origin + address);
  assert.notEqual(await guest.title(), "run");
  provoked(guest, /CSP|Content Security Policy|sandboxed/);
  await guest.goto(`${server.origin}/login`);
  await guest.fill("#username", "root");
  await guest.fill("#password", "an administrator");
  await guest.click("#login-submit");
  await guest.goto(`${server.origin}/account`);
  await look(guest, "account");
});

test("what is no picture is refused, and the logo stays", async () => {
  await page.getByLabel("Replace logo").setInputFiles({ name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<html>") });
  await page.getByRole("alert").getByText("must be a PNG, WebP, JPEG or SVG image").waitFor();
  provoked(page, /422/);
  await look(page, "no picture");
});

test("the logo is removed, and the undo brings it back", async () => {
  await page.getByRole("button", { name: "Remove logo" }).click();
  await page.getByRole("img", { name: "Current logo" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByRole("img", { name: "Current logo" }).waitFor();
  quiet(page);
});
