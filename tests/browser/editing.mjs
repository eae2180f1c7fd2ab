// What was typed is not lost: to an expired session, to the browser's own buttons, to another administrator.
// And where the focus is after each of these.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORIGIN, administrator, anotherServer, look, open, provoked, quiet, settled, visitor } from "./lib.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
const forgetSession = (page) => page.context().clearCookies({ name: /admin/ });

async function signInAgain(page, username = "root", password = "an administrator") {
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByLabel("Username or email").fill(username);
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
}

test("a session that expired while somebody typed costs a password and nothing else", async () => {
  const page = await administrator();
  await open(page, "/admin/teams/new");
  await page.getByLabel("Name", { exact: true }).fill("Lighthouse");
  await page.getByLabel("ID").fill("lighthouse");
  await forgetSession(page);
  await page.getByRole("button", { name: "Create team" }).click();
  await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  provoked(page, /status of 401/);
  await look(page, "sign in again");
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Lighthouse");
  await signInAgain(page);
  await page.waitForURL(`${ORIGIN}/admin/teams/lighthouse`);
  quiet(page);
});

test("whoever does not sign in again keeps what was typed", async () => {
  const page = await administrator();
  await open(page, "/admin/teams/new");
  await page.getByLabel("Name", { exact: true }).fill("Pier");
  await forgetSession(page);
  await page.getByRole("button", { name: "Create team" }).click();
  await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  assert.equal(await page.locator("#password").evaluate((field) => field === document.activeElement), true);
  await page.keyboard.press("Escape");
  await page.getByText("Not saved.").waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Pier");
  provoked(page, /status of 401/);
});

test("the browser's own back button asks before changes are lost, and so does leaving after a refusal", async () => {
  const page = await administrator();
  await open(page, "/admin/teams");
  await page.getByRole("button", { name: "New team" }).or(page.getByRole("link", { name: "New team" })).first().click();
  await page.waitForURL(/teams\/new$/);
  await page.getByLabel("Name", { exact: true }).fill("Quay");
  await page.getByLabel("ID").fill("not an id!");
  await page.getByRole("button", { name: "Create team" }).click();
  await page.getByText("Not saved.").waitFor();
  provoked(page, /status of 422/);
  const asked = [];
  page.on("dialog", (dialog) => { asked.push(dialog.message()); dialog.dismiss(); });
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => location.pathname === "/admin/teams/new");
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Quay");
  assert.deepEqual(asked, ["You have unsaved changes. Leave without saving?"]);
  assert.equal(new URL(page.url()).pathname, "/admin/teams/new");
});

test("two administrators edit one object: what only one touched is kept of both", async () => {
  const [one, two] = await Promise.all([administrator(), administrator()]);
  const user = await one.evaluate(async () => {
    const answer = await fetch("/admin/api/v1/users", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "both" }) });
    return (await answer.json()).sub;
  });
  for (const page of [one, two]) await open(page, `/admin/users/${user}`);
  await one.getByLabel("Given name").fill("Mine");
  await two.getByLabel("Given name").fill("Theirs");
  await two.getByLabel("Family name").fill("Theirs");
  await two.getByRole("button", { name: "Save" }).click();
  await two.getByText("Saved.").waitFor();
  await one.getByRole("button", { name: "Save" }).click();
  await one.getByText("Someone else changed this while you were editing.").waitFor();
  provoked(one, /status of 412/);
  assert.equal(await one.getByLabel("Family name").inputValue(), "Theirs");
  assert.equal(await one.getByLabel("Given name").inputValue(), "Mine");
  await one.getByText("You both changed Given name.").waitFor();
  await look(one, "changed by two");
  await one.getByRole("button", { name: "Save" }).click();
  await one.getByText("Saved.").waitFor();
  const names = await one.evaluate(async (sub) => (await fetch(`/admin/api/v1/users/${sub}`)).json(), user);
  assert.deepEqual([names.given_name, names.family_name], ["Mine", "Theirs"]);
});

test("disabling somebody leaves what was typed beside it", async () => {
  const page = await administrator();
  const user = await page.evaluate(async () => {
    const answer = await fetch("/admin/api/v1/users", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "beside" }) });
    return (await answer.json()).sub;
  });
  await open(page, `/admin/users/${user}`);
  await page.getByLabel("Given name").fill("Typed");
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable" }).waitFor();
  assert.equal(await page.getByLabel("Given name").inputValue(), "Typed");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").nth(1).waitFor();
  const now = await page.evaluate(async (sub) => (await fetch(`/admin/api/v1/users/${sub}`)).json(), user);
  assert.deepEqual([now.given_name, now.disabled], ["Typed", true]);
  quiet(page);
});

