//! What a browser carries from where it began to the pages and back: sealed, and bound to
//! that browser by a cookie, so that neither can be changed or opened elsewhere.

use std::io::Read;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie};
use flate2::{
    Compression,
    read::{DeflateDecoder, DeflateEncoder},
};
use serde::{Deserialize, Serialize};

use super::{account::Section, browser::Browser, html, reader};
use crate::{
    app::{App, SharedApp},
    domain::{
        device_code::UserCode,
        id::Id,
        time::{Lifetime, UnixSeconds},
    },
    http::{body, cookies, recording},
    login::session::{self, Begun},
    oauth::{
        BASE,
        authorize::{
            decide::{Done, SignedIn},
            respond::SingleUse,
            submission::Submission,
        },
        params::Params,
    },
    store::StoreError,
};

/// How long a page may stay open.
const LIFETIME: Lifetime = Lifetime::hours(1);

/// What a person is on the way to.
#[derive(Serialize, Deserialize)]
pub enum Destination {
    /// The answer to an authorization request.
    Authorize(Submission),
    /// The decision on a device, by the code it shows (RFC 8628 §3.3).
    Device { id: Id, user_code: UserCode },
    /// A page of the person's own account.
    Account(Section),
    /// The end of the browser login that a client asked for, by the parameters it sent.
    Logout(Vec<(String, String)>),
}

/// Somebody's way through the pages.
#[derive(Serialize, Deserialize)]
pub struct Interaction {
    /// By which an administrator finds what happened on the way.
    pub id: Id,
    pub to: Destination,
    /// Of this way alone, where `id` may be that of all that a pushed request has led to.
    single_use_id: Id,
    started_at: UnixSeconds,
    /// The browser login that began on the way, if the person has signed in since.
    #[serde(default)]
    pub signed_in: Option<Id>,
    /// The browser login to which the consent page was shown.
    #[serde(default)]
    pub asked: Option<Id>,
}

impl Browser {
    pub fn seal(&self, app: &App, interaction: &Interaction) -> String {
        let plain = serde_json::to_vec(interaction).unwrap_or_default();
        app.seal.seal(self.context(), &packed(&plain))
    }

    /// The interaction of a page, if it was sealed for this browser.
    fn open(&self, app: &App, sealed: &str) -> Opened {
        let plain = app.seal.open(self.context(), sealed);
        let interaction = plain.and_then(|plain| unpacked(&plain));
        let interaction: Option<Interaction> =
            interaction.and_then(|plain| serde_json::from_slice(&plain).ok());
        match interaction {
            None => Opened::Foreign,
            Some(interaction) if app.now() >= interaction.started_at + LIFETIME => {
                Opened::TooOld(interaction)
            }
            Some(interaction) => Opened::Interaction(interaction),
        }
    }

    /// [`Browser::open`], or the page that says why not.
    pub fn open_or_explain(
        &self,
        app: &App,
        request: &HttpRequest,
        sealed: &str,
    ) -> Result<Interaction, HttpResponse> {
        let opened = self.open(app, sealed);
        if let Opened::Interaction(interaction) | Opened::TooOld(interaction) = &opened {
            interaction.note(request);
            reader::asks_for(request, interaction.ui_locales().as_deref());
        }
        match opened {
            Opened::Interaction(interaction) => Ok(interaction),
            Opened::TooOld(interaction) => {
                Err(html::too_old(app, request, interaction.start_again()))
            }
            Opened::Foreign => Err(html::no_cookie(app, request, self)),
        }
    }
}

/// Shorter, so that an address holds it: what is sealed is base64url, and most of it was before.
fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    // Neither reading nor writing memory fails.
    let read = DeflateEncoder::new(plain, Compression::best()).read_to_end(&mut packed);
    read.map(|_| packed).unwrap_or_default()
}

/// What was packed here, which was never longer than a request.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = u64::try_from(4 * body::LIMIT).ok()?;
    let read = DeflateDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut plain);
    read.ok().map(|_| plain)
}

/// What a page carried.
enum Opened {
    Interaction(Interaction),
    /// Ours, but begun too long ago.
    TooOld(Interaction),
    /// Of another browser, or no work of ours.
    Foreign,
}

impl Interaction {
    pub fn new(app: &App, id: Id, to: Destination) -> Self {
        Self {
            id,
            to,
            single_use_id: app.new_id(),
            started_at: app.now(),
            signed_in: None,
            asked: None,
        }
    }

    /// What is signed in for is recorded as one trace. A person's own pages are nobody's to look at.
    fn note(&self, request: &HttpRequest) {
        if matches!(
            self.to,
            Destination::Authorize(_) | Destination::Device { .. }
        ) {
            recording::trace(request).belongs(self.id);
        }
    }

    /// The same request once more, from the beginning. What a client must push or sign anew only the
    /// client can begin.
    pub fn start_again(&self) -> Option<String> {
        match &self.to {
            Destination::Authorize(asked) if asked.can_be_repeated() => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(&asked.parameters);
                Some(format!("{BASE}/authorize?{}", query.finish()))
            }
            Destination::Authorize(_) => None,
            Destination::Device { user_code, .. } => Some(format!("/device?user_code={user_code}")),
            Destination::Account(section) => Some(section.path().to_owned()),
            Destination::Logout(_) => Some("/logout".to_owned()),
        }
    }

    /// The languages that the client has asked for its person.
    fn ui_locales(&self) -> Option<String> {
        let of = |params: &Params| params.optional("ui_locales").map(str::to_owned);
        match &self.to {
            Destination::Authorize(asked) => of(&asked.params().ok()?),
            Destination::Logout(pairs) => of(&Params::new(pairs.clone()).ok()?),
            Destination::Device { .. } | Destination::Account(_) => None,
        }
    }

    /// What its answer uses up.
    pub fn single_use(&self) -> SingleUse {
        SingleUse {
            id: self.single_use_id,
            expires_at: self.started_at + LIFETIME,
        }
    }

    /// Whether this person has signed in for this very request: another's sign-in is nobody else's.
    pub fn was_signed_in_by(&self, person: Option<&SignedIn>) -> bool {
        let session = person.map(|person| person.session.id);
        session.is_some() && session == self.signed_in
    }

    pub fn done(&self, person: Option<&SignedIn>, consent: bool) -> Done {
        Done {
            login: self.was_signed_in_by(person),
            consent,
        }
    }
}

/// The person signed in at this browser.
pub async fn signed_in(
    app: &SharedApp,
    request: &HttpRequest,
) -> Result<Option<SignedIn>, StoreError> {
    let person = match cookies::session(app, request) {
        Some(cookie) => session::find(app, &recording::trace(request), &cookie).await?,
        None => None,
    };
    if let Some(person) = &person {
        reader::is(request, &person.user);
    }
    Ok(person)
}

/// The cookies of a sign-in.
pub fn signed_in_cookies(app: &App, begun: &Begun) -> Vec<Cookie<'static>> {
    vec![
        cookies::set_session(app, &begun.session_cookie),
        cookies::set_token(app, &begun.token),
    ]
}
