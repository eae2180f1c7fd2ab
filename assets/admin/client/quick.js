// What is pasted into the client: its endpoints, and code with its own values.
import { html, useState } from "../html.js";
import { Badge, Card, CopyButton, CopyField } from "../ui/kit.js";
import { Code } from "../ui/code.js";
import { ENV } from "../snippets/env.js";
import { fitting } from "../snippets/index.js";

export default ({ session, client, secret }) => {
  const groups = fitting(client);
  const all = groups.flatMap(({ snippets }) => snippets);
  const [chosen, setChosen] = useState((all[1] || all[0]).id);
  const redirect = client.redirect_uris && client.redirect_uris[0];
  const values = { issuer: session.issuer, client, secret, redirect };
  const snippet = all.find((one) => one.id === chosen) || all[0];
  return html`<div class="columns">
    <${Card} title="Connection" aside=${html`<${CopyButton} text=${ENV.text(values)} label="Copy all as .env" />`}>
      <${CopyField} label="Issuer" text=${session.issuer} />
      <${CopyField} label="Client ID" text=${client.client_id} />
      <${CopyField} label="Discovery" text=${`${session.issuer}/.well-known/openid-configuration`} />
      ${redirect && html`<${CopyField} label="Redirect URI" text=${redirect} />`}
      <p class="badges">${client.grant_types.map((grant) => html`<${Badge} key=${grant}>${grant.split(":").pop()}<//>`)}</p>
    <//>
    <${Card} title="Code" aside=${html`<label><span class="offscreen">Library</span>
        <select onChange=${(event) => setChosen(event.target.value)}>${groups.map(({ title, snippets }) => html`<optgroup label=${title} key=${title}>${snippets.map((one) => html`
          <option value=${one.id} selected=${one.id === snippet.id} key=${one.id}>${one.title}</option>`)}</optgroup>`)}</select></label>`}>
      <${Code} text=${snippet.text(values)} label=${snippet.title} />
    <//>
  </div>`;
};
