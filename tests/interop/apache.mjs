// Apache with Debian's mod_auth_openidc in headless Chromium: form_post, RP-initiated and back-channel logout.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { freshPage, launch } from "../lib/chromium.mjs";

const ISSUER = process.env.KEYFOB_ISSUER;
const SITE = "http://localhost:20480";
const MODULES = "/usr/lib/apache2/modules";
const NEEDED = [
  ["mpm_event", "mpm_event"],
  ["authn_core", "authn_core"],
  ["authz_core", "authz_core"],
  ["authz_user", "authz_user"],
  ["dir", "dir"],
  ["mime", "mime"],
  ["headers", "headers"],
  ["auth_openidc", "auth_openidc"],
];

let apache, browser, folder;

before(async () => {
  assert.ok(existsSync(`${MODULES}/mod_auth_openidc.so`), "apt-get install apache2-bin libapache2-mod-auth-openidc");
  folder = await mkdtemp(join(tmpdir(), "apache-"));
  await mkdir(join(folder, "www/secure"), { recursive: true });
  await writeFile(join(folder, "www/secure/index.html"), "<!doctype html><title>Inside</title><h1>Inside</h1>");
  await writeFile(join(folder, "www/bye.html"), "<!doctype html><title>Bye</title><h1>Bye</h1>");
  const modules = NEEDED.map(([name, file]) => `LoadModule ${name}_module ${MODULES}/mod_${file}.so`).join("\n");
  await writeFile(
    join(folder, "apache.conf"),
    `${modules}
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:20480
Listen [::1]:20480
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
DocumentRoot ${folder}/www
DefaultRuntimeDir ${folder}
TypesConfig /dev/null
AddType text/html .html
StartServers 1
OIDCProviderMetadataURL ${ISSUER}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret "a secret of the web server"
OIDCRedirectURI ${SITE}/secure/back
OIDCCryptoPassphrase "of this run alone"
OIDCScope "openid email"
OIDCResponseType code
OIDCResponseMode form_post
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCCookieSameSite Off
<Location /secure>
  AuthType openid-connect
  Require valid-user
  Header set X-Remote-User "expr=%{REMOTE_USER}"
</Location>
`,
  );
  apache = spawn("/usr/sbin/apache2", ["-f", join(folder, "apache.conf"), "-DFOREGROUND"], { stdio: "ignore" });
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${SITE}/bye.html`);
      break;
    } catch (error) {
      if (tries === 100) throw new Error(await readFile(join(folder, "error.log"), "utf8"), { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (apache) {
    const ended = new Promise((resolve) => apache.on("exit", resolve));
    apache.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

async function signedIn() {
  const page = await freshPage(browser);
  let mode = null;
  page.on("request", (request) => {
    if (request.url() === `${SITE}/secure/back` && request.method() === "POST") mode = request.postData();
  });
  await page.goto(`${SITE}/secure/`);
  await page.fill("#username", "ola");
  await page.fill("#password", "correct horse");
  await page.click("#login-submit");
  await page.waitForSelector("h1:text('Inside')");
  assert.match(mode, /(^|&)code=/, "the answer came as a form");
  assert.match(mode, /(^|&)iss=/);
  return page;
}

test("the answer comes as a form that submits itself, and Apache knows who it is", async () => {
  const page = await signedIn();
  const answer = await page.reload();
  assert.equal(answer.headers()["x-remote-user"], "u-ola");
});

/** Waits until Apache asks the server anew: its processes take a moment to notice. */
async function asksAnew(page) {
  for (let tries = 0; ; tries++) {
    await page.goto(`${SITE}/secure/`);
    if (new URL(page.url()).origin === ISSUER) break;
    assert.ok(tries < 50, `Apache still takes its session for good: ${page.url()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.waitForSelector("#login-submit");
}

test("signing out at the server signs out at Apache, by the back channel", async () => {
  const page = await signedIn();
  await page.goto(`${ISSUER}/logout`);
  await Promise.all([page.waitForSelector("#logout-done"), page.click("#logout-confirm")]);
  await asksAnew(page);
});

test("signing out at Apache leads over the server and back", async () => {
  const page = await signedIn();
  await page.goto(`${SITE}/secure/back?logout=${encodeURIComponent(`${SITE}/bye.html`)}`);
  await Promise.all([page.waitForURL(`${SITE}/bye.html**`), page.click("#logout-confirm")]);
  await asksAnew(page);
});

test("Apache notices an answer to a request that it never made", async () => {
  const page = await freshPage(browser);
  const answer = await page.goto(`${SITE}/secure/back?code=x&state=made-up&iss=${encodeURIComponent(ISSUER)}`);
  assert.notEqual(answer.status(), 200);
  assert.equal(await page.$("h1:text('Inside')"), null);
});
