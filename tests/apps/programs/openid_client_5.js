// openid-client 5 on Express, by its README: with a nonce and without PKCE.
import express from "express";
import { Issuer, generators } from "openid-client";

const issuer = await Issuer.discover(process.env.ISSUER);
const client = new issuer.Client({
  client_id: process.env.CLIENT_ID,
  client_secret: process.env.CLIENT_SECRET,
  redirect_uris: [`${process.env.URL}/cb`],
  response_types: ["code"],
});
const nonce = generators.nonce();
const app = express();
app.get("/login", (_request, response) =>
  response.redirect(client.authorizationUrl({ scope: "openid email profile", nonce })),
);
app.get("/cb", async (request, response) => {
  try {
    const tokens = await client.callback(`${process.env.URL}/cb`, client.callbackParams(request), { nonce });
    response.type("text").send(tokens.claims().email);
  } catch (error) {
    response.status(500).type("text").send(String(error));
  }
});
app.get("/", (_request, response) => response.type("text").send("ready"));
app.listen(process.env.PORT, "localhost");
