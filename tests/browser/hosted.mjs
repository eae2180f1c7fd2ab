// The hosted pages in both languages, with JavaScript and without: what a person meets on the way through
// a sign-in, a device, a sign-out and the errors, with the mouse and with the keyboard alone.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";

import { ORIGIN, anotherServer, look, quiet, visitor } from "./lib.mjs";

const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const LOCALES = { en: "en-GB", nb: "nb-NO" };
const WORDS = {
  en: { signIn: "Sign in", wrong: "Wrong username or password.", noCode: "Code not found.", out: "You are signed out", address: "Redirect URI not registered" },
  nb: { signIn: "Logg inn", wrong: "Feil brukernavn eller passord.", noCode: "Fant ikke koden.", out: "Du er logget ut", address: "Redirect-URI-en er ikke registrert" },
};

// The client: it notes what it is posted, and from which origin.
const posts = [];
const client = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    if (request.method === "POST") posts.push({ origin: request.headers.origin, referer: request.headers.referer, body: new URLSearchParams(body) });
    response.writeHead(200, { "content-type": "text/html" }).end("<title>The client</title><link rel=icon href=data:,><p>Back at the client");
  });
});
await new Promise((resolve) => client.listen(0, "127.0.0.1", resolve));
after(() => client.close());
const CLIENT = `http://127.0.0.1:${client.address().port}`;

function request(more = {}) {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "desktop",
    redirect_uri: `${CLIENT}/callback`,
    scope: "openid profile email offline_access notes:read keyfob:delegate",
    state: "s",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...more,
  });
  query.append("resource", "https://notes.example/api");
  query.append("resource", ORIGIN);
  return `${ORIGIN}/api/v1/oauth/authorize?${query}`;
}

