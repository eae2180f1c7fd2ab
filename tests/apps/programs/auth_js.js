// Auth.js on Express, with a provider of type "oidc", by its documentation.
import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

const config = {
  secret: "of this run alone",
  trustHost: true,
  providers: [
    {
      id: "keyfob",
      name: "Keyfob",
      type: "oidc",
      issuer: process.env.ISSUER,
      clientId: process.env.CLIENT_ID,
      clientSecret: process.env.CLIENT_SECRET,
    },
  ],
};

const app = express();
app.set("trust proxy", true);
app.use("/auth", ExpressAuth(config));
app.get("/", async (request, response) => {
  const session = await getSession(request, config);
  response.type("text").send(session?.user?.email ?? "nobody");
});
app.listen(process.env.PORT, "localhost");
