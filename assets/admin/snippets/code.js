import { envFile, hasSecret, isPublic, scopes, usesCode } from "./env.js";
import { csharp, go, js, php, properties, python, rust, setting, shell } from "./quote.js";

const machine = (client) => client.grant_types.includes("client_credentials") && hasSecret(client);
const device = (client) => client.grant_types.includes("urn:ietf:params:oauth:grant-type:device_code");
const webApp = (client) => usesCode(client) && hasSecret(client);
const browserApp = (client) => usesCode(client) && isPublic(client);
// Arguments of openid-client's discovery after issuer and client ID. Plain http must be allowed explicitly.
const discovery = ({ issuer, client }) => {
  const secret = isPublic(client) ? ", undefined, oidc.None()" : ", process.env.OIDC_CLIENT_SECRET";
  const insecure = `${isPublic(client) ? "" : ", undefined"}, { execute: [oidc.allowInsecureRequests] }`;
  return issuer.startsWith("http:") ? secret + insecure : secret;
};

// A scope with a comma would become two.
const scopeList = (text) => (text.includes(",") ? null : properties(text.split(" ").join(",")));

export const CODE = [
  {
    id: "curl",
    title: "curl (client credentials)",
    fits: machine,
    text: ({ issuer, client }) =>
      `# The secret from the downloaded .env is piped, so that it does not show in the process list.
. ${shell(envFile(client))}
printf %s "$OIDC_CLIENT_SECRET" | curl -s ${shell(`${issuer}/api/v1/oauth/token`)} \\
  --data-urlencode ${shell(`client_id=${client.client_id}`)} --data-urlencode client_secret@- \\
  -d grant_type=client_credentials`,
  },
  {
    id: "curl-device",
    title: "curl (device flow)",
    fits: (client) => device(client) && isPublic(client),
    text: ({ issuer, client }) =>
      `# 1. Request a device code and show verification_uri_complete to the user.
curl -s ${shell(`${issuer}/api/v1/oauth/device_authorization`)} \\
  --data-urlencode ${shell(`client_id=${client.client_id}`)} --data-urlencode ${shell(`scope=${scopes(client)}`)}
# 2. Poll every 5 seconds until the user has approved.
printf %s "$DEVICE_CODE" | curl -s ${shell(`${issuer}/api/v1/oauth/token`)} \\
  --data-urlencode ${shell(`client_id=${client.client_id}`)} --data-urlencode device_code@- \\
  -d grant_type=urn:ietf:params:oauth:grant-type:device_code`,
  },
  {
    id: "authjs",
    title: "Auth.js (Next.js, SvelteKit, Express)",
    fits: webApp,
    text: ({ issuer }) =>
      `// auth.ts
import NextAuth from "next-auth"

export const { handlers, auth } = NextAuth({
  providers: [{
    id: "keyfob", name: "Keyfob", type: "oidc",
    issuer: ${js(issuer)},
    clientId: process.env.OIDC_CLIENT_ID,
    clientSecret: process.env.OIDC_CLIENT_SECRET,
    checks: ["pkce", "state", "nonce"],
  }],
})
// Redirect URI: <your app>/api/auth/callback/keyfob`,
  },
  {
    id: "openid-client",
    title: "openid-client (Node)",
    fits: (client) => usesCode(client) && (isPublic(client) || hasSecret(client)),
    text: (values) =>
      `import * as oidc from "openid-client"

const config = await oidc.discovery(new URL(${js(values.issuer)}), ${js(values.client.client_id)}${discovery(values)})
const verifier = oidc.randomPKCECodeVerifier()
const state = oidc.randomState()
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: ${js(values.redirect || "http://localhost:3000/callback")},
  scope: ${js(scopes(values.client))},
  state,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
})
// Store verifier and state, then redirect the browser to url. In the handler of callbackUrl:
const tokens = await oidc.authorizationCodeGrant(config, callbackUrl, {
  pkceCodeVerifier: verifier,
  expectedState: state,
})`,
  },
  {
    id: "oidc-client-ts",
    title: "oidc-client-ts (browser)",
    fits: browserApp,
    text: ({ issuer, client, redirect }) =>
      `import { UserManager } from "oidc-client-ts"

export const users = new UserManager({
  authority: ${js(issuer)},
  client_id: ${js(client.client_id)},
  redirect_uri: ${js(redirect || "http://localhost:5173/callback")},
  scope: ${js(scopes(client))},
})`,
  },
  {
    id: "authlib",
    title: "Authlib (Flask, Django, Starlette)",
    fits: (client) => usesCode(client) && (isPublic(client) || hasSecret(client)),
    text: ({ issuer, client }) =>
      `oauth.register(
    "keyfob",
    server_metadata_url=${python(`${issuer}/.well-known/openid-configuration`)},
    client_id=${python(client.client_id)},
${isPublic(client) ? "" : '    client_secret=os.environ["OIDC_CLIENT_SECRET"],\n'}\
    client_kwargs={"scope": ${python(scopes(client))}, "code_challenge_method": "S256"},
)`,
  },
  {
    id: "go",
    title: "Go (golang.org/x/oauth2, go-oidc)",
    fits: (client) => usesCode(client) && (isPublic(client) || hasSecret(client)),
    text: ({ issuer, client, redirect }) =>
      `provider, err := oidc.NewProvider(ctx, ${go(issuer)})
if err != nil {
	return err
}
config := oauth2.Config{
	ClientID: ${go(client.client_id)},
${isPublic(client) ? "" : '\tClientSecret: os.Getenv("OIDC_CLIENT_SECRET"),\n'}\
	RedirectURL: ${go(redirect || "http://localhost:3000/callback")},
	Endpoint: provider.Endpoint(),
	Scopes: []string{${scopes(client).split(" ").map(go).join(", ")}},
}
verifier := oauth2.GenerateVerifier()
url := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
// In the callback handler:
token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))`,
  },
  {
    id: "spring",
    title: "Spring Boot",
    fits: webApp,
    text: ({ issuer, client }) =>
      [
        setting(properties, "spring.security.oauth2.client.registration.keyfob.client-id=", client.client_id),
        "spring.security.oauth2.client.registration.keyfob.client-secret=${OIDC_CLIENT_SECRET}",
        setting(scopeList, "spring.security.oauth2.client.registration.keyfob.scope=", scopes(client)),
        "spring.security.oauth2.client.registration.keyfob.client-settings.require-proof-key=true",
        setting(properties, "spring.security.oauth2.client.provider.keyfob.issuer-uri=", issuer),
        "# Redirect URI: <your app>/login/oauth2/code/keyfob",
      ].join("\n"),
  },
  {
    id: "aspnet",
    title: "ASP.NET Core",
    fits: webApp,
    text: ({ issuer, client }) =>
      `builder.Services.AddAuthentication(options => {
    options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
    options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
}).AddCookie().AddOpenIdConnect(options => {
    options.Authority = ${csharp(issuer)};
    options.ClientId = ${csharp(client.client_id)};
    options.ClientSecret = builder.Configuration["OIDC_CLIENT_SECRET"];
    options.ResponseType = "code";
    options.RequireHttpsMetadata = ${issuer.startsWith("https:")};
    options.Scope.Clear();
${scopes(client)
  .split(" ")
  .map((scope) => `    options.Scope.Add(${csharp(scope)});`)
  .join("\n")}
});
// Redirect URI: <your app>/signin-oidc`,
  },
  {
    id: "laravel",
    title: "Laravel (Socialite, OpenID Connect provider)",
    fits: webApp,
    text: ({ issuer, client, redirect }) =>
      `// config/services.php, for the package kovah/laravel-socialite-oidc
'oidc' => [
    'base_url' => ${php(issuer)},
    'client_id' => ${php(client.client_id)},
    'client_secret' => env('OIDC_CLIENT_SECRET'),
    'redirect' => ${php(redirect || "http://localhost:8000/auth/oidc/callback")},
],`,
  },
  {
    id: "rust",
    title: "Rust (openidconnect)",
    fits: (client) => usesCode(client) && (isPublic(client) || hasSecret(client)),
    text: ({ issuer, client, redirect }) =>
      `let provider = CoreProviderMetadata::discover_async(
    IssuerUrl::new(${rust(issuer)}.into())?, &http,
).await?;
let client = CoreClient::from_provider_metadata(
    provider,
    ClientId::new(${rust(client.client_id)}.into()),
    ${isPublic(client) ? "None" : 'Some(ClientSecret::new(std::env::var("OIDC_CLIENT_SECRET")?))'},
)
.set_redirect_uri(RedirectUrl::new(${rust(redirect || "http://localhost:3000/callback")}.into())?);
let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();`,
  },
];
