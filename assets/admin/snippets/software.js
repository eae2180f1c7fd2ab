import { hasSecret, isPublic, scopes, usesCode } from "./env.js";
import { apache, ini, json, setting, toml } from "./quote.js";

const webApp = (client) => usesCode(client) && hasSecret(client);
const signIn = (client) =>
  scopes(client)
    .split(" ")
    .filter((scope) => ["openid", "profile", "email"].includes(scope))
    .join(" ") || "openid";

export const SOFTWARE = [
  {
    id: "oauth2-proxy",
    title: "oauth2-proxy",
    fits: webApp,
    text: ({ issuer, client, redirect }) =>
      `provider = "oidc"
oidc_issuer_url = ${toml(issuer)}
client_id = ${toml(client.client_id)}
client_secret_file = "/run/secrets/oidc"
redirect_url = ${toml(redirect || "http://localhost:4180/oauth2/callback")}
scope = "${signIn(client)}"
code_challenge_method = "S256"
email_domains = ["*"]`,
  },
  {
    id: "grafana",
    title: "Grafana",
    fits: webApp,
    text: ({ issuer, client }) =>
      `[auth.generic_oauth]
enabled = true
name = Keyfob
${setting(ini, "client_id = ", client.client_id)}
client_secret = $__env{OIDC_CLIENT_SECRET}
scopes = ${signIn(client)}
${setting(ini, "auth_url = ", `${issuer}/api/v1/oauth/authorize`)}
${setting(ini, "token_url = ", `${issuer}/api/v1/oauth/token`)}
${setting(ini, "api_url = ", `${issuer}/api/v1/oauth/userinfo`)}
use_pkce = true
; Redirect URI: <Grafana>/login/generic_oauth`,
  },
  {
    id: "gitea",
    title: "Gitea, Forgejo",
    fits: webApp,
    text: ({ issuer, client }) =>
      `# Site Administration > Authentication Sources > Add
# (Gitea's command would show the secret in the process list.)
Authentication Type: OAuth2
Authentication Name: keyfob
OAuth2 Provider: OpenID Connect
Client ID (Key): ${client.client_id}
Client Secret: OIDC_CLIENT_SECRET from the downloaded .env
OpenID Connect Auto Discovery URL: ${issuer}/.well-known/openid-configuration
# Redirect URI: <Gitea>/user/oauth2/keyfob/callback`,
  },
  {
    id: "apache",
    title: "Apache (mod_auth_openidc)",
    fits: webApp,
    text: ({ issuer, client, redirect }) =>
      `${setting(apache, "OIDCProviderMetadataURL ", `${issuer}/.well-known/openid-configuration`)}
${setting(apache, "OIDCClientID ", client.client_id)}
OIDCClientSecret "exec:/bin/cat /run/secrets/oidc"
${setting(apache, "OIDCRedirectURI ", redirect || "/callback")}
OIDCScope "${signIn(client)}"
OIDCPKCEMethod S256`,
  },
  {
    id: "mcp",
    title: "MCP server (resource metadata)",
    fits: (client) => isPublic(client) && usesCode(client),
    text: ({ issuer }) =>
      `// GET /.well-known/oauth-protected-resource of the MCP server (RFC 9728)
{
  "resource": "https://your-mcp-server.example/mcp",
  "authorization_servers": [${json(issuer)}]
}`,
  },
];
