// A client's page: each tab, its settings, its secret made anew, its tokens ended, off and on, and the end.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, test } from "node:test";
import { promisify } from "node:util";

import { redirectWarning } from "../../assets/admin/kinds.js";
import { ORIGIN, administrator, anHourLater, downloaded, look, open, provoked, quiet, settled } from "./lib.mjs";

let page, first;
const shownSecret = () => page.locator("[data-secret]").innerText();

/** What the token endpoint says to the client with this secret. */
async function token(secret) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/token`, {
    method: "POST", headers: { Authorization: `Basic ${btoa(`nightly:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

/** The same by curl, as somebody would who has just copied the secret. */
async function curl(secret) {
  const { stdout } = await promisify(execFile)("curl", ["-s", "-u", `nightly:${secret}`, "-d", "grant_type=client_credentials", `${ORIGIN}/api/v1/oauth/token`]);
  return JSON.parse(stdout);
}

/** What the admin API says to the administrator of the page. */
const ask = (path, body) => page.evaluate(async ([path, body]) => {
  const answer = await fetch(`/admin/api/v1${path}`, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}, [path, body]);

/** Does something that asks whether to leave, and says no or yes; what was asked. */
async function asked(act, leave) {
  let question = null;
  page.once("dialog", (dialog) => { question = dialog.message(); return leave ? dialog.accept() : dialog.dismiss(); });
  await act();
  await page.waitForTimeout(100);
  page.removeAllListeners("dialog");
  return question;
}

before(async () => {
  page = await administrator();
  await open(page, "/admin/clients/new");
  await page.getByRole("button", { name: /^Service/ }).click();
  await page.getByLabel("Name", { exact: true }).fill("Nightly job");
  await page.getByLabel("Client ID", { exact: true }).fill("nightly");
  await page.getByRole("button", { name: "Create client" }).click();
  first = await shownSecret();
  assert.equal((await curl(first)).token_type, "Bearer");
});

test("clients are found by what is typed", async () => {
  await open(page, "/admin/clients");
  await page.getByPlaceholder("Name or client ID").fill("nightly");
  await page.waitForURL(/q=nightly/);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await look(page, "clients");
  await open(page, "/admin/clients?q=nothing-like-it");
  await page.getByText("No results", { exact: true }).waitFor();
});

test("every tab of a client is at an address of its own", async () => {
  for (const tab of ["", "/settings", "/secrets", "/claims", "/consents", "/grants", "/tokens", "/activity", "/text"]) {
    await open(page, `/admin/clients/nightly${tab}`);
    assert.equal(await page.locator('nav.tabs [aria-current="page"]').count(), 1, tab);
    await look(page, `client ${tab.slice(1) || "quick start"}`);
  }
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 375, height: 812 });
  await open(page, "/admin/clients/nightly/text");
  const { x, width } = await page.getByRole("link", { name: "TOML & CLI" }).boundingBox();
  assert.ok(x >= 0 && x + width <= 375, `the open tab is in sight: ${x}`);
  await page.setViewportSize(wide);
  await open(page, "/admin/clients/nightly/activity");
  await page.getByRole("link", { name: "View traces" }).click();
  await page.waitForURL(/\/admin\/traces\?client_id=nightly$/);
  quiet(page);
});

test("a lifetime is changed, and the next token has it", async () => {
  await open(page, "/admin/clients/nightly/tokens");
  const field = page.getByLabel("Access token", { exact: true });
  assert.equal(await field.getAttribute("placeholder"), "1h", "the server's own");
  await field.fill("soon");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Must be a duration").first().waitFor();
  await look(page, "no duration");
  await field.fill("2m");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal((await token(first)).expires_in, 120);
});

test("a secret that nobody has copied is not left without a question", async () => {
  await open(page, "/admin/clients/nightly/secrets");
  const tail = first.slice(-4);
  await page.getByRole("cell", { name: `…${tail}` }).waitFor();
  assert.equal(await page.getByText("Never", { exact: true }).count(), 1, "it was used, and does not expire");
  await page.getByLabel("Old secret expires").selectOption("3600");
  await page.getByRole("button", { name: "Rotate secret" }).click();
  const second = await shownSecret();
  await page.getByRole("cell", { name: `…${second.slice(-4)}` }).waitFor();
  await look(page, "new secret");
  assert.equal((await token(first)).status, 200, "both count");
  const elsewhere = () => page.getByRole("link", { name: "Users", exact: true }).click();
  assert.match(await asked(elsewhere, false), /You have not copied the secret/);
  assert.equal(await shownSecret(), second);
  assert.equal(await asked(() => page.getByRole("link", { name: "Quick start" }).click(), false), null, "its own tabs show it too");
  const file = await downloaded(page, () => page.getByRole("button", { name: "Download .env" }).click());
  assert.equal(file.name, "nightly.env");
  assert.ok(file.bytes.toString().includes(`OIDC_CLIENT_SECRET=${second}\n`));
  assert.equal(await asked(elsewhere, false), null, "it was taken");
  await page.waitForURL(`${ORIGIN}/admin/users`);
  first = second;
});

test("a new secret counts, and the old one ends at once if that was chosen", async () => {
  await open(page, "/admin/clients/nightly/secrets");
  await page.getByLabel("Old secret expires").selectOption("0");
  await page.getByRole("button", { name: "Rotate secret" }).click();
  const second = await shownSecret();
  assert.notEqual(second, first);
  assert.equal((await token(second)).status, 200);
  assert.equal((await token(first)).error, "invalid_client");
  first = second;
});

test("its tokens are ended together", async () => {
  await open(page, "/admin/clients/nightly/tokens");
  await page.getByText("Active", { exact: true }).and(page.locator(".badge")).first().waitFor();
  await page.getByRole("button", { name: "Revoke all tokens…" }).click();
  await look(page, "end all");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke all" }).click();
  await page.getByText("All grants and tokens of this client revoked.").waitFor();
  await page.waitForFunction(() => ![...document.querySelectorAll("tbody .badge")].some((badge) => badge.textContent === "Active"));
});

test("a client that is off gets nothing, until it is on again", async () => {
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable" }).waitFor();
  assert.notEqual((await token(first)).status, 200);
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByRole("button", { name: "Disable" }).waitFor();
  assert.equal((await token(first)).status, 200);
  quiet(page);
});

test("an address that the server would refuse is warned of while it is typed, and no other", async () => {
  const addresses = ["https://app.example/cb", "https://app.example/cb?a=1", "http://127.0.0.1/cb", "http://localhost:3000/cb", "http://[::1]:8/cb", "com.example.app:/cb",
    "https://app.example/cb#x", "https://*.example/cb", "http://app.example/cb", "http://127.0.0.1.evil.example/cb", "https://ola@app.example/cb", "http://127.0.0.1:1@evil.example/",
    "https://app.example/a b", "https://app.example\\cb", "https://app.example/ø", "myapp:/cb", "cursor://a/cb", "urn:x:y", "http://192.168.1.1:3000/cb",
    "http://172.16.0.1/", "http://172.32.0.1/", "http://8.8.8.8/", "http://app.test/cb", "http://app.localhost/cb", "http://host.docker.internal/cb", "http://[fd00::1]/cb",
    "http://[2001:db8::1]/cb", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"];
  for (const [i, uri] of addresses.entries()) {
    const { status, body } = await ask("/clients", { client_id: `address-${i}`, redirect_uris: [uri] });
    assert.equal(status, redirectWarning(uri) ? 422 : 201, `${uri}: ${redirectWarning(uri)}`);
    if (status === 422) assert.equal(body.field, "redirect_uris[0]");
  }
  provoked(page, /422/);
  await open(page, "/admin/clients/new?kind=web");
  const field = page.getByLabel("Redirect URIs");
  for (const [typed, said] of [["https://app.example/#x", "fragments (#…) are not allowed"], ["https://*.example/", "wildcards are not allowed"], ["http://app.example/", "sent unencrypted"]]) {
    await field.fill(typed);
    await page.getByText(said).waitFor();
  }
  await look(page, "new client, warned");
  await field.fill("https://app.example/");
  assert.equal(await page.locator(".warning").count(), 0);
});

test("the preview says what a user would get the client, and follows what is chosen", async () => {
  await open(page, "/admin/clients/native/claims?sub=ola");
  const userinfo = page.getByRole("table", { name: "UserInfo: claims" });
  const row = (name) => userinfo.getByRole("row").filter({ has: page.getByText(name, { exact: true }) });
  await row("family_name").getByText("Included with the profile scope").waitFor();
  await look(page, "claims of ola");
  await page.getByLabel("profile", { exact: true }).uncheck();
  await page.waitForURL(/scope=openid\+email/);
  await page.getByText(/^Not included: given_name/).click();
  const left = page.getByRole("table", { name: "UserInfo: claims not included" });
  const missing = left.getByRole("row").filter({ has: page.getByText("family_name", { exact: true }) });
  await missing.getByText("The request does not include the profile scope.").waitFor();
  await page.getByText("Claims parameter", { exact: true }).click();
  await page.getByLabel(/as JSON/).fill('{"id_token": {"email": null}}');
  await page.getByRole("table", { name: "ID token: claims" }).getByText("ola@example.com").waitFor();
  await page.getByText(/^Not included: act/).click();
  await page.getByText("A sign-in has no team").waitFor();
  await page.getByLabel(/^Team/).selectOption("acme");
  await page.getByRole("table", { name: "Access token: claims" }).getByText("team_id", { exact: true }).waitFor();
  await page.getByText("Team of the access token.").waitFor();
  await look(page, "claims, all chosen");
  await page.getByLabel("User", { exact: true }).fill("nobody");
  await page.getByText("No tokens would be issued.").waitFor();
  provoked(page, /404/);
  await look(page, "claims of nobody");
});

test("who has consented is shown, and it is taken back", async () => {
  await open(page, "/admin/clients/native");
  await page.getByRole("button", { name: "Test sign-in" }).click();
  await page.waitForURL(`${ORIGIN}/admin/trials?client_id=native`);
  await settled(page);
  assert.equal(await page.locator("#trial-client_id").inputValue(), "native");
  await page.click("#trial-begin");
  await page.waitForURL(/\/login\?/);
  await page.fill("#username", "ola");
  await page.fill("#password", "correct horse");
  await page.click("#login-submit");
  await page.waitForURL(/\/consent\?/);
  await page.click("#consent-allow");
  await page.waitForURL(/\/admin\/trials\/[0-9a-f-]+$/);
  await open(page, "/admin/clients/native/consents");
  await page.getByRole("link", { name: "ola" }).waitFor();
  await look(page, "consents");
  await page.getByPlaceholder("Username or sub").fill("kari");
  await page.getByText("No results", { exact: true }).waitFor();
  await page.getByPlaceholder("Username or sub").fill("ola");
  await page.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke consent" }).click();
  await page.getByText("Revoked ola's consent.").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 0);
  assert.equal((await ask("/grants?client_id=native&state=active")).body.items.length, 0);
});

test("what was refused is shown with its fix, and leads to its trace", async () => {
  assert.equal((await token("wrong")).error, "invalid_client");
  await open(page, "/admin/clients/nightly/activity");
  const refused = page.getByRole("table", { name: "Recent failures" }).getByRole("row").nth(1);
  await refused.getByText("invalid_client").waitFor();
  assert.ok((await refused.locator("td").last().innerText()).length > 20, "a fix");
  await look(page, "activity");
  await refused.getByRole("link").click();
  await page.waitForURL(/\/admin\/traces\/[0-9a-f-]+$/);
});

test("a client is had as TOML and as a command", async () => {
  await open(page, "/admin/clients/nightly/text");
  assert.match(await page.getByRole("group", { name: "TOML", exact: true }).innerText(), /^\[\[client\]\]\nclient_id = "nightly"\n/);
  assert.match(await page.getByRole("group", { name: "Command", exact: true }).innerText(), /^keyfob client create nightly /);
  await page.getByRole("button", { name: "Copy", exact: true }).first().click();
  await page.getByText("Copied", { exact: true }).waitFor();
  quiet(page);
});

test("a copy has an id and a secret of its own", async () => {
  await open(page, "/admin/clients/nightly");
  await page.getByRole("button", { name: "Duplicate" }).click();
  await page.getByRole("heading", { name: "Nightly job (copy)" }).waitFor();
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const secret = await shownSecret();
  assert.ok(id !== "nightly" && secret !== first);
  const { body } = await ask(`/clients/${id}`);
  assert.deepEqual([body.access_token_lifetime, body.grant_types, body.secrets.length], [120, ["client_credentials"], 1]);
  await page.getByRole("button", { name: "Done" }).click();
  // Nobody uses it, so it goes without a question, and comes back.
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.waitForURL(`${ORIGIN}/admin/clients`);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(`${ORIGIN}/admin/clients/${id}`);
  await page.getByRole("heading", { name: "Nightly job (copy)" }).waitFor();
  quiet(page);
});

test("a client that may administer the server is made once the password is given again", async () => {
  await anHourLater();
  await open(page, "/admin/clients/new?kind=machine");
  await page.getByLabel("Name", { exact: true }).fill("Provisioning");
  await page.getByLabel("Client ID", { exact: true }).fill("provisioning");
  await page.getByLabel("Scopes").fill("keyfob:admin");
  await page.getByRole("button", { name: "Create client" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.getByLabel("Password").fill("an administrator");
  assert.equal((await ask("/clients/provisioning")).status, 404);
  await page.keyboard.press("Enter");
  await shownSecret();
  assert.equal((await ask("/clients/provisioning")).body.scope, "keyfob:admin");
  await page.getByRole("button", { name: "Done" }).click();
  provoked(page, /status of 40[34]/);
  quiet(page);
});

test("a client that is in use is deleted once its id is typed", async () => {
  assert.equal((await token(first)).status, 200);
  await open(page, "/admin/clients/nightly");
  await page.getByRole("button", { name: "Delete…" }).click();
  const button = page.getByRole("dialog").getByRole("button", { name: "Delete client" });
  assert.ok(await button.isDisabled());
  await page.getByRole("dialog").getByRole("textbox").fill("nightly");
  await look(page, "delete in use");
  await button.click();
  await page.waitForURL(`${ORIGIN}/admin/clients`);
  assert.equal((await token(first)).error, "invalid_client");
  quiet(page);
});
