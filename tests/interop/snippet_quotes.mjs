// What a client or its address is called is no code. Each snippet is made with names that would be, where they
// were pasted as they stand; what sh, node, python3 and rustc then find is the name. For languages that are not at
// hand the literal is read by the rules of its language, written down here once more.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as util from "node:util";

import { GROUPS } from "../../assets/admin/snippets/index.js";
import * as quote from "../../assets/admin/snippets/quote.js";

const PLAIN = ["web", "notes_2.example", "https://notes.example/callback", "http://127.0.0.1:5173/a-b"];
const HOSTILE = [
  "it's",
  'say"hi"',
  'x;touch${IFS}pwned>f;"$(touch pwned)',
  "$(touch pwned)",
  "`touch pwned`",
  "a;touch pwned",
  "a\\b",
  "ends\\",
  "two\\\\",
  "\\u0041\\x41\\101\\n",
  "<!--</script><script>alert(1)//",
  "${HOME}",
  "$HOME",
  "$__file{/etc/passwd}",
  "#{1+1}",
  "%s%(name)s",
  "{{x}}",
  "a#b;c",
  "https://a.example/$(touch pwned);touch pwned",
  'http://localhost:3000/"+process.exit(1)+"',
  "');process.exit(1);//",
  "' + chr(1) + '",
  "'\"$(touch pwned)`\\",
  "@/etc/passwd",
  "=x",
  "~root",
  "&client_id=other",
  "a,b",
  "-n",
  " spaces ",
  "blåbær 🫐\u202e\u2028",
  "two\nlines\u0007\b\f",
];
const VALUES = [...PLAIN, ...HOSTILE];
const holds = (...parts) => VALUES.filter((value) => parts.some((part) => value.includes(part)));
// The values that a format has no way to write; of every other it is shown that they are written.
const UNWRITABLE = {
  dotenv: [...holds("\n", "${", "$HOME", "$__", "\\\\"), "ends\\", "'\"$(touch pwned)`\\"],
  properties: holds("${"),
  ini: holds("\n", "`", "${", "$__", "%("),
  apache: holds("\n", "${"),
};

const run = util.promisify(execFile);
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keyfob-snippets-"));
});
after(() => rmSync(folder, { recursive: true }));

const snippets = Object.fromEntries(GROUPS.flatMap((group) => group.snippets).map((one) => [one.id, one]));
const covered = new Set();

function text(id, value, { issuer = `https://kf.example/${value}`, is_public = false, ...more } = {}) {
  covered.add(id);
  const client = { client_id: value, grant_types: [], token_endpoint_auth_method: is_public ? "none" : "client_secret_basic", scope: value };
  return snippets[id].text({ issuer, client, secret: value, redirect: value, audience: value, ...more });
}

/** Each value with what is wrong about it, all at once. */
async function each(check) {
  const wrong = [];
  for (const value of VALUES) {
    try {
      await check(value);
    } catch (error) {
      wrong.push(`${JSON.stringify(value)}: ${error.message}`);
    }
  }
  assert.deepEqual(wrong, []);
}

const nothingWasDone = () => assert.deepEqual(readdirSync(folder).filter((name) => !name.endsWith(".env")), []);

/** The settings of a file by `lines`, of which those in `unwritable` are remarks. */
function settings(value, unwritable, found, expected, whole) {
  for (const [name, wanted] of Object.entries(expected)) {
    if (unwritable.includes(value)) {
      assert.equal(found[name], undefined, name);
      assert.match(whole, new RegExp(`^# ${name.replace(/[.[\]]/g, "\\$&")}: this value cannot be escaped in this format`, "m"));
    } else {
      assert.equal(found[name], wanted, name);
    }
  }
}

const ENV = ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_REDIRECT_URI"];
const envOf = (value) => Object.fromEntries(ENV.map((name) => [name, name === "OIDC_ISSUER" ? `https://kf.example/${value}` : value]));

