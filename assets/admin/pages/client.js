import { html, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Card, CopyButton, CopyField, Empty, Head, Link$, Loading, Note, Tabs, Time, confirm, toast, useLoad } from "../ui/kit.js";
import { deleted } from "../parts/undo.js";
import { download } from "../parts/download.js";
import { Check, Checks, Form, Lines, NumberField, Select, Text } from "../ui/form.js";
import { Code } from "../ui/code.js";
import { EventList } from "../parts/events.js";
import { GrantList, TokenList } from "../parts/issued.js";
import { METHODS, kindOf, redirectWarning } from "../kinds.js";
import { ENV } from "../snippets/env.js";
import { fitting } from "../snippets/index.js";
import { forgetSecret, keepSecret, secretOf } from "../secret.js";

const TABS = [
  { id: "", title: "Quick start", Tab: (props) => html`<${QuickStart} ...${props} />` },
  { id: "settings", title: "Settings", Tab: (props) => html`<${Settings} ...${props} />` },
  { id: "secrets", title: "Secrets", Tab: (props) => html`<${Secrets} ...${props} />` },
  { id: "grants", title: "Grants", Tab: ({ client }) => html`<${GrantList} fixed=${{ client_id: client.client_id }} />` },
  { id: "tokens", title: "Tokens", Tab: (props) => html`<${Tokens} ...${props} />` },
  { id: "activity", title: "Activity", Tab: ({ client }) => html`
    <p><${Link$} to="flows" query=${{ client_id: client.client_id }}>Its flows, step by step<//></p><${EventList} fixed=${{ client_id: client.client_id }} />` },
];

