// The signing keys: one is rotated, one retired, and the key set is as clients see it.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page;
const keySet = async () => (await (await fetch(`${ORIGIN}/.well-known/jwks.json`)).json()).keys;
const shown = (kid) => page.getByLabel("Key set", { exact: true }).getByText(kid);

before(async () => {
  page = await administrator();
  await open(page, "/admin/keys");
});

test("the keys are listed, and the key set beside them", async () => {
  for (const { kid } of await keySet()) await shown(kid).waitFor();
  await look(page, "the keys");
});

test("a key of a chosen algorithm is published, and signs later", async () => {
  const before = await keySet();
  await page.getByLabel("Algorithm for the new key").selectOption("EdDSA");
  await page.getByRole("button", { name: "Rotate EdDSA key" }).click();
  await page.getByText("New EdDSA key published.").waitFor();
  const made = (await keySet()).find(({ kid }) => !before.some((one) => one.kid === kid));
  assert.equal(made.alg, "EdDSA");
  await page.getByRole("row", { name: made.kid }).getByText("Published, not signing yet.").waitFor();
  await shown(made.kid).waitFor();
  await look(page, "a key rotated");
});

test("a key is retired once its name is typed, and then leaves the key set", async () => {
  const row = page.getByRole("row").filter({ hasText: "Published, not signing yet." }).first();
  const kid = await row.locator("code").innerText();
  await row.getByRole("button", { name: "Revoke…" }).click();
  const dialog = page.getByRole("dialog");
  const button = dialog.getByRole("button", { name: "Revoke key" });
  assert.ok(await button.isDisabled());
  await look(page, "the question");
  await dialog.getByRole("textbox").fill(kid.slice(0, 8));
  await button.click();
  await page.getByText("Key revoked.").waitFor();
  assert.ok(!(await keySet()).some((one) => one.kid === kid));
  quiet(page);
});

test("an RS256 key can be made before a client asks for one", async () => {
  await page.getByLabel("Algorithm for the new key").selectOption("RS256");
  await page.getByRole("button", { name: "Rotate RS256 key" }).click();
  await page.getByText("New RS256 key published.").waitFor();
  assert.ok((await keySet()).some(({ alg }) => alg === "RS256"));
  quiet(page);
});
