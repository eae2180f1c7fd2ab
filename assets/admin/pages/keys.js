import { html, useState } from "../html.js";
import { api } from "../api.js";
import {
  Badge,
  Button,
  Card,
  Empty,
  Head,
  Id,
  Loading,
  Note,
  Time,
  absolute,
  confirm,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Json } from "../ui/code.js";
import { List } from "../ui/list.js";
import { options, useChoices } from "../parts/choices.js";

const STATES = {
  next: ["info", "Next", "Published, not signing yet."],
  active: ["good", "Active", "Signing."],
  retiring: ["warn", "Retiring", "Verification only."],
  expired: ["bad", "Expired", "No longer trusted."],
};
const ALGORITHMS = { ES256: "access tokens", EdDSA: "small and fast", RS256: "ID tokens" };

async function published() {
  const answer = await fetch("/.well-known/jwks.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`Could not load the key set (${answer.status}).`);
  return answer.json();
}

// Published public keys.
const Published = ({ version }) => {
  const state = useLoad(published, [version]);
  return html`
    <${Card} title="Published keys (JWKS)" aside=${html`<a href="/.well-known/jwks.json">/.well-known/jwks.json</a>`}>
      <${Loading} state=${state}>${(jwks) => html`<${Json} value=${jwks} label="Key set" />`}<//>
    <//>
  `;
};

export default () => {
  const [version, setVersion] = useState(0);
  const choices = useChoices();
  const [alg, setAlg] = useState("ES256");
  const [busy, setBusy] = useState(false);
  const run = async (work, done) => {
    try {
      const answer = await work();
      toast(typeof done === "function" ? done(answer) : done);
      setVersion((n) => n + 1);
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  const rotate = async () => {
    setBusy(true);
    await run(
      () => api.post("/keys", { alg }),
      (key) => `New ${alg} key published. It starts signing on ${absolute(key.activates_at)}.`,
    );
    setBusy(false);
  };
  const retire = async (key) => {
    if (
      await confirm({
        title: "Revoke this key now?",
        action: "Revoke key",
        danger: true,
        name: key.kid.slice(0, 8),
        text: "Every token signed by this key stops working immediately.",
      })
    ) {
      await run(() => api.delete(`/keys/${encodeURIComponent(key.kid)}`), "Key revoked.");
    }
  };
  return html`
    <${Head}
      title="Signing keys"
      lead="Keys that sign ID and access tokens."
      actions=${html`
        <label class="aside">
          <span class="offscreen">Algorithm for the new key</span>
          <select value=${alg} onChange=${(event) => setAlg(event.currentTarget.value)}>
            ${options(choices.signing_algorithms, ALGORITHMS).map(([name, about]) => html`
              <option value=${name} selected=${name === alg} key=${name}>
                ${name}: ${about}
              </option>
            `)}
          </select>
        </label>
        <${Button} icon="refresh-cw" kind="primary" busy=${busy} onClick=${rotate}>
          Rotate ${alg} key
        <//>
      `}
    />
    <${Note}>
      A new key is published before it starts signing, so that clients can fetch it in time. The old key stays
      published until the last token it signed has expired.
    <//>
    <${List}
      path="/keys"
      order="alg"
      search="Key ID (kid) or algorithm"
      label="Signing keys"
      version=${version}
      keyOf=${(key) => key.kid}
      columns=${[
        { title: "Key ID (kid)", cell: (key) => html`<${Id}>${key.kid}<//>` },
        { title: "Algorithm", sort: "alg", kind: "fit", cell: (key) => key.alg },
        {
          title: "State",
          cell: (key) => html`
            <${Badge} kind=${STATES[key.state][0]}>${STATES[key.state][1]}<//>${" "}
            <small>${STATES[key.state][2]}</small>
          `,
        },
        {
          title: "Published",
          minor: true,
          sort: "-created",
          kind: "fit",
          cell: (key) => html`<${Time} at=${key.created_at} />`,
        },
        { title: "Active from", kind: "fit", cell: (key) => html`<${Time} at=${key.activates_at} />` },
        { title: "Published until", kind: "fit", cell: (key) => html`<${Time} at=${key.expires_at} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (key) =>
            key.state !== "active" &&
            key.state !== "expired" && html`
              <${Button} kind="small danger" onClick=${() => retire(key)}>
                Revoke…
              <//>
            `,
        },
      ]}
      empty=${html`<${Empty} icon="key-round" title="No signing keys" />`}
    />
    <${Published} version=${version} />
  `;
};
