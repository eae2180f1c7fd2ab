// What the server was told when it started. Nothing is changed here: each value says where it is changed.
import { html } from "../html.js";
import { api } from "../api.js";
import { Badge, Card, Head, Id, Loading, Note, useLoad } from "../ui/kit.js";

// Which keys belong together; what is in none of them is general.
const GROUPS = [
  ["Sign-in", /^(session|admin_|print_setup)/],
  ["Tokens", /^(access_token|id_token|refresh_|authorization_code|key_publish|dpop)/],
  ["Registration", /^(registration|client_metadata|outbound)/],
  ["Backups", /^backup/],
  ["General", /./],
];

const grouped = (items) => {
  const groupOf = (key) => GROUPS.find(([, keys]) => keys.test(key))[0];
  return ["General", "Sign-in", "Tokens", "Registration", "Backups"].map((title) => [title, items.filter((item) => groupOf(item.key) === title)]);
};

export default () => {
  const state = useLoad(() => api.get("/settings"), []);
  return html`<${Head} title="Settings" lead="What the server was told when it started, and who said it." />
    <${Note} title="They are changed where the server is started.">A flag wins over a variable, a variable over <code>keyfob.toml</code>, and that over the default. A change counts after a restart. Clients have lifetimes of their own, on their pages.<//>
    <${Loading} state=${state} lines=${12}>${({ items, version, dev }) => html`
      ${grouped(items).map(([title, of]) => html`<${Card} key=${title} title=${title} flush><div class="scroll" tabindex="0" role="region" aria-label=${`${title} settings`}>
        <table class="settings"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Said by</th></tr></thead>
          <tbody>${of.map((item) => html`<${Row} key=${item.key} item=${item} />`)}</tbody></table></div><//>`)}
      <${Card} title="About"><p>Keyfob ${version}${dev && html` <${Badge} kind="warn">dev mode<//>`}</p>
        <p><a href="/openapi.json">The description of its API</a>, <a href="/.well-known/openid-configuration">what clients find</a></p><//>`}<//>`;
};

const Row = ({ item }) => html`<tr>
  <td><${Id}>${item.key}<//><br /><small>${item.help}. Flag <code>${item.flag}</code>, variable <code>${item.variable}</code>.</small></td>
  <td>${item.value === null ? html`<span class="soft">not set</span>` : html`<code>${item.value.replace(/^"(.*)"$/, "$1")}</code>`}</td>
  <td>${item.origin ? html`<${Badge} kind="info">${item.origin}<//>` : html`<span class="soft">default</span>`}</td>
</tr>`;
