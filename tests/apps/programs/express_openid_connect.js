// express-openid-connect, by its README. Its default asks for an ID token from the authorization endpoint.
import express from "express";
import oidc from "express-openid-connect";

const code = process.env.CLIENT_SECRET
  ? { clientSecret: process.env.CLIENT_SECRET, authorizationParams: { response_type: "code", scope: "openid profile email" } }
  : {};
const app = express();
app.use(
  oidc.auth({
    issuerBaseURL: process.env.ISSUER,
    baseURL: process.env.URL,
    clientID: process.env.CLIENT_ID,
    secret: "of this run alone, and long enough",
    authRequired: false,
    ...code,
  }),
);
app.get("/", (request, response) => response.type("text").send(request.oidc.user?.email ?? "nobody"));
app.listen(process.env.PORT, "localhost");
