// How an API checks the tokens that a client sends it: signature, issuer, audience and time (RFC 9068 §4).
// `audience` is the URI of a registered API; without it the snippets say that there could be one.
const named = (audience, remark) => (audience ? "" : remark);
export const APIS = [
  { id: "jose", title: "jose (Node, browsers)", fits: () => true, text: ({ issuer, audience }) =>
`import { createRemoteJWKSet, jwtVerify } from "jose"

const keys = createRemoteJWKSet(new URL("${issuer}/.well-known/jwks.json"))
const { payload } = await jwtVerify(token, keys, {
  issuer: "${issuer}",
  audience: "${audience || issuer}",${named(audience, " // or your API's own, when it is registered here")}
  typ: "at+jwt",
})` },
  { id: "pyjwt", title: "PyJWT (Python)", fits: () => true, text: ({ issuer, audience }) =>
`keys = jwt.PyJWKClient("${issuer}/.well-known/jwks.json")
claims = jwt.decode(
    token,
    keys.get_signing_key_from_jwt(token),
    algorithms=["ES256"],
    issuer="${issuer}",
    audience="${audience || issuer}",${named(audience, "  # or your API's own, when it is registered here")}
)` },
  { id: "spring-api", title: "Spring Boot (resource server)", fits: () => true, text: ({ issuer, audience }) =>
`spring.security.oauth2.resourceserver.jwt.issuer-uri=${issuer}
spring.security.oauth2.resourceserver.jwt.jws-algorithms=ES256
spring.security.oauth2.resourceserver.jwt.audiences=${audience || issuer}` },
  { id: "introspect", title: "curl (introspection)", fits: () => true, text: ({ issuer, audience }) =>
`# Asks this server, which also knows what was revoked (RFC 7662).
curl -s ${issuer}/api/v1/oauth/introspect \\
  -u "$API_CLIENT_ID:$API_CLIENT_SECRET" -d token="$TOKEN"` },
];
