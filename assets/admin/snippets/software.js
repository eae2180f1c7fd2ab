import { hasSecret, isPublic, scopes, usesCode } from "./env.js";

const webApp = (client) => usesCode(client) && hasSecret(client);
const signIn = (client) => scopes(client).split(" ").filter((scope) => ["openid", "profile", "email"].includes(scope)).join(" ") || "openid";

export const SOFTWARE = [
  { id: "oauth2-proxy", title: "oauth2-proxy", fits: webApp, text: ({ issuer, client, redirect }) =>
`provider = "oidc"
oidc_issuer_url = "${issuer}"
client_id = "${client.client_id}"
client_secret_file = "/run/secrets/oidc"
redirect_url = "${redirect || "http://localhost:4180/oauth2/callback"}"
scope = "${signIn(client)}"
code_challenge_method = "S256"
email_domains = ["*"]` },
  { id: "grafana", title: "Grafana", fits: webApp, text: ({ issuer, client }) =>
`[auth.generic_oauth]
enabled = true
name = Keyfob
client_id = ${client.client_id}
client_secret = $__env{OIDC_CLIENT_SECRET}
scopes = ${signIn(client)}
auth_url = ${issuer}/api/v1/oauth/authorize
token_url = ${issuer}/api/v1/oauth/token
api_url = ${issuer}/api/v1/oauth/userinfo
use_pkce = true
; Its redirect URI is <Grafana>/login/generic_oauth` },
  { id: "gitea", title: "Gitea, Forgejo", fits: webApp, text: ({ issuer, client }) =>
`gitea admin auth add-oauth --name keyfob --provider openidConnect \\
  --key "${client.client_id}" --secret "$OIDC_CLIENT_SECRET" \\
  --auto-discover-url ${issuer}/.well-known/openid-configuration
# Its redirect URI is <Gitea>/user/oauth2/keyfob/callback` },
  { id: "apache", title: "Apache (mod_auth_openidc)", fits: webApp, text: ({ issuer, client, redirect }) =>
`OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${client.client_id}
OIDCClientSecret "exec:/bin/cat /run/secrets/oidc"
OIDCRedirectURI ${redirect || "/callback"}
OIDCScope "${signIn(client)}"
OIDCPKCEMethod S256` },
  { id: "mcp", title: "MCP server (who its clients sign in at)", fits: (client) => isPublic(client) && usesCode(client), text: ({ issuer }) =>
`// GET /.well-known/oauth-protected-resource of the MCP server (RFC 9728)
{
  "resource": "https://your-mcp-server.example/mcp",
  "authorization_servers": ["${issuer}"]
}` },
];
