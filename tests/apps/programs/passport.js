// passport-openidconnect on Express, by its README. It has neither PKCE nor nonce.
import express from "express";
import session from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";

const oauth = `${process.env.ISSUER}/api/v1/oauth`;
passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: process.env.ISSUER,
      authorizationURL: `${oauth}/authorize`,
      tokenURL: `${oauth}/token`,
      userInfoURL: `${oauth}/userinfo`,
      clientID: process.env.CLIENT_ID,
      clientSecret: process.env.CLIENT_SECRET,
      callbackURL: `${process.env.URL}/cb`,
      scope: ["email"],
    },
    (_issuer, profile, done) => done(null, { email: profile.emails?.[0]?.value }),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: "of this run alone", resave: false, saveUninitialized: false }));
app.use(passport.authenticate("session"));
app.get("/login", passport.authenticate("openidconnect"));
app.get("/cb", passport.authenticate("openidconnect", { failureRedirect: "/failed", failureMessage: true }), (_request, response) =>
  response.redirect("/"),
);
app.get("/failed", (request, response) => response.type("text").send(`failed: ${request.session.messages}`));
app.get("/", (request, response) => response.type("text").send(request.user?.email ?? "nobody"));
app.listen(process.env.PORT, "localhost");
