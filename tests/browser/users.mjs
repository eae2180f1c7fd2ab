// A user is made on the page, chooses a password on a link, joins a team, changes role and leaves it, and is
// disabled; each tab stands.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, anHourLater, downloaded, look, open, provoked, quiet, visitor } from "./lib.mjs";

let page, sub;
// What the server has, not what the page shows.
const found = (q) => page.evaluate(async (path) => (await (await fetch(path)).json()).items, `${ORIGIN}/admin/api/v1/users?q=${q}`);
const stored = (sub) => page.evaluate(async (path) => (await fetch(path)).json(), `${ORIGIN}/admin/api/v1/users/${sub}`);

before(async () => {
  page = await administrator();
});

test("users are found by what is typed, and the empty state names the filter", async () => {
  await open(page, "/admin/users");
  await page.getByRole("link", { name: "kari" }).waitFor();
  await look(page, "users");
  await open(page, "/admin/users?q=nobody-of-that-name");
  await page.getByText("No results", { exact: true }).waitFor();
  await look(page, "no user matches");
  await page.getByRole("button", { name: /Clear/ }).click();
  await page.getByRole("link", { name: "kari" }).waitFor();
});

// The link that the page shows once.
const shownLink = () => page.locator("[data-secret]").textContent();

// Opens a link in a browser of its own, and chooses a password there.
async function choose(link, password, name) {
  const person = await visitor();
  await person.goto(link);
  await person.getByText("Account: nina").waitFor();
  assert.equal(person.url(), `${ORIGIN}/password`, "the code is not in the address bar");
  if (name) await look(person, `${name}, choose`);
  assert.equal(await person.evaluate(() => document.activeElement.id), "password");
  await person.getByLabel("New password", { exact: true }).fill(password);
  await person.getByLabel("Confirm new password").fill(password);
  await person.getByRole("button", { name: "Save password" }).click();
  await person.getByRole("heading", { name: "Password set" }).waitFor();
  if (name) await look(person, `${name}, done`);
  await person.getByRole("link", { name: "Sign in" }).click();
  await person.fill("#username", "nina");
  await person.fill("#password", password);
  await person.click("#login-submit");
  await person.waitForURL(`${ORIGIN}/account`);
  return person;
}

test("a user is made on the page, with an invitation that is shown once", async () => {
  await open(page, "/admin/users/new");
  await page.getByLabel("Username").fill("nina");
  await page.getByLabel("Email", { exact: true }).fill("nina@example.com");
  await page.getByLabel("Email is verified").check();
  await look(page, "new user");
  await page.getByLabel("Password", { exact: true }).selectOption("here");
  await page.getByLabel("New password").waitFor();
  await look(page, "new user with a password");
  await page.getByLabel("Password", { exact: true }).selectOption("link");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByText("Created nina. Share the invitation link.").waitFor();
  await page.getByRole("heading", { name: "nina", level: 1 }).waitFor();
  sub = decodeURIComponent(new URL(page.url()).pathname.split("/").pop());
  assert.equal((await stored(sub)).password_link.purpose, "invite");
  assert.equal((await stored(sub)).email_verified, true);
  assert.match(await shownLink(), new RegExp(`^${ORIGIN}/password#t=[A-Za-z0-9_-]{27}$`));
  await look(page, "invited");
});

let invitation, first, second;
test("an invited user chooses a password on the link and signs in", async () => {
  first = await choose((invitation = await shownLink()), "battery staple", "invitation");
  await open(page, `/admin/users/${sub}`);
  await page.getByText("Password set.").waitFor();
  assert.equal(await page.locator("[data-secret]").count(), 0, "the link is not shown again");
});

test("a link that was used says so and what to do", async () => {
  const person = await visitor();
  await person.goto(invitation);
  await person.getByRole("alert").getByText("This link is no longer valid").waitFor();
  assert.equal(await person.getByText("nina").count(), 0);
  provoked(person, /400/);
  await look(person, "used link");
});

test("a reset link ends the session that there was", async () => {
  assert.equal((await first.goto(`${ORIGIN}/account`)).url(), `${ORIGIN}/account`);
  await page.getByRole("button", { name: "Create reset link" }).click();
  await page.getByText("Reset link created.").waitFor();
  await look(page, "reset link");
  second = await choose(await shownLink(), "another battery");
  await first.goto(`${ORIGIN}/account`);
  assert.equal(new URL(first.url()).pathname, "/login");
  quiet(first);
  quiet(second);
});

test("a link is withdrawn", async () => {
  await open(page, `/admin/users/${sub}`);
  await page.getByRole("button", { name: "Create reset link" }).click();
  const link = await shownLink();
  await page.getByRole("button", { name: "Revoke link" }).click();
  await page.getByText("Link revoked.").waitFor();
  assert.equal((await stored(sub)).password_link, null);
  assert.equal(await page.locator("[data-secret]").count(), 0);
  const person = await visitor();
  await person.goto(link);
  await person.getByRole("alert").waitFor();
});

