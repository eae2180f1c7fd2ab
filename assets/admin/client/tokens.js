// How long the client's tokens live, which there are, and the end of all of them.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Loading, confirm, toast, useLoad } from "../ui/kit.js";
import { Form, NumberField } from "../ui/form.js";
import { TokenList } from "../parts/issued.js";

const LIFETIMES = [["access_token_lifetime", "Access token"], ["id_token_lifetime", "ID token"], ["refresh_token_lifetime", "Refresh token, in all"], ["refresh_token_idle_lifetime", "Refresh token, unused"]];

export default ({ client, path, edit }) => {
  const [version, setVersion] = useState(0);
  const settings = useLoad(() => api.get("/settings"), []);
  const { initial, save } = edit(Object.fromEntries(LIFETIMES.map(([name]) => [name, null])));
  const end = async () => {
    if (!await confirm({ title: `End everything ${client.client_name || client.client_id} holds?`, action: "End all", danger: true, text: "Every grant, refresh token and access token of this client ends at once. People must sign in to it again." })) return;
    try { await api.post(`${path}/revoke`); toast("All grants and tokens of this client have ended."); setVersion((n) => n + 1); }
    catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  return html`<${Card} title="Lifetimes, in seconds"><${Loading} state=${settings}>${({ items }) => {
      const server = (name) => { const { value } = items.find((one) => one.key === name); return { placeholder: seconds(value), hint: `Empty: the server's, ${value}.` }; };
      return html`<${Form} key=${client.updated_at} initial=${initial} onSubmit=${save} disabled=${Boolean(client.managed_by)}>
        <div class="checks">${LIFETIMES.map(([name, label]) => html`<${NumberField} key=${name} name=${name} label=${label} ...${server(name)} />`)}</div><//>`;
    }}<//><//>
    <h2>Access tokens</h2>
    <p class="actions"><${Button} kind="danger" icon="log-out" onClick=${end}>End all of this client…<//></p>
    <${TokenList} key=${version} fixed=${{ client_id: client.client_id }} />`;
};

// Settings say `15m`.
const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };
const seconds = (text) => String(parseInt(text, 10) * (UNITS[String(text).slice(-1)] || 1));
