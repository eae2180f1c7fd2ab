//! A client's side of DPoP (RFC 9449): a key and the proofs it makes.

use keyfob::crypto::{hash, keys::SigningKey, random};
use serde_json::{Value, json};

use super::{Answer, Server, jws};

/// A key of a client, which makes proofs.
pub struct Prover(pub SigningKey);

/// A proof before it is signed.
pub struct Draft {
    pub header: Value,
    pub claims: Value,
}

impl Prover {
    pub fn new() -> Self {
        Self(jws::es256())
    }

    /// The key's RFC 7638 thumbprint.
    pub fn jkt(&self) -> String {
        self.0.kid().to_owned()
    }

    /// The public key with the members that it must have, and no others.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.0.public_jwk().clone();
        for name in ["use", "alg", "kid"] {
            jwk.as_object_mut().unwrap().remove(name);
        }
        jwk
    }

    /// RFC 9449 §4.2: what a good proof for this request says.
    pub fn draft(&self, server: &Server, method: &str, path: &str) -> Draft {
        Draft {
            header: json!({"typ": "dpop+jwt", "alg": self.0.algorithm().as_str(), "jwk": self.jwk()}),
            claims: json!({"jti": random::text(16), "htm": method, "iat": server.app.now().0,
                           "htu": format!("{}{path}", server.app.config.issuer)}),
        }
    }

    /// The draft as a JWT, rightly signed.
    pub fn sign(&self, draft: &Draft) -> String {
        jws::signed(&self.0, &draft.header, &draft.claims)
    }

    /// A good proof for a request without an access token.
    pub fn proof(&self, server: &Server, method: &str, path: &str) -> String {
        self.sign(&self.draft(server, method, path))
    }

    /// A good proof for a request with this access token.
    pub fn proof_with(&self, server: &Server, method: &str, path: &str, token: &str) -> String {
        let mut draft = self.draft(server, method, path);
        draft.claims["ath"] = ath(token).into();
        self.sign(&draft)
    }

    /// A form post with a good proof.
    pub fn form(&self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
        let proof = self.proof(server, "POST", path);
        server.form_with(path, &[("dpop", &proof)], fields)
    }

    /// A request with this access token and a good proof.
    pub fn get(&self, server: &Server, path: &str, token: &str) -> Answer {
        let proof = self.proof_with(server, "GET", path, token);
        let authorization = format!("DPoP {token}");
        server.get(path, &[("authorization", &authorization), ("dpop", &proof)])
    }
}

/// RFC 9449 §4.2
pub fn ath(token: &str) -> String {
    hash::base64url(&hash::sha256(token.as_bytes()))
}

impl Server {
    /// A form post with further headers.
    pub fn form_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = [form].into_iter().chain(headers.iter().copied()).collect();
        self.send("POST", path, &headers, Some(body.finish().as_bytes()))
    }
}
