// A team is made, people are added, change role and are taken out, it is renamed and deleted.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page;
const get = (path) => page.evaluate(async (address) => (await fetch(address)).json(), `${ORIGIN}/admin/api/v1${path}`);
const members = async () => (await get("/teams/harbour/members")).items.map(({ username, role }) => `${username} ${role}`);

before(async () => {
  page = await administrator();
  // Somebody whom no state file manages.
  await open(page, "/admin/users/new");
  await page.getByLabel("Username").fill("nina");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByRole("heading", { name: "nina", level: 1 }).waitFor();
});

test("a team is made from a name and an id", async () => {
  await open(page, "/admin/teams");
  await page.getByRole("link", { name: "Acme" }).waitFor();
  await look(page, "teams");
  await page.getByRole("button", { name: "New team" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Harbour");
  await page.getByLabel("ID", { exact: true }).fill("harbour");
  await look(page, "new team");
  await page.getByRole("button", { name: "Create team" }).click();
  await page.getByText("No members").waitFor();
  await look(page, "team without members");
});

test("somebody is added, changes role and is taken out", async () => {
  await page.getByLabel("Username or sub").fill("nina");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const role = page.getByLabel("Role of nina");
  await role.waitFor();
  assert.deepEqual(await members(), ["nina member"]);
  await look(page, "team with a member");
  const changed = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/members"));
  await role.selectOption("admin");
  assert.equal((await changed).status(), 204);
  assert.deepEqual(await members(), ["nina admin"]);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByText("No members").waitFor();
  assert.deepEqual(await members(), []);
  quiet(page);
});

test("a team is renamed", async () => {
  await page.getByLabel("Name", { exact: true }).fill("Harbour and quay");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByRole("heading", { name: "Harbour and quay", level: 1 }).waitFor();
  assert.equal((await get("/teams/harbour")).name, "Harbour and quay");
});

test("a team is deleted once its id is typed", async () => {
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog");
  const button = dialog.getByRole("button", { name: "Delete team" });
  assert.ok(await button.isDisabled());
  await look(page, "the question");
  await dialog.getByRole("textbox").fill("harbour");
  await button.click();
  await page.getByRole("link", { name: "Acme" }).waitFor();
  assert.deepEqual((await get("/teams")).items.map(({ id }) => id), ["acme"]);
  quiet(page);
});