test("without JavaScript the code is pasted", async () => {
  await page.getByRole("button", { name: "Create reset link" }).click();
  const link = await shownLink();
  const person = await visitor({ javaScriptEnabled: false, locale: "nb-NO" });
  await person.goto(link);
  await person.getByLabel("Engangskode").fill(link.split("#t=")[1]);
  await person.getByRole("button", { name: "Fortsett" }).click();
  await person.getByText("Konto: nina").waitFor();
  await person.fill("#password", "et nytt passord");
  await person.fill("#again", "et annet passord");
  await person.click("#password-save");
  await person.getByText("Passordene er ikke like.").waitFor();
  await person.fill("#password", "et nytt passord");
  await person.fill("#again", "et nytt passord");
  await person.click("#password-save");
  await person.getByRole("heading", { name: "Passordet er lagret" }).waitFor();
  provoked(person, /400/);
  quiet(person);
});

test("users are imported from a file, after a look at it, with their links as a file", async () => {
  await open(page, "/admin/users");
  await page.getByRole("button", { name: "Import CSV" }).click();
  await page.getByRole("heading", { name: "Import users" }).waitFor();
  await look(page, "import");
  await page.getByLabel("Or paste its content").fill("username,mail\nper,per@example.com");
  await page.getByRole("button", { name: "Preview users" }).click();
  await page.getByText("did you mean \"email\"?").waitFor();
  await page.getByLabel("Or paste its content").fill("username,email\nper,nonsense\nola,\n");
  await page.getByRole("button", { name: "Preview users" }).click();
  await page.getByText("2 problems in the file").waitFor();
  await page.getByRole("cell", { name: "is already in use" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Create/ }).count(), 0);
  await look(page, "import with mistakes");
  const csv = "username,email,given_name,teams\nper,per@example.com,Per,acme:admin\n=1+1,,,\n";
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "Preview users" }).click();
  await page.getByText("Preview: 2 users").waitFor();
  await look(page, "import preview");
  assert.equal((await found("per")).length, 0, "a look makes nobody");
  await page.getByRole("button", { name: "Create 2 users" }).click();
  await page.getByRole("heading", { name: "2 users created", level: 1 }).waitFor();
  await look(page, "imported");
  const file = await downloaded(page, () => page.getByRole("button", { name: "Download invitations.csv" }).click());
  assert.equal(file.name, "invitations.csv");
  const [head, per, formula] = String(file.bytes).split("\r\n").map((line) => line.split(","));
  assert.deepEqual(head, ["username", "email", "link", "expires_at"]);
  assert.equal(formula[0], "'=1+1", "no spreadsheet takes it for a formula");
  await open(page, "/admin/users?q=per");
  await page.getByRole("cell", { name: "per Invited" }).waitFor();
  const person = await visitor();
  await person.goto(per[2]);
  await person.getByText("Account: per").waitFor();
  assert.deepEqual((await found("per"))[0].teams, [{ id: "acme", role: "admin" }]);
  quiet(page);
});

test("an administrator is made once the password is given again", async () => {
  await anHourLater();
  await open(page, "/admin/users/new");
  await page.getByLabel("Username").fill("deputy");
  await page.getByLabel("Password", { exact: true }).selectOption("none");
  await page.getByLabel("Administrator").check();
  await page.getByRole("button", { name: "Create user" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.getByLabel("Password").fill("an administrator");
  assert.equal((await found("deputy")).length, 0);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "deputy", level: 1 }).waitFor();
  assert.equal((await found("deputy"))[0].admin, true);
  provoked(page, /status of 403/);
  quiet(page);
});

test("every tab of a user is at an address of its own", async () => {
  for (const tab of ["", "/teams", "/sessions", "/grants", "/tokens", "/activity"]) {
    await open(page, `/admin/users/${sub}${tab}`);
    assert.equal(await page.locator('nav.tabs [aria-current="page"]').count(), 1, tab);
    await look(page, `user ${tab.slice(1) || "profile"}`);
  }
  quiet(page);
});

test("a team is joined, the role in it changed, the team left", async () => {
  await open(page, `/admin/users/${sub}/teams`);
  await page.getByText("No teams").waitFor();
  await page.getByLabel("Team ID").fill("acme");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const role = page.getByLabel("Role in acme");
  await role.waitFor();
  assert.deepEqual((await stored(sub)).teams, [{ id: "acme", role: "member" }]);
  await look(page, "in a team");
  await role.selectOption("admin");
  await page.getByText("Role in acme changed to Admin.").waitFor();
  assert.deepEqual((await stored(sub)).teams, [{ id: "acme", role: "admin" }]);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByText("No teams").waitFor();
  assert.deepEqual((await stored(sub)).teams, []);
  quiet(page);
});

test("who is managed by the state file keeps their teams", async () => {
  await open(page, "/admin/users/u-kari/teams");
  assert.equal(await page.getByLabel("Role in acme").isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Remove" }).count(), 0);
  await look(page, "teams of a managed user");
});

test("a user is disabled and enabled again", async () => {
  await open(page, `/admin/users/${sub}`);
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable" }).waitFor();
  assert.equal((await stored(sub)).disabled, true);
  await look(page, "disabled");
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByRole("button", { name: "Disable" }).waitFor();
  assert.equal((await stored(sub)).disabled, false);
  quiet(page);
});