async function userCode() {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/device_authorization`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "desktop", scope: "openid notes:read" }),
  });
  return (await answer.json()).user_code;
}

async function signIn(page, username = "ola", password = "correct horse") {
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#login-submit");
}

for (const javaScriptEnabled of [true, false]) {
  for (const lang of ["en", "nb"]) {
    const how = `${lang}, ${javaScriptEnabled ? "with" : "without"} JavaScript`;
    const words = WORDS[lang];

    /** With JavaScript, all that every page has to stand; without, that it is whole and fits the phone. */
    const see = async (page, name) => {
      assert.equal(await page.getAttribute("html", "lang"), lang, name);
      assert.equal(await page.locator("h1").count(), 1, name);
      if (javaScriptEnabled) return look(page, `${name} ${lang}`);
      const before = page.viewportSize();
      await page.setViewportSize({ width: 375, height: 812 });
      const { width } = await page.locator("html").boundingBox();
      assert.ok(width <= 375, `${name}: ${width} px wide`);
      await page.setViewportSize(before);
      quiet(page);
    };
    const visit = () => visitor({ javaScriptEnabled, locale: LOCALES[lang], elsewhere: [CLIENT] });

    test(`sign in and consent: ${how}`, async () => {
      const page = await visit();
      await page.goto(request({ prompt: "consent" }));
      assert.equal(await page.locator("#login-submit").innerText(), words.signIn);
      await see(page, "login");
      await signIn(page, "ola", "wrong");
      await page.getByText(words.wrong).waitFor();
      assert.equal(await page.inputValue("#username"), "ola");
      await see(page, "login wrong");
      await signIn(page);
      await page.waitForSelector("#consent-allow");
      await page.getByText("Notes API").waitFor();
      await page.locator("#acts-for-you").waitFor();
      await see(page, "consent");
      await page.click("#consent-allow");
      await page.waitForURL(`${CLIENT}/callback?**`);
      assert.ok(new URL(page.url()).searchParams.get("code"));
      quiet(page);
    });

    // Its address is too long for a redirect, so that a page leads to it by itself.
    test(`a long request: ${how}`, async () => {
      const page = await visit();
      const state = randomBytes(2200).toString("base64url");
      await page.goto(request({ state, prompt: "consent" }));
      await page.waitForSelector("#login-submit");
      assert.equal(new URL(page.url()).pathname, "/login");
      await see(page, "login of a long request");
      await page.reload();
      await page.waitForSelector("#login-submit");
      await page.goto(`${ORIGIN}/logout/done`);
      await page.goBack();
      await page.waitForSelector("#login-submit");
      assert.equal(new URL(page.url()).pathname, "/login");
      await signIn(page);
      await page.waitForSelector("#consent-allow");
      assert.equal(new URL(page.url()).pathname, "/consent");
      await page.reload();
      await page.waitForSelector("#consent-allow");
      await page.click("#consent-allow");
      await page.waitForURL(`${CLIENT}/callback?**`);
      assert.equal(new URL(page.url()).searchParams.get("state"), state);
      quiet(page);
    });

    // A client that checks the origin of what it is posted must find ours.
    test(`form_post says whose post it is: ${how}`, async () => {
      const page = await visit();
      const script = "**/js/form-post.js";
      if (javaScriptEnabled) await page.route(script, (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
      const before = posts.length;
      await page.goto(request({ prompt: "consent", response_mode: "form_post" }));
      await signIn(page);
      await page.click("#consent-allow");
      await page.waitForSelector("#form-post button");
      await see(page, "form post");
      assert.equal(posts.length, before, "nothing was posted yet");
      // The button that is there when no script runs.
      await page.click("#form-post button");
      await page.getByText("Back at the client").waitFor();
      if (javaScriptEnabled) {
        await page.unroute(script);
        await page.goto(request({ response_mode: "form_post" }));
        // A scope with power over the server needs a sign-in each time.
        await signIn(page);
        // Its redirect proves nothing, so that its user is asked each time (RFC 8252 §8.6).
        if (await page.locator("#consent-allow").count()) await page.click("#consent-allow");
        await page.getByText("Back at the client").waitFor();
      }
      const seen = posts.slice(before);
      assert.equal(seen.length, javaScriptEnabled ? 2 : 1);
      for (const post of seen) {
        assert.equal(post.origin, ORIGIN);
        assert.equal(post.referer, `${ORIGIN}/`, "the origin, and nothing of the address");
        assert.ok(post.body.get("code"));
        assert.equal(post.body.get("iss"), ORIGIN);
      }
      quiet(page);
    });

    test(`a device: ${how}`, async () => {
      const page = await visit();
      await page.goto(`${ORIGIN}/device`);
      await see(page, "device");
      await page.fill("#user-code", "BBBB-BBBB");
      await page.click("#device-continue");
      await page.getByText(words.noCode).waitFor();
      await see(page, "device no code");
      const code = await userCode();
      await page.fill("#user-code", code.toLowerCase().replace("-", " "));
      await page.click("#device-continue");
      await signIn(page);
      await page.waitForSelector("#consent-allow");
      assert.equal(await page.locator("#user-code").innerText(), code);
      await see(page, "device consent");
      await page.click("#consent-allow");
      await page.waitForSelector("#device-allowed");
      await see(page, "device allowed");
      await page.goto(`${ORIGIN}/device?user_code=${await userCode()}`);
      await page.click("#consent-deny");
      await page.waitForSelector("#device-denied");
      await see(page, "device denied");
    });

    test(`home and sign out: ${how}`, async () => {
      const page = await visit();
      await page.goto(`${ORIGIN}/`);
      await see(page, "home nobody");
      await page.goto(`${ORIGIN}/login`);
      await signIn(page);
      await page.waitForURL(`${ORIGIN}/`);
      await see(page, "home");
      await page.goto(`${ORIGIN}/logout`);
      await see(page, "logout");
      await page.click("#logout-confirm");
      await page.waitForSelector("#logout-done");
      assert.equal(await page.locator("#logout-done").innerText(), words.out);
      await see(page, "logged out");
    });

    test(`what cannot be: ${how}`, async () => {
      const page = await visit();
      const refused = async (path, name) => {
        await page.goto(path);
        // Chromium writes a line for every answer that is no success.
        page.complaints.splice(0, Infinity, ...page.complaints.filter((text) => !/status of 4\d\d/.test(text)));
        await see(page, name);
      };
      await refused(`${ORIGIN}/api/v1/oauth/authorize?client_id=nobody`, "error");
      assert.equal(await page.locator("#error-code").innerText(), "invalid_request");
      assert.equal(await page.getAttribute("#error-description", "lang"), "en");
      await refused(request({ redirect_uri: "https://elsewhere.example/" }), "error address");
      assert.equal(await page.locator("h1").innerText(), words.address);
      await refused(`${ORIGIN}/login?interaction=x`, "error no cookie");
    });
  }
}

test("a password is shown while it is typed, and sent as one", async () => {
  const page = await visitor({ elsewhere: [CLIENT] });
  await page.goto(request({ prompt: "consent" }));
  const type = () => page.getAttribute("#password", "type");
  await page.fill("#password", "wrong");
  await page.getByRole("button", { name: "Show" }).click();
  assert.equal(await type(), "text");
  await look(page, "login shown");
  await page.getByRole("button", { name: "Hide" }).click();
  assert.equal(await type(), "password");
  await page.getByRole("button", { name: "Show" }).click();
  await signIn(page);
  await page.waitForSelector("#consent-allow");
  quiet(page);
});

test("a person signs in and allows with the keyboard alone", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await visitor({ javaScriptEnabled, elsewhere: [CLIENT] });
    await page.goto(request({ prompt: "consent" }));
    const focused = () => page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return { id: document.activeElement.id, seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
    });
    assert.equal((await focused()).id, "username", "the first field has the focus");
    await page.keyboard.type("ola");
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse");
    await page.keyboard.press("Tab");
    if (javaScriptEnabled) {
      assert.equal((await focused()).id, "", "the button that shows the password");
      await page.keyboard.press("Tab");
    }
    assert.deepEqual(await focused(), { id: "login-submit", seen: true });
    await page.keyboard.press("Enter");
    await page.waitForSelector("#consent-allow");
    for (let step = 0; step < 10 && (await focused()).id !== "consent-allow"; step++) await page.keyboard.press("Tab");
    assert.deepEqual(await focused(), { id: "consent-allow", seen: true });
    await page.keyboard.press("Space");
    await page.waitForURL(`${CLIENT}/callback?**`);
    quiet(page);
  }
});

test("dev mode: one click is a sign-in, and an error shows the difference", async () => {
  const dev = await anotherServer({ command: "dev" });
  for (const lang of ["en", "nb"]) {
    const page = await visitor({ origin: dev.origin, locale: LOCALES[lang] });
    await page.goto(`${dev.origin}/login`);
    await page.waitForSelector(".personas button");
    await look(page, `personas ${lang}`);
    const query = new URLSearchParams({ response_type: "code", client_id: "demo-web", redirect_uri: "http://localhost:3000/callback/" });
    await page.goto(`${dev.origin}/api/v1/oauth/authorize?${query}`);
    page.complaints.splice(0, Infinity, ...page.complaints.filter((text) => !/status of 4\d\d/.test(text)));
    assert.deepEqual(await page.locator(".compare mark").allInnerTexts(), ["/"]);
    await page.getByText({ en: "Only the trailing slash differs.", nb: "Eneste forskjell er skråstreken på slutten." }[lang]).waitFor();
    await look(page, `error dev ${lang}`);
  }
});

test("a server without an administrator says so, and makes one, in Bokmål too", async () => {
  const fresh = await anotherServer();
  const page = await visitor({ origin: fresh.origin, locale: LOCALES.nb });
  for (const path of ["/", "/setup"]) {
    await page.goto(fresh.origin + path);
    assert.equal(await page.getAttribute("html", "lang"), "nb");
    await look(page, `fresh ${path} nb`);
  }
  await page.fill("#setup-token", "wrong");
  await page.fill("#username", "anne");
  await page.fill("#password", "a long enough password");
  await page.click("#setup-submit");
  await page.waitForSelector("#setup-error");
  page.complaints.splice(0, Infinity, ...page.complaints.filter((text) => !/status of 4\d\d/.test(text)));
  await look(page, "setup refused nb");
});
