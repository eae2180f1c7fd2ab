export const usesCode = (client) => client.grant_types.includes("authorization_code");
export const isPublic = (client) => client.token_endpoint_auth_method === "none";
export const hasSecret = (client) => client.token_endpoint_auth_method.startsWith("client_secret");
export const scopes = (client) => client.scope || "openid";

export const ENV = { id: "env", title: ".env", fits: () => true, text: ({ issuer, client, secret, redirect }) => [
  `OIDC_ISSUER=${issuer}`, `OIDC_CLIENT_ID=${client.client_id}`,
  hasSecret(client) ? `OIDC_CLIENT_SECRET=${secret || "…"}` : null,
  redirect ? `OIDC_REDIRECT_URI=${redirect}` : null,
].filter(Boolean).join("\n") + "\n" };