export default ({ session, params }) => {
  const { id } = params;
  const path = `/clients/${encodeURIComponent(id)}`;
  const state = useLoad(() => api.load(path), [id]);
  const [secret, setSecret] = useState(secretOf(id));
  const to = (tab) => href(`clients/${encodeURIComponent(id)}${tab ? `/${tab}` : ""}`);
  return html`<${Loading} state=${state}>${({ data: client, etag }) => {
    const remove = async () => {
      const agreed = await confirm({ title: `Delete ${client.client_name || id}?`, danger: true, action: "Delete client", name: id,
        text: "Every token, grant and consent of this client ends at once, and does not come back if you undo this. To stop it for a while, disable it instead." });
      if (!agreed) return;
      try { await api.delete(path); deleted(path, id, () => navigate(to(""))); navigate(href("clients"), { force: true }); }
      catch (problem) { toast(problem.message, { kind: "bad" }); }
    };
    const change = async (members) => {
      const changed = await api.patch(path, members, etag);
      toast("Saved.");
      state.reload();
      return changed;
    };
    const toggle = () => change({ disabled: !client.disabled }).catch((problem) => toast(problem.message, { kind: "bad" }));
    const rotated = (made) => { keepSecret(id, made); setSecret(made); state.reload(); };
    const shown = { session, client, path, change, secret, rotated };
    const { Tab } = TABS.find((tab) => tab.id === (params.tab || "")) || TABS[0];
    return html`
      <${Head} title=${client.client_name || id} lead=${html`<span class="badges"><${Badge}>${kindOf(client)}<//>
          <${Badge}>${client.token_endpoint_auth_method}<//>${client.disabled && html`<${Badge} kind="bad">disabled<//>`}</span>`}
        actions=${!client.managed_by && html`
          <${Button} onClick=${toggle}>${client.disabled ? "Enable" : "Disable"}<//>
          <${Button} kind="danger" icon="trash-2" onClick=${remove}>Delete…<//>`} />
      ${client.managed_by && html`<${Note} title=${`Managed by ${client.managed_by}.`}>Change it there; the server reads it when it starts.<//>`}
      ${secret && html`<${Note} kind="warn" title="Copy the secret now.">It is stored as a hash and cannot be shown again.
        <div class="secret"><code data-secret>${secret}</code>
          <${CopyButton} text=${secret} what="The secret is copied." kind="primary small" />
          <${Button} kind="small" icon="download" onClick=${() => download(`${id}.env`, ENV.text({ issuer: session.issuer, client, secret, redirect: client.redirect_uris && client.redirect_uris[0] }))}>Download .env<//>
          <${Button} kind="small" onClick=${() => { forgetSecret(id); setSecret(null); }}>I have it<//></div><//>`}
      <${Tabs} tabs=${TABS} active=${params.tab || ""} to=${to} />
      <${Tab} ...${shown} />`;
  }}<//>`;
};

const QuickStart = ({ session, client, secret }) => {
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

const GRANTS = [
  ["authorization_code", "authorization_code", "A person signs in."],
  ["refresh_token", "refresh_token", "Stays signed in, with offline_access."],
  ["client_credentials", "client_credentials", "The client itself, without a person."],
  ["urn:ietf:params:oauth:grant-type:device_code", "device_code", "A device without a browser."],
  ["urn:ietf:params:oauth:grant-type:token-exchange", "token-exchange", "A token for a token."],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt-bearer", "A trusted issuer's assertion."],
];

// Absent members are shown with their defaults and sent back as null, which stands for the default.
const EDITED = { client_name: "", redirect_uris: [], post_logout_redirect_uris: [], grant_types: [], scope: "", token_endpoint_auth_method: "", id_token_signed_response_alg: "",
  cors_origins: [], backchannel_logout_uri: "", require_consent: true, require_pkce: true, require_pushed_authorization_requests: false, dpop_bound_access_tokens: false,
  access_token_lifetime: null, id_token_lifetime: null, refresh_token_lifetime: null, refresh_token_idle_lifetime: null };

const Settings = ({ client, change }) => {
  const initial = Object.fromEntries(Object.entries(EDITED).map(([name, absent]) => [name, client[name] ?? absent]));
  const save = (value) => {
    const changed = Object.entries(value).filter(([name, now]) => JSON.stringify(now) !== JSON.stringify(initial[name]));
    return change(Object.fromEntries(changed.map(([name, now]) => [name, now === "" ? null : now])));
  };
  return html`<${Card} label="Settings"><${Form} key=${client.updated_at} initial=${initial} onSubmit=${save} disabled=${Boolean(client.managed_by)}>
    <${Text} name="client_name" label="Name" hint="People see it when they sign in." />
    <${Lines} name="redirect_uris" label="Redirect URIs" warn=${redirectWarning} hint="One a line, compared character by character. A public client's loopback address matches any port." />
    <${Lines} name="post_logout_redirect_uris" label="Post-logout redirect URIs" rows=${2} warn=${redirectWarning} hint="Where the browser may go after signing out." />
    <${Checks} name="grant_types" label="Grants" options=${GRANTS} />
    <${Text} name="scope" label="Scopes" mono hint="What it may ask for, separated by spaces." />
    <${Select} name="token_endpoint_auth_method" label="Client authentication" options=${METHODS} />
    <${Select} name="id_token_signed_response_alg" label="ID token signature" options=${[["", "ES256 (default)"], ["EdDSA", "EdDSA"], ["RS256", "RS256"]]} />
    <${Lines} name="cors_origins" label="Browser origins" rows=${2} hint="Origins whose pages may call the token endpoint, such as http://localhost:5173. One a line." />
    <${Text} name="backchannel_logout_uri" label="Back-channel logout URI" mono hint="Told when somebody signs out." />
    <${Check} name="require_consent" label="Ask people for consent" hint="Off only for apps of your own." />
    <${Check} name="require_pkce" label="Require PKCE" hint="Off only for a confidential client that cannot send it." />
    <${Check} name="require_pushed_authorization_requests" label="Require pushed authorization requests" hint="RFC 9126" />
    <${Check} name="dpop_bound_access_tokens" label="Bind access tokens to a key (DPoP)" hint="RFC 9449" />
    <h2 class="part">Lifetimes in seconds</h2>
    <${NumberField} name="access_token_lifetime" label="Access token" hint="Empty: the server's." />
    <${NumberField} name="id_token_lifetime" label="ID token" hint="Empty: the server's." />
    <${NumberField} name="refresh_token_lifetime" label="Refresh token, in all" hint="Empty: the server's." />
    <${NumberField} name="refresh_token_idle_lifetime" label="Refresh token, unused" hint="Empty: the server's." />
  <//><//>`;
};

const Tokens = ({ client, path }) => {
  const [version, setVersion] = useState(0);
  const end = async () => {
    if (!await confirm({ title: `End everything ${client.client_name || client.client_id} holds?`, action: "End all", danger: true, text: "Every grant, refresh token and access token of this client ends at once. People must sign in to it again." })) return;
    try { await api.post(`${path}/revoke`); toast("All grants and tokens of this client have ended."); setVersion((n) => n + 1); }
    catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  return html`<p class="actions"><${Button} kind="danger" icon="log-out" onClick=${end}>End all of this client…<//></p>
    <${TokenList} key=${version} fixed=${{ client_id: client.client_id }} />`;
};

const OVERLAPS = [[0, "at once"], [3600, "after an hour"], [86400, "after a day"], [604800, "after a week"]];

const Secrets = ({ client, path, rotated }) => {
  const [overlap, setOverlap] = useState(86400);
  if (!client.token_endpoint_auth_method.startsWith("client_secret")) {
    return html`<${Card} label="Secrets"><${Empty} icon="key-round" title="This client has no secret"><p>It authenticates by <code>${client.token_endpoint_auth_method}</code>.</p><//><//>`;
  }
  const rotate = async () => {
    try { rotated((await api.post(`${path}/secrets`, { overlap })).client_secret); }
    catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  return html`<${Card} title="Secrets" flush aside=${html`
      <label class="aside"><span>The old one ends</span><select onChange=${(event) => setOverlap(Number(event.target.value))}>${OVERLAPS.map(([seconds, text]) => html`
        <option value=${seconds} selected=${seconds === overlap}>${text}</option>`)}</select></label>
      <${Button} icon="refresh-cw" kind="primary" onClick=${rotate}>New secret<//>`}>
    <div class="scroll"><table><thead><tr><th scope="col">Secret</th><th scope="col">Made</th><th scope="col">Ends</th></tr></thead>
      <tbody>${client.secrets.map((one) => html`<tr key=${one.id}><td>${one.chosen ? "chosen by a person" : "made by the server"}</td>
        <td><${Time} at=${one.created_at} /></td><td>${one.expires_at ? html`<${Time} at=${one.expires_at} />` : "does not"}</td></tr>`)}</tbody></table></div>
  <//>`;
};
