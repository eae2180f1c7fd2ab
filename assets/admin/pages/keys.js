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
  confirm,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Json } from "../ui/code.js";
import { List } from "../ui/list.js";
import { options, useChoices } from "../parts/choices.js";

const STATES = {
  next: ["info", "published, signs later"],
  active: ["good", "signs now"],
  retiring: ["warn", "verifies only"],
  expired: ["bad", "counts no more"],
};
const ALGORITHMS = { ES256: "the default", EdDSA: "small and fast", RS256: "for old libraries" };

async function published() {
  const answer = await fetch("/.well-known/jwks.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`The key set answered ${answer.status}.`);
  return answer.json();
}

// The public halves, as every client reads them.
const Published = ({ version }) => {
  const state = useLoad(published, [version]);
  return html`
    <${Card} title="What clients see" aside=${html`<a href="/.well-known/jwks.json">/.well-known/jwks.json</a>`}>
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
      await work();
      toast(done);
      setVersion((n) => n + 1);
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  const rotate = async () => {
    setBusy(true);
    await run(
      () => api.post("/keys", { alg }),
      `A new ${alg} key is published. It signs once every client can know it.`,
    );
    setBusy(false);
  };
  const retire = async (key) => {
    if (
      await confirm({
        title: "Retire this key now?",
        action: "Retire key",
        danger: true,
        name: key.kid.slice(0, 8),
        text: "No signature by it counts any more: every token that it signed stops working at once.",
      })
    ) {
      await run(() => api.delete(`/keys/${encodeURIComponent(key.kid)}`), "The key is retired.");
    }
  };
  return html`
    <${Head}
      title="Signing keys"
      lead="With which ID tokens and access tokens are signed."
      actions=${html`
        <label class="aside">
          <span class="offscreen">Algorithm of the new key</span>
          <select value=${alg} onChange=${(event) => setAlg(event.currentTarget.value)}>
            ${options(choices.signing_algorithms, ALGORITHMS).map(([name, about]) => html`
              <option value=${name} selected=${name === alg} key=${name}>
                ${name}: ${about}
              </option>
            `)}
          </select>
        </label>
        <${Button} icon="refresh-cw" kind="primary" busy=${busy} onClick=${rotate}>
          Rotate ${alg}
        <//>
      `}
    />
    <${Note}>
      A new key is published first and signs later, so that nobody meets a signature by a key they do not
      know. The old one is kept until the last token that it signed has expired.
    <//>
    <${List}
      path="/keys"
      order="alg"
      search="kid or algorithm"
      label="Signing keys"
      version=${version}
      keyOf=${(key) => key.kid}
      columns=${[
        { title: "Key (kid)", cell: (key) => html`<${Id}>${key.kid}<//>` },
        { title: "Algorithm", sort: "alg", kind: "fit", cell: (key) => key.alg },
        {
          title: "State",
          cell: (key) => html`
            <${Badge} kind=${STATES[key.state][0]}>${key.state}<//> <small>${STATES[key.state][1]}</small>
          `,
        },
        {
          title: "Published",
          minor: true,
          sort: "-created",
          kind: "fit",
          cell: (key) => html`<${Time} at=${key.created_at} />`,
        },
        { title: "Signs from", kind: "fit", cell: (key) => html`<${Time} at=${key.activates_at} />` },
        { title: "Kept until", kind: "fit", cell: (key) => html`<${Time} at=${key.expires_at} />` },
        {
          title: "Action",
          kind: "action",
          cell: (key) =>
            key.state !== "active" &&
            key.state !== "expired" && html`
              <${Button} kind="small danger" onClick=${() => retire(key)}>
                Retire now…
              <//>
            `,
        },
      ]}
      empty=${html`<${Empty} icon="key-round" title="No key" />`}
    />
    <${Published} version=${version} />
  `;
};