test("what is typed while a save is under way stays, and is asked about", async () => {
  const page = await administrator();
  const user = await page.evaluate(async () => {
    const answer = await fetch("/admin/api/v1/users", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "typist" }) });
    return (await answer.json()).sub;
  });
  await open(page, `/admin/users/${user}`);
  let goOn;
  const held = new Promise((resolve) => { goOn = resolve; });
  await page.route(`**/users/${user}`, async (route) => {
    if (route.request().method() === "PATCH") await held;
    await route.continue();
  });
  await page.getByLabel("Given name").fill("Sent");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByLabel("Family name").fill("Later");
  goOn();
  await page.getByText("Saved.").waitFor();
  await page.waitForFunction(() => !document.querySelector("button[aria-busy=true]"));
  assert.equal(await page.getByLabel("Given name").inputValue(), "Sent");
  assert.equal(await page.getByLabel("Family name").inputValue(), "Later");
  const asked = [];
  page.on("dialog", (dialog) => { asked.push(dialog.message()); dialog.dismiss(); });
  await page.getByRole("link", { name: "Teams", exact: true }).first().click();
  assert.deepEqual(asked, ["You have unsaved changes. Leave without saving?"]);
  assert.equal(await page.getByLabel("Family name").inputValue(), "Later");
});

test("the focus goes to the title of a new page, and back to the button after a question", async () => {
  const page = await administrator();
  await open(page, "/admin/clients");
  await page.getByRole("link", { name: "Notes, too" }).press("Enter");
  await page.waitForURL(/clients\/web-post/);
  await settled(page);
  assert.equal(await focused(page), "page-title");
  await open(page, "/admin/keys");
  const rotate = page.getByRole("button", { name: /^Rotate/ });
  await rotate.waitFor();
  await page.getByRole("link", { name: "Skip to content" }).press("Enter");
  assert.equal(await focused(page), "page-title");
  await open(page, "/admin/users/u-root");
  const signOut = page.getByRole("button", { name: "Sign out everywhere" });
  await signOut.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Control+k");
  assert.equal(await page.getByRole("combobox").count(), 0, "a question is answered first");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement.textContent.trim() === "Sign out everywhere");
  quiet(page);
});

test("an address that was cut off is no page, and a part that cannot be fetched is said", async () => {
  const page = await administrator();
  await open(page, "/admin/clients/50%");
  await page.getByText("There is no page at this URL").waitFor();
  quiet(page);
  await page.route("**/pages/keys.js", (route) => route.abort());
  await page.goto(`${ORIGIN}/admin/keys`);
  await page.getByText("Could not load this.").waitFor();
});

test("single keys can be switched off", async () => {
  const page = await administrator();
  const switchIt = async () => {
    await page.getByRole("button", { name: /^Search/ }).focus();
    await page.keyboard.press("?");
    await page.getByLabel("Enable single-key shortcuts").click();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  };
  await switchIt();
  await page.keyboard.press("?");
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  assert.equal(new URL(page.url()).pathname, "/admin");
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("in dev mode whoever signed in with one click goes on with one click", async () => {
  const dev = await anotherServer({ command: "dev" });
  const page = await visitor({ origin: dev.origin });
  await page.goto(`${dev.origin}/admin`);
  await page.getByRole("button", { name: /Continue as/ }).first().click();
  await page.waitForSelector("#page h1");
  // What an hour would do: the server asks for the password again.
  let refused = 0;
  await page.route("**/admin/api/v1/keys", (route) => {
    if (route.request().method() !== "POST" || refused++ > 0) return route.continue();
    return route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify({ code: "password_required", detail: "Confirm your password to continue." }) });
  });
  await open(page, "/admin/keys");
  await page.getByRole("button", { name: /^Rotate/ }).click();
  const dialog = page.getByRole("dialog", { name: "Continue?" });
  await dialog.getByRole("button", { name: "Continue" }).click();
  await page.getByText(/^New \w+ key published/).waitFor();
  provoked(page, /status of 403/);
});
