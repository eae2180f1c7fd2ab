// The state file: taken away, changed, shown as a difference, and done as it was shown.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { administrator, anotherServer, downloaded, look, open, provoked, quiet } from "./lib.mjs";

const ROOT = { KEYFOB_ADMIN_USERNAME: "root", KEYFOB_ADMIN_PASSWORD: "an administrator" };
let page, exported;

before(async () => {
  page = await administrator();
  await open(page, "/admin/state");
});

const paste = (there, text) => there.getByLabel("Or paste its content").fill(text);
const preview = (there) => there.getByRole("button", { name: "Preview changes" }).click();

test("an export declares everything and holds no secret", async () => {
  await look(page, "state");
  const { name, bytes } = await downloaded(page, () => page.getByRole("link", { name: "Download keyfob.toml" }).click());
  exported = bytes.toString();
  assert.equal(name, "keyfob.toml");
  assert.match(exported, /client_id = "native"/);
  assert.doesNotMatch(exported, /a secret of the web application|argon2|correct horse/);
});

test("what is wrong is told with its line, and nothing can be applied", async () => {
  await paste(page, '[[scope]]\nname = "a b"\n\n[[clent]]\n');
  await preview(page);
  const told = await page.getByRole("alert").innerText();
  assert.match(told, /import\.toml:4: .*clent.*client/s);
  provoked(page, /422/);
  await look(page, "wrong");
  assert.equal(await page.getByRole("button", { name: /^Apply/ }).count(), 0);
});

test("a file of the server is not read for a text that was sent in", async () => {
  await paste(page, '[[user]]\nusername = "x"\npassword_file = "/etc/hostname"\n');
  await preview(page);
  assert.match(await page.getByRole("alert").innerText(), /password_file: must not be set here/);
  provoked(page, /422/);
});

test("another server becomes as the export has it, after it was shown", async () => {
  const other = await anotherServer({ variables: ROOT });
  const there = await administrator({ origin: other.origin });
  await open(there, "/admin/state");
  // The user root is there already, under another sub.
  const users = exported.replace(/\[\[user\]\]\nsub = "u-root"[^[]*/s, "").replace(/\[\[user\]\][^[]*?username = "root"[^[]*/s, "");
  await paste(there, `issuer = "https://elsewhere.example"\n${users}`);
  await preview(there);
  await there.getByRole("heading", { name: "Preview" }).waitFor();
  await there.getByText("Not imported:").waitFor();
  await look(there, "plan");
  await there.getByRole("button", { name: /^Apply/ }).click();
  await there.getByText(/^Applied \d+ changes?\./).waitFor();
  await paste(there, users);
  await preview(there);
  await there.getByText("The database already matches the file.").waitFor();
  await look(there, "nothing to do");

  await paste(there, users.replace('"Read your notes"', '"Read all your notes"'));
  await preview(there);
  await there.locator("del", { hasText: "Read your notes" }).waitFor();
  await there.locator("ins", { hasText: "Read all your notes" }).waitFor();
  await look(there, "a difference");
  quiet(there);
});
