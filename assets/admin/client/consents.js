// Who has allowed the client what, as the server remembers it, and taking it back.
import { html } from "../html.js";
import { api } from "../api.js";
import { Button, Empty, Id, Link$, Time, confirm } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { useEnding } from "../parts/issued.js";

export default ({ client, path }) => {
  const [version, run] = useEnding();
  const end = async ({ sub, username }) => {
    const name = username || sub;
    if (await confirm({ title: `Take back what ${name} allowed?`, action: "Take it back", danger: true,
      text: `${client.client_name || client.client_id} loses every grant and token that ${name} gave it, at once. ${name} is asked again at the next sign-in.` })) {
      await run(() => api.delete(`${path}/consents/${encodeURIComponent(sub)}`), `${name} has allowed it nothing any more.`);
    }
  };
  return html`<${List} path=${`${path}/consents`} search="Username or sub" label="Consents" version=${version} keyOf=${(one) => one.sub}
    columns=${[
      { title: "User", class: "named", cell: (one) => html`<${Link$} to=${`users/${encodeURIComponent(one.sub)}`}>${one.username || one.sub}<//>` },
      { title: "Allowed", cell: ({ allowed }) => allowed.map((at) => html`<div key=${at.resource}>${at.scope}${at.claims.length > 0 && html` <small>and ${at.claims.join(", ")}</small>`}
        ${at.resource && html`<br /><small>at <${Id}>${at.resource}<//></small>`}</div>`) },
      { title: "When", class: "tight", cell: ({ allowed }) => allowed.map((at) => html`<div key=${at.resource}><${Time} at=${at.updated_at} /></div>`) },
      { title: "Action", class: "end", cell: (one) => html`<${Button} kind="small" onClick=${() => end(one)}>Take back<//>` },
    ]}
    empty=${html`<${Empty} icon="user-check" title="Nobody has consented"><p>${client.require_consent === false ? "This client does not ask: see its settings." : "People are asked when they first sign in to it."}</p><//>`} />`;
};