test("a shell that reads the .env has the values, and does nothing else", async () => {
  await each((value) => {
    const file = text("env", value);
    writeFileSync(join(folder, "client.env"), file);
    const script = `. ./client.env\nfor name in ${ENV.join(" ")}; do eval "[ -z \\"\\\${$name+x}\\" ]" || eval "printf '%s=%s\\0' $name \\"\\$$name\\""; done`;
    const said = execFileSync("sh", ["-euc", script], { cwd: folder, encoding: "utf8" }).split("\0").slice(0, -1);
    const found = Object.fromEntries(said.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
    settings(value, UNWRITABLE.dotenv, found, envOf(value), file);
    nothingWasDone();
  });
});

test("Node, dotenv with its expansion and python-dotenv read the same of the .env", async () => {
  await each((value) => {
    const file = text("env", value);
    for (const read of [util.parseEnv ?? nodeDotenv, nodeDotenv, pythonDotenv]) settings(value, UNWRITABLE.dotenv, read(file), envOf(value), file);
  });
});

/** As https://www.npmjs.com/package/dotenv reads it, and dotenv-expand after it. */
function nodeDotenv(file) {
  const line = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/gm;
  const found = {};
  for (const [, name, raw = ""] of file.matchAll(line)) {
    const value = raw.trim();
    const inner = value.replace(/^(['"`])([\s\S]*)\1$/m, "$2");
    found[name] = (value[0] === '"' ? inner.replaceAll("\\n", "\n") : inner).replace(/(?<!\\)\$(\{[^{}]+\}|[A-Za-z_]\w*)/g, "expanded");
  }
  return found;
}

/** As https://pypi.org/project/python-dotenv/ reads it: the escapes \\ and \' in single quotes, ${NAME} in any. */
function pythonDotenv(file) {
  const found = {};
  const line = /[^\S\n]*(#.*|(\w+)=(?:'((?:\\'|[^'])*)'|"((?:\\"|[^"])*)"|([^\n]*?)(?:\s+#.*)?))?[^\S\n]*(?:\n|$)/y;
  while (line.lastIndex < file.length) {
    const at = line.lastIndex;
    const [, , name, single, double, bare] = line.exec(file) ?? assert.fail(`no setting: ${file.slice(at)}`);
    const value = single?.replace(/\\([\\'])/g, "$1") ?? double?.replace(/\\(.)/g, (all, letter) => ({ n: "\n", t: "\t" })[letter] ?? letter) ?? bare;
    if (name) found[name] = value.replace(/\$\{[^}]*\}/g, "expanded");
  }
  return found;
}

function python(script, input) {
  const program = new URL("../.venv/bin/python", import.meta.url).pathname;
  return JSON.parse(execFileSync(program, ["-c", script], { cwd: folder, encoding: "utf8", input: JSON.stringify(input) }));
}

test("curl sends the values as they are, and no secret is an argument of it", async (t) => {
  const forms = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    forms.push([request.url, Object.fromEntries(new URLSearchParams(body))]);
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const issuer = `http://127.0.0.1:${server.address().port}`;
  // Stands before the real one and tells what everybody on the machine could read.
  const bin = mkdtempSync(join(tmpdir(), "keyfob-bin-"));
  t.after(() => rmSync(bin, { recursive: true }));
  writeFileSync(join(bin, "curl"), `#!/bin/sh\nprintf '%s\\n' "$@" >>'${bin}/arguments'\nPATH=\${PATH#*:}\nexec curl "$@"\n`, { mode: 0o755 });
  const shell = async (script, variables) => {
    forms.length = 0;
    writeFileSync(join(bin, "arguments"), "");
    await run("sh", ["-euc", script], { cwd: folder, env: { PATH: `${bin}:${process.env.PATH}`, ...variables } });
    return [forms, readFileSync(join(bin, "arguments"), "utf8")];
  };
  const hidden = "s3cret+&%'\"$(x)";
  await each(async (value) => {
    const client = text("curl", value, { issuer, secret: hidden });
    const file = value.replace(/[/\\:*?"<>|~]/g, "_");
    writeFileSync(join(folder, `${file}.env`), `OIDC_CLIENT_SECRET='${hidden.replaceAll("'", "'\\''")}'\n`);
    let [sent, seen] = await shell(client, {});
    assert.deepEqual(sent, [["/api/v1/oauth/token", { grant_type: "client_credentials", client_id: value, client_secret: hidden }]]);
    assert.ok(!seen.includes("s3cret") && seen.includes("client_secret@-"), seen);

    [sent, seen] = await shell(text("curl-device", value, { issuer, is_public: true }), { DEVICE_CODE: hidden });
    assert.deepEqual(sent, [
      ["/api/v1/oauth/device_authorization", { client_id: value, scope: value }],
      ["/api/v1/oauth/token", { client_id: value, grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: hidden }],
    ]);
    assert.ok(!seen.includes("s3cret"), seen);

    const variables = { TOKEN: `s3cret ${value}`, API_CLIENT_ID: value, API_CLIENT_SECRET: hidden };
    [sent, seen] = await shell(text("introspect", value, { issuer }), variables);
    assert.deepEqual(sent, [["/api/v1/oauth/introspect", { token: variables.TOKEN, client_id: value, client_secret: hidden }]]);
    assert.ok(!seen.includes("s3cret"), seen);
    nothingWasDone();
  });
});

test("JavaScript has the values", async () => {
  const AsyncFunction = (async () => {}).constructor;
  const evaluated = (code, names) => new AsyncFunction(...Object.keys(names), code.replace(/^import .*$/m, "").replaceAll("export const", "const"))(...Object.values(names));
  class Address {
    constructor(given) {
      this.given = given;
    }
  }
  await each(async (value) => {
    const issuer = `https://kf.example/${value}`;
    for (const is_public of [true, false]) {
      const seen = {};
      const oidc = {
        discovery: async (address, client_id) => Object.assign(seen, { issuer: address.given, client_id }),
        buildAuthorizationUrl: (_, { redirect_uri, scope }) => Object.assign(seen, { redirect_uri, scope }),
        authorizationCodeGrant: async () => ({}),
        randomPKCECodeVerifier: () => "", randomState: () => "", calculatePKCECodeChallenge: async () => "", None: () => {},
      };
      await evaluated(text("openid-client", value, { is_public }), { oidc, URL: Address, callbackUrl: "" });
      assert.deepEqual(seen, { issuer, client_id: value, redirect_uri: value, scope: value });
    }
    const settingsOf = (id, names, code = text(id, value)) => new Promise((done, failed) => evaluated(code, names(done)).catch(failed));
    const manager = await settingsOf("oidc-client-ts", (done) => ({ UserManager: function (given) { done(given); } }));
    assert.deepEqual(manager, { authority: issuer, client_id: value, redirect_uri: value, scope: value });
    const next = await settingsOf("authjs", (done) => ({ NextAuth: (given) => (done(given), {}) }));
    assert.equal(next.providers[0].issuer, issuer);
    const jose = await settingsOf("jose", (done) => ({ token: "", URL: Address, createRemoteJWKSet: (keys) => keys, jwtVerify: async (_, keys, given) => (done({ keys: keys.given, ...given }), {}) }));
    assert.deepEqual(jose, { keys: `${issuer}/.well-known/jwks.json`, issuer, audience: value, typ: "at+jwt" });
    const mcp = JSON.parse(text("mcp", value, { is_public: true }).replace(/^\/\/.*\n/, ""));
    assert.deepEqual(mcp.authorization_servers, [issuer]);
    // Nothing that ends the script of a page, or that is not seen.
    for (const id of ["openid-client", "oidc-client-ts", "authjs", "jose"]) assert.doesNotMatch(text(id, value), /<!--|<\/script|[\u2028\u202e]/);
  });
});

test("Python has the values", async () => {
  const script = `
import json, sys
class Stub:
    def __init__(self): self.seen = {}
    def register(self, name, **given): self.seen.update(given)
    def PyJWKClient(self, keys): self.seen["keys"] = keys; return self
    def get_signing_key_from_jwt(self, token): return None
    def decode(self, token, key, **given): self.seen.update(given)
def run(code):
    stub = Stub()
    class os: environ = {"OIDC_CLIENT_SECRET": ""}
    try: exec(code, {"oauth": stub, "jwt": stub, "token": "", "os": os})
    except BaseException as error: stub.seen["error"] = repr(error)
    return stub.seen
print(json.dumps([[run(code) for code in codes] for codes in json.load(sys.stdin)]))`;
  const found = python(script, VALUES.map((value) => [text("authlib", value), text("authlib", value, { is_public: true }), text("pyjwt", value)]));
  await each((value) => {
    const issuer = `https://kf.example/${value}`;
    const [confidential, open, pyjwt] = found[VALUES.indexOf(value)];
    const wanted = { server_metadata_url: `${issuer}/.well-known/openid-configuration`, client_id: value, client_kwargs: { scope: value, code_challenge_method: "S256" } };
    assert.deepEqual(confidential, { ...wanted, client_secret: "" });
    assert.deepEqual(open, wanted);
    assert.deepEqual(pyjwt, { keys: `${issuer}/.well-known/jwks.json`, algorithms: ["ES256"], issuer, audience: value });
  });
});

test("TOML has the values", async () => {
  const script = "import json, sys, tomllib\ndef read(text):\n    try: return tomllib.loads(text)\n    except ValueError as error: return {'error': str(error)}\nprint(json.dumps([read(text) for text in json.load(sys.stdin)]))";
  const found = python(script, VALUES.map((value) => text("oauth2-proxy", value)));
  await each((value) => {
    const { oidc_issuer_url, client_id, redirect_url, email_domains } = found[VALUES.indexOf(value)];
    assert.deepEqual([oidc_issuer_url, client_id, redirect_url, email_domains], [`https://kf.example/${value}`, value, value, ["*"]]);
  });
});

test("Rust has the values", () => {
  const literals = VALUES.map((value) => {
    const code = text("rust", value);
    return ["IssuerUrl::new(", "ClientId::new(", "RedirectUrl::new("].map((before) => `    out(${code.split("\n").find((line) => line.includes(before)).split(before)[1].replace(/\.into\(\)\)[;?),&\w ]*$/, "")});`).join("\n");
  });
  const source = join(folder, "literals.rs");
  writeFileSync(source, `fn out(text: &str) {\n    print!("{text}\\0");\n}\n\nfn main() {\n${literals.join("\n")}\n}\n`);
  execFileSync("rustc", ["-o", join(folder, "literals"), source], { cwd: folder });
  const said = execFileSync(join(folder, "literals"), { encoding: "utf8" }).split("\0").slice(0, -1);
  for (const name of ["literals", "literals.rs"]) rmSync(join(folder, name));
  assert.deepEqual(said, VALUES.flatMap((value) => [`https://kf.example/${value}`, value, value]));
});

/** Reads the literal behind `before`, and gives what stands after it on the line as well. */
function literal(code, before, read) {
  const at = code.indexOf(before);
  assert.ok(at >= 0, `${before} is missing`);
  const rest = code.slice(at + before.length);
  const [value, length] = read(rest);
  return [value, rest.slice(length).split("\n")[0]];
}

/** A literal in double quotes, with the escapes that its language has. */
const doubleQuoted = (simple, hex, forbidden) => (code) => {
  assert.equal(code[0], '"');
  let value = "";
  for (let at = 1; at < code.length; ) {
    if (code[at] === '"') return [value, at + 1];
    assert.ok(!forbidden.test(code[at]), `bare ${JSON.stringify(code[at])}`);
    if (code[at] !== "\\") {
      value += code[at++];
      continue;
    }
    const letter = code[at + 1];
    if (letter in simple) {
      value += simple[letter];
      at += 2;
    } else {
      assert.ok(hex[letter], `\\${letter} is no escape`);
      const digits = code.slice(at + 2, at + 2 + hex[letter]);
      assert.match(digits, /^[0-9a-fA-F]+$/);
      const point = parseInt(digits, 16);
      assert.ok(point < 0xd800 || point > 0xdfff, "half a character");
      value += String.fromCodePoint(point);
      at += 2 + hex[letter];
    }
  }
  assert.fail("the literal does not end");
};
// https://go.dev/ref/spec#String_literals, and no byte order mark within the source.
const go = doubleQuoted({ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", '"': '"' }, { x: 2, u: 4, U: 8 }, /[\n\0\ufeff]/);
// C# 6.4.5.6: no line ends, of which it has five; \x is left out, as it has no fixed length.
const csharp = doubleQuoted({ "'": "'", '"': '"', "\\": "\\", 0: "\0", a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }, { u: 4, U: 8 }, /[\r\n\x85\u2028\u2029]/);
// https://www.php.net/language.types.string: \\ and \' alone are escapes.
const php = (code) => {
  assert.equal(code[0], "'");
  let value = "";
  for (let at = 1; at < code.length; at++) {
    if (code[at] === "'") return [value, at + 1];
    if (code[at] === "\\" && "\\'".includes(code[at + 1])) at++;
    value += code[at];
  }
  return assert.fail("the literal does not end");
};

test("Go, C# and PHP have the values", async () => {
  await each((value) => {
    const issuer = `https://kf.example/${value}`;
    for (const is_public of [true, false]) {
      const code = text("go", value, { is_public });
      assert.deepEqual(literal(code, "NewProvider(ctx, ", go), [issuer, ")"]);
      assert.deepEqual(literal(code, "ClientID: ", go), [value, ","]);
      assert.deepEqual(literal(code, "RedirectURL: ", go), [value, ","]);
      const [first] = value.split(" ");
      assert.deepEqual(literal(code, "[]string{", go)[0], first);
    }
    const aspnet = text("aspnet", value);
    assert.deepEqual(literal(aspnet, "Authority = ", csharp), [issuer, ";"]);
    assert.deepEqual(literal(aspnet, "ClientId = ", csharp), [value, ";"]);
    assert.deepEqual(literal(aspnet, "Scope.Add(", csharp), [value.split(" ")[0], ");"]);
    const laravel = text("laravel", value);
    assert.deepEqual(literal(laravel, "'base_url' => ", php), [issuer, ","]);
    assert.deepEqual(literal(laravel, "'client_id' => ", php), [value, ","]);
    assert.deepEqual(literal(laravel, "'redirect' => ", php), [value, ","]);
  });
});

/** java.util.Properties.load, and Spring's placeholders on what it found. */
function propertiesOf(file) {
  const found = {};
  for (const line of file.split(/\r\n|[\r\n]/)) {
    if (/^\s*([#!]|$)/.test(line)) continue;
    assert.match(line, /^[\x20-\x7e]*$/);
    const [, name, raw] = /^([^=:\s]+)[ \t\f]*[=:]?[ \t\f]*(.*)$/.exec(line);
    const value = raw.replace(/\\(?:u([0-9a-fA-F]{4})|(.?))/g, (_, hex, letter) => {
      assert.ok(hex || letter, "the line goes on");
      return hex ? String.fromCharCode(parseInt(hex, 16)) : { t: "\t", n: "\n", r: "\r", f: "\f" }[letter] ?? letter;
    });
    if (!value.includes("${") || name.endsWith("client-secret")) found[name] = value;
  }
  return found;
}

/** github.com/go-ini/ini, and Grafana's variables on what it found. */
function iniOf(file) {
  const found = {};
  for (const line of file.split("\n")) {
    if (/^[#;[]/.test(line)) continue;
    const [, name, rest] = /^(\w+) ?= ?(.*)$/s.exec(line) ?? assert.fail(`no setting: ${line}`);
    let value = rest.trim();
    if (value[0] === "`") value = value.slice(1, value.lastIndexOf("`"));
    else {
      assert.ok(!value.endsWith("\\"), "the line goes on");
      value = value.split(/[#;]/)[0].trim().replace(/^(["'])([^"']*)\1$/, "$2");
    }
    if (name !== "client_secret") value = value.replace(/\$(|__\w+)\{[^}]+\}|%\(\w+\)s/g, "expanded");
    found[name] = value;
  }
  return found;
}

/** ap_resolve_env and ap_getword_conf of Apache httpd: one word after the name. */
function apacheOf(file) {
  const found = {};
  for (const line of file.split("\n")) {
    if (line[0] === "#") continue;
    assert.ok(!line.endsWith("\\"), "the line goes on");
    const at = line.indexOf(" ");
    const words = line.slice(at + 1).replace(/\$\{\w+\}/g, "expanded").trim();
    const [word, , inner] = /^(["'])((?:\\\\|\\\1|(?!\1).)*)\1/s.exec(words) ?? /^\S*/.exec(words);
    assert.equal(words.slice(word.length), "", `more than a word: ${line}`);
    found[line.slice(0, at)] = inner === undefined ? word.replaceAll("\\\\", "\\") : inner.replace(new RegExp(`\\\\([\\\\${word[0]}])`, "g"), "$1");
  }
  return found;
}

test("Spring, Grafana and Apache have the values, or a remark in their place", async () => {
  await each((value) => {
    const issuer = `https://kf.example/${value}`;
    const client = "spring.security.oauth2.client";
    const spring = text("spring", value);
    settings(value, UNWRITABLE.properties, propertiesOf(spring), { [`${client}.registration.keyfob.client-id`]: value, [`${client}.provider.keyfob.issuer-uri`]: issuer }, spring);
    const scope = value.split(" ").join(",");
    settings(value, [...UNWRITABLE.properties, ...holds(",")], propertiesOf(spring), { [`${client}.registration.keyfob.scope`]: scope }, spring);
    assert.equal(propertiesOf(spring)[`${client}.registration.keyfob.client-secret`], "${OIDC_CLIENT_SECRET}");
    const server = "spring.security.oauth2.resourceserver.jwt";
    const api = text("spring-api", value);
    settings(value, UNWRITABLE.properties, propertiesOf(api), { [`${server}.issuer-uri`]: issuer, [`${server}.audiences[0]`]: value }, api);
    const grafana = text("grafana", value);
    const at = (path) => `${issuer}/api/v1/oauth/${path}`;
    settings(value, UNWRITABLE.ini, iniOf(grafana), { client_id: value, auth_url: at("authorize"), token_url: at("token"), api_url: at("userinfo") }, grafana);
    assert.equal(iniOf(grafana).client_secret, "$__env{OIDC_CLIENT_SECRET}");
    const apache = text("apache", value);
    settings(value, UNWRITABLE.apache, apacheOf(apache), { OIDCProviderMetadataURL: `${issuer}/.well-known/openid-configuration`, OIDCClientID: value, OIDCRedirectURI: value }, apache);
    assert.equal(apacheOf(apache).OIDCClientSecret, "exec:/bin/cat /run/secrets/oidc");
  });
});

test("Gitea gets nothing on a command line", () => {
  const form = text("gitea", "web");
  assert.match(form, /^Client ID \(Key\): web$/m);
  assert.doesNotMatch(form, /gitea admin|--secret/);
});

test("a plain value stays plain in every language", () => {
  const { setting, ...quoters } = quote;
  for (const [name, quoter] of Object.entries(quoters)) {
    for (const value of PLAIN) assert.ok([value, `'${value}'`, `"${value}"`].includes(quoter(value)), `${name}: ${quoter(value)}`);
  }
  assert.equal(setting(quote.dotenv, "A=", "b"), "A=b");
});

test("no snippet is left out here", () => {
  assert.deepEqual([...covered].sort(), Object.keys(snippets).sort());
});
