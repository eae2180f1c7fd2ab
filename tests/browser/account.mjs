// `/account` in both languages, with JavaScript and without: everything a person does there, seen from the
// outside too: the other browser is signed out, the app's token is dead, the service acts no more.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { ORIGIN, keyfob, look, quiet, visitor } from "./lib.mjs";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const LOCALES = { en: "en-GB", nb: "nb-NO" };
const WORDS = {
  en: { saved: "Profile saved.", here: "this device", device: "Chrome on Linux", ended: "Session signed out.", none: "No app has access to your account.", nobody: "No one is acting for you.", changed: "Password changed.", wrong: "Wrong password." },
  nb: { saved: "Profilen er lagret.", here: "denne enheten", device: "Chrome på Linux", ended: "Økten er logget ut.", none: "Ingen apper har tilgang til kontoen din.", nobody: "Ingen handler på vegne av deg.", changed: "Passordet er byttet.", wrong: "Feil passord." },
};

const PASSWORD = "correct horse";
const folder = await mkdtemp(join(tmpdir(), "keyfob-account-"));
await writeFile(join(folder, "password"), PASSWORD);

const client = createServer((_, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<title>The client</title><link rel=icon href=data:,><p>Back at the client");
});
await new Promise((resolve) => client.listen(0, "127.0.0.1", resolve));
after(async () => {
  client.close();
  await rm(folder, { recursive: true });
});
const CLIENT = `http://127.0.0.1:${client.address().port}`;

async function tokenRequest(fields, headers = {}) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/token`, { method: "POST", body: new URLSearchParams(fields), headers });
  return answer.json();
}

/** What userinfo answers to a token: 401 when it is dead. */
async function status(token) {
  return (await fetch(`${ORIGIN}/api/v1/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;
}

async function signIn(page, username, password) {
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#login-submit");
}

/** Signs in to the app in this browser; its access token. */
async function tokenOfApp(page) {
  const query = new URLSearchParams({
    response_type: "code", client_id: "desktop", redirect_uri: `${CLIENT}/callback`, scope: "openid profile notes:read",
    code_challenge: CHALLENGE, code_challenge_method: "S256", prompt: "consent",
  });
  await page.goto(`${ORIGIN}/api/v1/oauth/authorize?${query}`);
  await page.click("#consent-allow");
  await page.waitForURL(`${CLIENT}/callback?**`);
  const code = new URL(page.url()).searchParams.get("code");
  const tokens = await tokenRequest({ grant_type: "authorization_code", client_id: "desktop", code, redirect_uri: `${CLIENT}/callback`, code_verifier: VERIFIER });
  return tokens.access_token;
}

/** A token with which the service acts for the person. */
async function tokenOfHelper(sub) {
  const basic = Buffer.from(`helper:${encodeURIComponent("s3cret for development")}`).toString("base64");
  const own = await tokenRequest({ grant_type: "client_credentials", scope: "profile keyfob:delegate" }, { authorization: `Basic ${basic}` });
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/delegated-token`, {
    method: "POST",
    headers: { authorization: `Bearer ${own.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ sub, team_id: null, scopes: ["profile"] }),
  });
  return (await answer.json()).access_token;
}

/** Chromium writes a line for every answer that is no success. */
function forgive(page) {
  page.complaints.splice(0, Infinity, ...page.complaints.filter((text) => !/status of 4\d\d/.test(text)));
}

