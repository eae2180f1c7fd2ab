//! Scopes and claims in words that complete "It will be able to …".

use crate::{
    domain::{
        language::Language,
        scope::{self, BUILT_IN, Scope},
    },
    oauth::claims::Claim,
};

/// The built-in scopes in Bokmål.
const SCOPES: &[(&str, &str)] = &[
    (scope::OPENID, "logge deg inn"),
    (scope::PROFILE, "se navn, bilde, språk og tidssone"),
    (scope::EMAIL, "se e-postadressen din"),
    (scope::ADDRESS, "se postadressen din"),
    (scope::PHONE, "se telefonnummeret ditt"),
    (
        scope::OFFLINE_ACCESS,
        "beholde tilgangen når du ikke bruker appen",
    ),
    (
        scope::DELEGATE,
        "handle på vegne av andre brukere, der serveren tillater det",
    ),
    (
        scope::PRINCIPAL,
        "gå tilbake til sin egen identitet mens den handler på vegne av deg",
    ),
    (scope::ADMIN, "administrere denne serveren"),
];

/// The claims in Bokmål.
const CLAIMS: &[(&str, &str)] = &[
    ("name", "se navnet ditt"),
    ("given_name", "se fornavnet ditt"),
    ("family_name", "se etternavnet ditt"),
    ("middle_name", "se mellomnavnet ditt"),
    ("nickname", "se kallenavnet ditt"),
    ("preferred_username", "se brukernavnet ditt"),
    ("profile", "se profilsiden din"),
    ("picture", "se bildet ditt"),
    ("website", "se nettstedet ditt"),
    ("gender", "se kjønnet ditt"),
    ("birthdate", "se fødselsdatoen din"),
    ("zoneinfo", "se tidssonen din"),
    ("locale", "se språket ditt"),
    ("updated_at", "se når profilen din sist ble endret"),
    ("teams", "se hvilke team du er med i"),
    ("email", "se e-postadressen din"),
    ("email_verified", "se om e-postadressen din er bekreftet"),
    ("address", "se postadressen din"),
    ("phone_number", "se telefonnummeret ditt"),
    (
        "phone_number_verified",
        "se om telefonnummeret ditt er bekreftet",
    ),
];

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, phrase)| *phrase)
}

impl Language {
    /// Description of a scope for users. Descriptions by an operator are shown unchanged.
    pub(in crate::http) fn scope(self, scope: &Scope) -> &str {
        let name = scope.name.as_str();
        let is_ours = find(BUILT_IN, name) == Some(&scope.description);
        match self {
            Self::Bokmal if is_ours => find(SCOPES, name).unwrap_or(&scope.description),
            _ => &scope.description,
        }
    }

    /// Description of a claim that is requested by name.
    pub(in crate::http) fn claim(self, claim: &Claim) -> String {
        match self {
            Self::Bokmal => find(CLAIMS, claim.name).map(str::to_owned),
            Self::English => None,
        }
        .unwrap_or_else(|| format!("see your {}", claim.phrase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::claims;

    #[test]
    fn every_built_in_scope_and_every_claim_has_its_words_in_bokmal() {
        for (name, _) in BUILT_IN {
            assert!(find(SCOPES, name).is_some(), "{name}");
        }
        for claim in claims::CLAIMS {
            assert!(find(CLAIMS, claim.name).is_some(), "{}", claim.name);
        }
    }
}
