// What is registered of the client, save its lifetimes.
import { html } from "../html.js";
import { Card } from "../ui/kit.js";
import { Check, Checks, Form, Lines, Select, Text } from "../ui/form.js";
import { METHODS, redirectWarning } from "../kinds.js";

const GRANTS = [
  ["authorization_code", "authorization_code", "A person signs in."],
  ["refresh_token", "refresh_token", "Stays signed in, with offline_access."],
  ["client_credentials", "client_credentials", "The client itself, without a person."],
  ["urn:ietf:params:oauth:grant-type:device_code", "device_code", "A device without a browser."],
  ["urn:ietf:params:oauth:grant-type:token-exchange", "token-exchange", "A token for a token."],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt-bearer", "A trusted issuer's assertion."],
];

// Absent members are shown with their defaults.
const EDITED = { client_name: "", redirect_uris: [], post_logout_redirect_uris: [], grant_types: [], scope: "", token_endpoint_auth_method: "", id_token_signed_response_alg: "",
  cors_origins: [], backchannel_logout_uri: "", require_consent: true, require_pkce: true, require_pushed_authorization_requests: false, dpop_bound_access_tokens: false };

export default ({ client, edit }) => {
  const { initial, save } = edit(EDITED);
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
  <//><//>`;
};
