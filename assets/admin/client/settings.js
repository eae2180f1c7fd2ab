// A client's quick start, its settings, and its configuration as text.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Card, CopyButton, CopyField, Loading, useLoad } from "../ui/kit.js";
import { Check, Checks, Form, Lines, Select, Text } from "../ui/form.js";
import { Code } from "../ui/code.js";
import { METHODS, redirectWarning } from "../kinds.js";
import { ENV } from "../snippets/env.js";
import { fitting } from "../snippets/index.js";
import { options, useChoices } from "../parts/choices.js";

// Endpoints of the client, and code with its values.
export const QuickStart = ({ session, client, secret }) => {
  const groups = fitting(client);
  const all = groups.flatMap(({ snippets }) => snippets);
  const [chosen, setChosen] = useState((all[1] || all[0]).id);
  const redirect = client.redirect_uris?.[0];
  const values = { issuer: session.issuer, client, secret, redirect };
  const snippet = all.find((one) => one.id === chosen) || all[0];
  return html`
    <div class="columns">
      <${Card} title="Connection" aside=${html`<${CopyButton} text=${ENV.text(values)} label="Copy all as .env" />`}>
        <${CopyField} label="Issuer" text=${session.issuer} />
        <${CopyField} label="Client ID" text=${client.client_id} />
        <${CopyField} label="Discovery URL" text=${`${session.issuer}/.well-known/openid-configuration`} />
        ${redirect && html`<${CopyField} label="Redirect URI" text=${redirect} />`}
        <div class="copyfield">
          <span class="label">Grant types</span>
          <div class="badges">
            ${client.grant_types.map((grant) => html`
              <${Badge} key=${grant}>${grant.split(":").pop()}<//>
            `)}
          </div>
        </div>
      <//>
      <${Card}
        title="Code"
        aside=${html`
          <label>
            <span class="offscreen">Library</span>
            <select onChange=${(event) => setChosen(event.currentTarget.value)}>
              ${groups.map(({ title, snippets }) => html`
                <optgroup label=${title} key=${title}>
                  ${snippets.map((one) => html`
                    <option value=${one.id} selected=${one.id === snippet.id} key=${one.id}>
                      ${one.title}
                    </option>
                  `)}
                </optgroup>
              `)}
            </select>
          </label>
        `}
      >
        <${Code} text=${snippet.text(values)} label=${snippet.title} />
      <//>
    </div>
  `;
};

// Metadata of the client, without its lifetimes.
const GRANTS = {
  authorization_code: "Users sign in.",
  refresh_token: "Renews access without a new sign-in. Needs offline_access.",
  client_credentials: "Machine-to-machine, no user.",
  "urn:ietf:params:oauth:grant-type:device_code": "Devices without a browser, such as TVs.",
  "urn:ietf:params:oauth:grant-type:token-exchange": "Exchanges one token for another.",
  "urn:ietf:params:oauth:grant-type:jwt-bearer": "Exchanges a trusted issuer's assertion for a token.",
};

// Absent members are shown with their defaults.
const EDITED = {
  client_name: "",
  redirect_uris: [],
  post_logout_redirect_uris: [],
  grant_types: [],
  scope: "",
  token_endpoint_auth_method: "",
  id_token_signed_response_alg: "",
  id_token_user_claims: true,
  cors_origins: [],
  backchannel_logout_uri: "",
  require_consent: true,
  logout_confirmation: true,
  require_pkce: "",
  require_pushed_authorization_requests: false,
  dpop_bound_access_tokens: false,
};

const PKCE = [
  ["", "PKCE, or nonce with the scope openid (default)"],
  [true, "PKCE"],
  [false, "None: for libraries that have neither"],
];

export const Settings = ({ client, edit }) => {
  const choices = useChoices();
  const { initial, onStale, save } = edit(EDITED);
  return html`
    <${Card} label="Settings">
      <${Form} onStale=${onStale} initial=${initial} onSubmit=${save} disabled=${Boolean(client.managed_by)}>
        <${Text} name="client_name" label="Name" hint="Shown to users when they sign in." />
        <${Lines}
          name="redirect_uris"
          label="Redirect URIs"
          warn=${redirectWarning}
          hint="One per line, exact; any loopback port. On private networks, http needs allow_insecure_redirects."
        />
        <${Lines}
          name="post_logout_redirect_uris"
          label="Post-logout redirect URIs"
          rows=${2}
          warn=${redirectWarning}
          hint="Where users can be sent after they sign out. One per line."
        />
        <${Checks}
          name="grant_types"
          label="Grant types"
          options=${(choices.grant_types ?? []).map((grant) => [grant, grant.split(":").at(-1), GRANTS[grant]])}
        />
        <${Text} name="scope" label="Scopes" mono hint="Scopes this client can request, separated by spaces." />
        <${Select}
          name="token_endpoint_auth_method"
          label="Client authentication"
          options=${options(choices.token_endpoint_auth_methods, METHODS)}
        />
        <${Select}
          name="id_token_signed_response_alg"
          label="ID token signing algorithm"
          options=${[
            ["", `Default (${client.profile === "fapi2" ? "ES256" : choices.id_token_alg})`],
            ...options(choices.signing_algorithms),
          ]}
        />
        <${Check}
          name="id_token_user_claims"
          label="User claims in ID tokens"
          hint="The claims of the granted scopes, as in UserInfo. Turn off for small ID tokens."
        />
        <${Lines}
          name="cors_origins"
          label="Allowed CORS origins"
          rows=${2}
          hint="Origins that can call the token and other client endpoints, one per line: http://localhost:5173"
        />
        <${Text}
          name="backchannel_logout_uri"
          label="Back-channel logout URI"
          mono
          hint="Receives a logout token when a user signs out."
        />
        <${Check} name="require_consent" label="Require consent" hint="Turn off only for your own clients." />
        <${Check}
          name="logout_confirmation"
          label="Confirm sign-out"
          hint="Turn off to sign users out without a question when the client sends an id_token_hint of their session."
        />
        <${Select}
          name="require_pkce"
          label="Code protection"
          options=${PKCE}
          hint="Public clients always use PKCE. Without PKCE and nonce, a stolen code can be used in another sign-in."
        />
        <${Check}
          name="require_pushed_authorization_requests"
          label="Require pushed authorization requests"
          hint="The client must send its authorization requests to /par first (RFC 9126)."
        />
        <${Check}
          name="dpop_bound_access_tokens"
          label="Bind access tokens to a key (DPoP)"
          hint="Access tokens work only together with a proof of the client's key (RFC 9449)."
        />
      <//>
    <//>
  `;
};

// The client as TOML and as a command, never with a secret.
export const AsText = ({ client, path }) => html`
  <${Loading} state=${useLoad(() => api.get(`${path}/declaration`), [client.updated_at])}>
    ${({ toml, command }) => html`
      <div class="columns">
        <${Card} title="keyfob.toml">
          <${Code} text=${toml} label="TOML" />
          <p class="soft">
            Same format as <code>keyfob config export</code>. A client declared in the file can be changed only
            there.
          </p>
        <//>
        <${Card} title="Command">
          <${Code} text=${command} label="Command" />
          <p class="soft">
            ${client.secrets.length > 0
              ? "Creates this client in another database and prints a new secret."
              : "Creates this client in another database."}
          </p>
        <//>
      </div>
    `}
  <//>
`;
