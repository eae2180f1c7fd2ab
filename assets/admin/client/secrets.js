// The client's secrets, known by their last characters, and a new one beside them.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Loading, Time, toast, useLoad } from "../ui/kit.js";
import { hasSecret } from "../snippets/env.js";

const OVERLAPS = [[0, "at once"], [3600, "after an hour"], [86400, "after a day"], [604800, "after a week"]];

export default (props) => (hasSecret(props.client) ? html`<${Secrets} ...${props} />`
  : html`<${Card} label="Secrets"><${Empty} icon="key-round" title="This client has no secret"><p>It authenticates by <code>${props.client.token_endpoint_auth_method}</code>.</p><//><//>`);

const Secrets = ({ client, path, rotated }) => {
  const [overlap, setOverlap] = useState(86400);
  const usage = useLoad(() => api.get(`${path}/use`), [client.secrets]);
  const rotate = async () => {
    try { rotated((await api.post(`${path}/secrets`, { overlap })).client_secret); }
    catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  return html`<${Card} title="Secrets" flush aside=${html`
      <label class="aside"><span>The old one ends</span><select onChange=${(event) => setOverlap(Number(event.target.value))}>${OVERLAPS.map(([seconds, text]) => html`
        <option value=${seconds} selected=${seconds === overlap}>${text}</option>`)}</select></label>
      <${Button} icon="refresh-cw" kind="primary" onClick=${rotate}>New secret<//>`}>
    <${Loading} state=${usage}>${({ secrets }) => html`<div class="scroll" tabindex="0" role="region" aria-label="Secrets of the client"><table>
      <thead><tr><th scope="col">Secret</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">Ends</th></tr></thead>
      <tbody>${client.secrets.map((one) => {
        const { tail, last_used_at } = secrets.find((known) => known.id === one.id) || {};
        return html`<tr key=${one.id}><td>${tail ? html`<code>…${tail}</code>` : one.chosen ? "chosen by a person" : "made by the server"}</td>
          <td class="tight"><${Time} at=${one.created_at} /></td><td class="tight">${last_used_at ? html`<${Time} at=${last_used_at} />` : "not yet"}</td>
          <td class="tight">${one.expires_at ? html`<${Time} at=${one.expires_at} />` : "does not"}</td></tr>`;
      })}</tbody></table></div>`}<//>
  <//>`;
};
