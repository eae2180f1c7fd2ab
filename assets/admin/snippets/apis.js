// Code for an API to validate access tokens: signature, issuer, audience and time (RFC 9068 §4). `audience` is the URI
// of a registered API; without it, the snippets leave a note.
import { js, properties, python, setting, shell } from "./quote.js";

const named = (audience, remark) => (audience ? "" : remark);

/** @type {{ id: string, title: string, fits: (client?: any) => boolean, text: (api: any) => string }[]} */
export const APIS = [
  {
    id: "jose",
    title: "jose (Node, browsers)",
    fits: () => true,
    text: ({ issuer, audience }) =>
      `import { createRemoteJWKSet, jwtVerify } from "jose"

const keys = createRemoteJWKSet(new URL(${js(`${issuer}/.well-known/jwks.json`)}))
const { payload } = await jwtVerify(token, keys, {
  issuer: ${js(issuer)},
  audience: ${js(audience || issuer)},${named(audience, " // or your API's URI, once it is added under APIs")}
  typ: "at+jwt",
})`,
  },
  {
    id: "pyjwt",
    title: "PyJWT (Python)",
    fits: () => true,
    text: ({ issuer, audience, alg = "ES256" }) =>
      `keys = jwt.PyJWKClient(${python(`${issuer}/.well-known/jwks.json`)})
claims = jwt.decode(
    token,
    keys.get_signing_key_from_jwt(token),
    algorithms=[${python(alg)}],
    issuer=${python(issuer)},
    audience=${python(audience || issuer)},${named(audience, "  # or your API's URI, once it is added under APIs")}
)`,
  },
  {
    id: "spring-api",
    title: "Spring Boot (resource server)",
    fits: () => true,
    text: ({ issuer, audience, alg = "ES256" }) =>
      [
        setting(properties, "spring.security.oauth2.resourceserver.jwt.issuer-uri=", issuer),
        `spring.security.oauth2.resourceserver.jwt.jws-algorithms=${alg}`,
        // Without the index a comma would split it.
        setting(properties, "spring.security.oauth2.resourceserver.jwt.audiences[0]=", audience || issuer),
      ].join("\n"),
  },
  {
    id: "introspect",
    title: "curl (introspection)",
    fits: () => true,
    text: ({ issuer }) =>
      `# Introspection also detects revoked tokens (RFC 7662).
# Token and secret are piped, so that they do not show in the process list.
printf %s "$TOKEN" | { printf %s "$API_CLIENT_SECRET" | curl -s ${shell(`${issuer}/api/v1/oauth/introspect`)} \\
  --data-urlencode client_id="$API_CLIENT_ID" \\
  --data-urlencode client_secret@- --data-urlencode token@/dev/fd/3; } 3<&0`,
  },
];