for (const javaScriptEnabled of [true, false]) {
  for (const lang of ["en", "nb"]) {
    const how = `${lang}, ${javaScriptEnabled ? "with" : "without"} JavaScript`;
    const words = WORDS[lang];
    const username = `ola-${lang}-${javaScriptEnabled ? "js" : "plain"}`;
    let password = PASSWORD;
    let page;

    const see = async (name) => {
      assert.equal(await page.getAttribute("html", "lang"), lang, name);
      if (javaScriptEnabled) return look(page, `${name} ${lang}`);
      const before = page.viewportSize();
      await page.setViewportSize({ width: 375, height: 812 });
      const { width } = await page.locator("html").boundingBox();
      assert.ok(width <= 375, `${name}: ${width} px wide`);
      await page.setViewportSize(before);
      quiet(page);
    };
    const visit = () => visitor({ javaScriptEnabled, locale: LOCALES[lang], elsewhere: [CLIENT] });
    const signedIn = async (path = "/account") => {
      const visited = await visit();
      await visited.goto(ORIGIN + path);
      await signIn(visited, username, password);
      await visited.waitForURL(ORIGIN + path);
      return visited;
    };

    test(`profile: ${how}`, async () => {
      await keyfob("user", "create", username, "--sub", username, "--email", `${username}@example.com`, "--given-name", "Ola", "--password-file", join(folder, "password"));
      page = await signedIn();
      await see("profile");
      await page.fill("#given-name", "Åse");
      await page.fill("#family-name", "Nordmann-Vik");
      await page.fill("#zoneinfo", "Mars/Base");
      await page.click("#profile-save");
      await page.waitForSelector("#zoneinfo-error");
      forgive(page);
      await see("profile refused");
      await page.fill("#zoneinfo", "Europe/Oslo");
      await page.selectOption("#locale", lang);
      await page.click("#profile-save");
      await page.getByText(words.saved).waitFor();
      assert.equal(await page.inputValue("#family-name"), "Nordmann-Vik");
      await page.getByText("Åse Nordmann-Vik").waitFor();
      await page.fill("#email", `new-${username}@example.com`);
      await page.click("#email-save");
      await page.waitForURL("**/account?done=email");
      await see("profile saved");
    });

    test(`colours: ${how}`, async () => {
      for (const theme of ["dark", "light"]) {
        await page.click(`button[name=theme][value=${theme}]`);
        await page.waitForSelector(`html[data-theme=${theme}]`);
        assert.equal(await page.getAttribute(`button[value=${theme}]`, "aria-pressed"), "true");
        await page.goto(`${ORIGIN}/login`);
        assert.equal(await page.getAttribute("html", "data-theme"), theme);
        await page.goto(`${ORIGIN}/account`);
      }
      await page.click(`button[name=theme][value=""]`);
      await page.waitForSelector("html:not([data-theme])");
    });

    test(`the data of one's own: ${how}`, async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
      assert.equal(download.suggestedFilename(), "keyfob-account.json");
      const data = JSON.parse(await readFile(await download.path(), "utf8"));
      assert.equal(data.user.email, `new-${username}@example.com`);
    });

    test(`sign-ins: ${how}`, async () => {
      const other = await signedIn();
      const third = await signedIn();
      await page.goto(`${ORIGIN}/account/sessions`);
      assert.equal(await page.locator(".cards li").count(), 3);
      assert.equal(await page.getByText(words.here, { exact: true }).count(), 1);
      assert.equal(await page.locator(".cards h3").first().innerText(), `${words.device} ${words.here}`);
      await see("sessions");
      await page.locator("button[name=end]:not(#end-others)").first().click();
      await page.getByText(words.ended).waitFor();
      const states = async () => {
        const paths = [];
        for (const one of [other, third]) {
          await one.goto(`${ORIGIN}/account`);
          paths.push(new URL(one.url()).pathname);
        }
        return paths.sort();
      };
      assert.deepEqual(await states(), ["/account", "/login"]);
      await page.click("#end-others");
      await page.waitForURL("**/account/sessions?done=others");
      assert.deepEqual(await states(), ["/login", "/login"]);
      assert.equal(await page.locator(".cards li").count(), 1);
      await see("one session");
    });

    test(`apps and whoever acts: ${how}`, async () => {
      await page.goto(`${ORIGIN}/account/apps`);
      await page.getByText(words.none).waitFor();
      await see("no apps");
      const app = await tokenOfApp(page);
      const helper = await tokenOfHelper(username);
      assert.equal(await status(app), 200);
      assert.notEqual(await status(helper), 401);
      await page.goto(`${ORIGIN}/account/apps`);
      await page.getByText("Notes on the desktop").waitFor();
      await page.getByText("Helpful service").waitFor();
      await see("apps");
      await page.click("button[name=client_id]");
      await page.getByText(words.none).waitFor();
      assert.equal(await status(app), 401);
      await page.click("button[name=token]");
      await page.getByText(words.nobody).waitFor();
      assert.equal(await status(helper), 401);
      quiet(page);
    });

    test(`password: ${how}`, async () => {
      const other = await signedIn();
      await page.goto(`${ORIGIN}/account/password`);
      await see("password");
      const fill = async (current) => {
        await page.fill("#current", current);
        await page.fill("#password", "battery staple");
        await page.fill("#again", "battery staple");
        await page.click("#password-save");
      };
      await fill("wrong");
      await page.getByText(words.wrong).waitFor();
      forgive(page);
      await see("password wrong");
      await fill(password);
      await page.getByText(words.changed).waitFor();
      password = "battery staple";
      await other.goto(`${ORIGIN}/account`);
      assert.equal(new URL(other.url()).pathname, "/login");
      await (await signedIn("/account/apps")).close();
      quiet(page);
    });
  }
}
