import { dotenv, setting } from "./quote.js";

export const usesCode = (client) => client.grant_types.includes("authorization_code");
export const isPublic = (client) => client.token_endpoint_auth_method === "none";
export const hasSecret = (client) => client.token_endpoint_auth_method.startsWith("client_secret");
export const scopes = (client) => client.scope || "openid";

export const ENV = {
  id: "env",
  title: ".env",
  fits: () => true,
  text: ({ issuer, client, secret, redirect }) =>
    `${[
      setting(dotenv, "OIDC_ISSUER=", issuer),
      setting(dotenv, "OIDC_CLIENT_ID=", client.client_id),
      hasSecret(client)
        ? secret
          ? setting(dotenv, "OIDC_CLIENT_SECRET=", secret)
          : "OIDC_CLIENT_SECRET=…"
        : null,
      redirect ? setting(dotenv, "OIDC_REDIRECT_URI=", redirect) : null,
    ]
      .filter(Boolean)
      .join("\n")}\n`,
};

// File name of the download.
export const envFile = (client) => `./${client.client_id.replace(/[/\\:*?"<>|~]/g, "_")}.env`;
