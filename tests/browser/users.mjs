// A user is made on the page, joins a team, changes role and leaves it, and is disabled; each tab stands.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page, sub;
// What the server has, not what the page shows.
const stored = (sub) => page.evaluate(async (path) => (await fetch(path)).json(), `${ORIGIN}/admin/api/v1/users/${sub}`);

before(async () => {
  page = await administrator();
});

test("users are found by what is typed, and the empty state names the filter", async () => {
  await open(page, "/admin/users");
  await page.getByRole("link", { name: "kari" }).waitFor();
  await look(page, "users");
  await open(page, "/admin/users?q=nobody-of-that-name");
  await page.getByText("Nothing matches").waitFor();
  await look(page, "no user matches");
  await page.getByRole("button", { name: /Take out/ }).click();
  await page.getByRole("link", { name: "kari" }).waitFor();
});

test("a user is made on the page", async () => {
  await open(page, "/admin/users/new");
  await page.getByLabel("Username").fill("nina");
  await look(page, "new user");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByText("nina is made, and cannot sign in without a password.").waitFor();
  await page.getByRole("heading", { name: "nina", level: 1 }).waitFor();
  sub = decodeURIComponent(new URL(page.url()).pathname.split("/").pop());
  assert.equal((await stored(sub)).username, "nina");
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
  await page.getByText("In no team").waitFor();
  await page.getByLabel("Team id").fill("acme");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const role = page.getByLabel("Role in acme");
  await role.waitFor();
  assert.deepEqual((await stored(sub)).teams, [{ id: "acme", role: "member" }]);
  await look(page, "in a team");
  await role.selectOption("admin");
  await page.getByText("nina is admin in acme.").waitFor();
  assert.deepEqual((await stored(sub)).teams, [{ id: "acme", role: "admin" }]);
  await page.getByRole("button", { name: "Take out" }).click();
  await page.getByText("In no team").waitFor();
  assert.deepEqual((await stored(sub)).teams, []);
  quiet(page);
});

test("who is managed by the state file keeps their teams", async () => {
  await open(page, "/admin/users/u-kari/teams");
  assert.equal(await page.getByLabel("Role in acme").isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Take out" }).count(), 0);
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
