// Every table at the widths of phones, tablets and desks, with names of 68 characters and addresses of 200: no word
// is split, nothing scrolls sideways, and what is cut off is shown in full to the keyboard.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { ORIGIN, administrator, look, open, quiet, settled, visitor } from "./lib.mjs";

const WIDTHS = [360, 390, 768, 1024, 1440];
const long = (kind) => `${kind}-of-the-regional-office-for-quality-assurance-and-documentation-x`.padEnd(68, "x").slice(0, 68);
const [USER, SUB, TEAM, CLIENT, SERVICE] = ["user", "sub", "team", "client", "service"].map(long);
const API = `https://api.example/${Array(8).fill("department-of-documentation").join("/")}`.slice(0, 200);
const at = (list, id, tab) => `${list}/${encodeURIComponent(id)}${tab ? `/${tab}` : ""}`;

const PLACES = [
  "",
  ...["clients", "users", "teams", "scopes", "resources", "keys", "events", "traces", "trusted-issuers"],
  ...["tokens", "tokens/grants", "tokens/sessions", "tokens/devices"],
  ...["delegations", `delegations/policy?for=${USER}`],
  ...["secrets", "tokens", "activity", `claims?sub=${USER}`].map((tab) => at("clients", SERVICE, tab)),
  ...["consents", "grants"].map((tab) => at("clients", CLIENT, tab)),
  ...["teams", "sessions", "grants", "tokens", "activity"].map((tab) => at("users", SUB, tab)),
  at("teams", TEAM),
  at("resources", API),
  "settings/about",
];

let page;

async function send(path, body, headers) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/${path}`, { method: "POST", body, headers });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

/** The user signs in to the client and allows all that it asks for: a session, a consent, a grant and its tokens. */
async function grant() {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const redirect_uri = "http://127.0.0.1/callback";
  const guest = await visitor({ elsewhere: ["http://127.0.0.1"] });
  await guest.route("http://127.0.0.1/**", (route) => route.fulfill({ body: "back" }));
  const query = { response_type: "code", client_id: CLIENT, redirect_uri, scope: "openid profile offline_access", prompt: "consent", code_challenge: challenge, code_challenge_method: "S256" };
  await guest.goto(`${ORIGIN}/api/v1/oauth/authorize?${new URLSearchParams(query)}`);
  await guest.fill("#username", USER);
  await guest.fill("#password", "correct horse");
  await guest.click("#login-submit");
  await guest.click("button[value=allow]");
  await guest.waitForURL(/callback\?/);
  const code = new URL(guest.url()).searchParams.get("code");
  await send("token", new URLSearchParams({ grant_type: "authorization_code", client_id: CLIENT, code, redirect_uri, code_verifier: verifier }));
}

test.before(async () => {
  await grant();
  const basic = { authorization: `Basic ${btoa(`${SERVICE}:s3cret+for+development`)}` };
  const { access_token } = await send("token", new URLSearchParams({ grant_type: "client_credentials" }), basic);
  const bearer = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  await send("delegated-token", JSON.stringify({ sub: SUB, scopes: ["openid", "profile"], team_id: TEAM }), bearer);
  await send("device_authorization", new URLSearchParams({ client_id: CLIENT, scope: "openid profile" }));
  // Refused, so that there is something to look at.
  await fetch(`${ORIGIN}/api/v1/oauth/token`, { method: "POST", headers: { authorization: `Basic ${btoa(`${SERVICE}:wrong`)}` }, body: new URLSearchParams({ grant_type: "client_credentials" }) });
  page = await administrator();
});

/** What is wrong with the tables that are shown: a split word, or a part of the page that is wider than its place. */
const faults = () =>
  page.evaluate(() => {
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide where there are ${clientWidth}`);
    for (const table of document.querySelectorAll("table")) {
      const name = table.getAttribute("aria-label");
      // All around it, up to the page: nothing scrolls, nothing is pushed out.
      for (let box = table; box.id !== "page"; box = box.parentElement) {
        const { overflowX } = getComputedStyle(box);
        if (box.scrollWidth > box.clientWidth + 1) found.push(`${name}: ${box.tagName}.${box.className} scrolls (${overflowX})`);
      }
      const room = table.parentElement.getBoundingClientRect();
      for (const cell of table.querySelectorAll("td, th")) {
        const { left, right, width } = cell.getBoundingClientRect();
        if (width > 0 && (left < room.left - 1 || right > room.right + 1)) found.push(`${name}: ${cell.innerText.slice(0, 30)} sticks out`);
      }
      const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode;
        if (!node.parentElement.checkVisibility()) continue;
        for (const word of node.data.matchAll(/[^\s-]+/g)) {
          const range = document.createRange();
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          const lines = new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top)));
          if (lines.size > 1) found.push(`${name}: “${word[0]}” is on ${lines.size} lines`);
        }
      }
    }
    return found;
  });

/** The texts of the page's tables that are cut off: whether the Tab key reaches each. */
const cutOff = () =>
  page.evaluate(() => {
    const isCut = (element) => element.scrollWidth > element.clientWidth;
    return [...document.querySelectorAll("table :is(.cell, .clip)")].filter(isCut).map((element) => {
      const target = element.tabIndex >= 0 ? element : element.querySelector("a[href], button, select, summary, [tabindex='0']");
      return { text: element.innerText.trim(), isReached: Boolean(target) };
    });
  });

/** Those that it does not reach. The page looks at what is cut off after each layout, so it may take some frames. */
async function unreached() {
  const end = Date.now() + 10_000;
  for (;;) {
    const missing = (await cutOff()).filter(({ isReached }) => !isReached);
    if (missing.length === 0 || Date.now() > end) return missing;
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

for (const width of WIDTHS) {
  test(`no word is split and nothing scrolls sideways at ${width} px`, async () => {
    await page.setViewportSize({ width, height: 900 });
    let tables = 0;
    for (const place of PLACES) {
      await open(page, `/admin${place && `/${place}`}`);
      assert.deepEqual(await faults(), [], place);
      tables += await page.locator("table").count();
      assert.deepEqual(await unreached(), [], `${place}: cut off, and the keyboard does not get there`);
    }
    assert.ok(tables >= PLACES.length - 2, `only ${tables} tables`);
    quiet(page);
  });
}

test("what is cut off is shown in full on hover and on focus, and Escape closes it", async () => {
  await page.setViewportSize({ width: 1024, height: 900 });
  await open(page, "/admin/resources");
  const bubble = page.locator(".full-text");
  await page.locator("tbody td:nth-child(2) .cell").first().hover();
  await bubble.waitFor();
  assert.equal(await bubble.innerText(), API);
  await page.keyboard.press("Escape");
  await bubble.waitFor({ state: "hidden" });
  // From the name, which is a link, on to the address, which is none.
  await page.locator("tbody td:nth-child(1) a").first().focus();
  await bubble.waitFor();
  assert.equal(await bubble.innerText(), long("api"));
  await page.keyboard.press("Tab");
  await page.waitForFunction((text) => document.querySelector(".full-text").innerText === text, API);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await bubble.waitFor({ state: "hidden" });
});

test("a row is a card where there is no room for columns, and still a table to a screen reader", async () => {
  await page.setViewportSize({ width: 768, height: 900 });
  await open(page, "/admin/clients");
  assert.equal(await page.locator("tbody tr").first().evaluate((row) => getComputedStyle(row.querySelector("td"), "::before").content), '"Name"');
  assert.ok((await page.getByRole("row").count()) >= 3);
  await page.getByRole("button", { name: "Client ID" }).click();
  await page.waitForURL(/sort=/);
  await settled(page);
  await look(page, "clients with long names");
});
