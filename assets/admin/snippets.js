// Settings and code with this client's own values, to be pasted.

const env = ({ issuer, client, secret, redirect }) => [
  `OIDC_ISSUER=${issuer}`, `OIDC_CLIENT_ID=${client.client_id}`,
  client.token_endpoint_auth_method === "none" ? null : `OIDC_CLIENT_SECRET=${secret || "…"}`,
  redirect ? `OIDC_REDIRECT_URI=${redirect}` : null,
].filter(Boolean).join("\n") + "\n";

const usesCode = (client) => client.grant_types.includes("authorization_code");
const isPublic = (client) => client.token_endpoint_auth_method === "none";
const scopes = (client) => client.scope || "openid";

export const SNIPPETS = [
  { id: "env", title: ".env", fits: () => true, text: env },
  { id: "curl", title: "curl (client credentials)", fits: (client) => client.grant_types.includes("client_credentials"), text: ({ issuer, client, secret }) =>
`curl -s ${issuer}/api/v1/oauth/token \\
  -u '${client.client_id}:${secret || "$OIDC_CLIENT_SECRET"}' \\
  -d grant_type=client_credentials` },
  { id: "authjs", title: "Auth.js (Next.js)", fits: (client) => usesCode(client) && !isPublic(client), text: ({ issuer }) =>
`// auth.ts
import NextAuth from "next-auth"

export const { handlers, auth } = NextAuth({
  providers: [{
    id: "keyfob", name: "Keyfob", type: "oidc",
    issuer: "${issuer}",
    clientId: process.env.OIDC_CLIENT_ID,
    clientSecret: process.env.OIDC_CLIENT_SECRET,
    checks: ["pkce", "state", "nonce"],
  }],
})` },
  { id: "openid-client", title: "openid-client (Node)", fits: usesCode, text: ({ issuer, client, redirect }) =>
`import * as oidc from "openid-client"

const config = await oidc.discovery(new URL("${issuer}"), "${client.client_id}"${isPublic(client) ? ", undefined, oidc.None()" : ", process.env.OIDC_CLIENT_SECRET"}${issuer.startsWith("http:") ? (isPublic(client) ? ", { execute: [oidc.allowInsecureRequests] }" : ", undefined, { execute: [oidc.allowInsecureRequests] }") : ""})
const verifier = oidc.randomPKCECodeVerifier()
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: "${redirect || "http://localhost:3000/callback"}",
  scope: "${scopes(client)}",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
})
// send the browser to url; on the way back:
const tokens = await oidc.authorizationCodeGrant(config, callbackUrl, { pkceCodeVerifier: verifier })` },
  { id: "oidc-client-ts", title: "oidc-client-ts (browser)", fits: (client) => usesCode(client) && isPublic(client), text: ({ issuer, client, redirect }) =>
`import { UserManager } from "oidc-client-ts"

export const users = new UserManager({
  authority: "${issuer}",
  client_id: "${client.client_id}",
  redirect_uri: "${redirect || "http://localhost:5173/callback"}",
  scope: "${scopes(client)}",
})` },
  { id: "authlib", title: "Authlib (Python)", fits: usesCode, text: ({ issuer, client }) =>
`oauth.register(
    "keyfob",
    server_metadata_url="${issuer}/.well-known/openid-configuration",
    client_id="${client.client_id}",
${isPublic(client) ? "" : '    client_secret=os.environ["OIDC_CLIENT_SECRET"],\n'}    client_kwargs={"scope": "${scopes(client)}", "code_challenge_method": "S256"},
)` },
  { id: "spring", title: "Spring Boot", fits: (client) => usesCode(client) && !isPublic(client), text: ({ issuer, client }) =>
`spring.security.oauth2.client.registration.keyfob.client-id=${client.client_id}
spring.security.oauth2.client.registration.keyfob.client-secret=\${OIDC_CLIENT_SECRET}
spring.security.oauth2.client.registration.keyfob.scope=${scopes(client).split(" ").join(",")}
spring.security.oauth2.client.registration.keyfob.client-settings.require-proof-key=true
spring.security.oauth2.client.provider.keyfob.issuer-uri=${issuer}` },
];
