//! State that a browser carries from the request to the pages and back: sealed, and bound to that browser by a cookie,
//! so that it cannot be changed or used elsewhere.

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

/// Time that a page can stay open.
const LIFETIME: Lifetime = Lifetime::hours(1);

/// Target of an interaction.
#[derive(Serialize, Deserialize)]
pub enum Destination {
    /// Response to an authorization request.
    Authorize(Submission),
    /// The decision on a device, by the code it shows (RFC 8628 §3.3).
    Device { id: Id, user_code: UserCode },
    /// Page of the user's own account.
    Account(Section),
    /// Logout requested by a client, with its parameters.
    Logout(Vec<(String, String)>),
}

/// Somebody's way through the pages.
#[derive(Serialize, Deserialize)]
pub struct Interaction {
    /// ID with which an administrator finds the trace.
    pub id: Id,
    pub to: Destination,
    /// Key of only this interaction; `id` can be shared by all interactions of a pushed request.
    single_use_id: Id,
    started_at: UnixSeconds,
    /// Session of the sign-in during this interaction, if any.
    #[serde(default)]
    pub signed_in: Option<Id>,
    /// Session that the consent page was shown to.
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

    /// [`Browser::open`], or an error page.
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

/// Unpacks a value packed here, which was never longer than a request.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = u64::try_from(4 * body::LIMIT).ok()?;
    let read = DeflateDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut plain);
    read.ok().map(|_| plain)
}

/// Interaction sent by a page.
enum Opened {
    Interaction(Interaction),
    /// Ours, but begun too long ago.
    TooOld(Interaction),
    /// Of another browser, or not created by this server.
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

    /// A sign-in for a client is recorded as one trace. The user's own pages are not traced.
    fn note(&self, request: &HttpRequest) {
        if matches!(
            self.to,
            Destination::Authorize(_) | Destination::Device { .. }
        ) {
            recording::trace(request).belongs(self.id);
        }
    }

    /// URL that starts the same request again. A request that must be pushed or signed can only be started by the
    /// client.
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

    /// Languages requested by the client.
    fn ui_locales(&self) -> Option<String> {
        let of = |params: &Params| params.optional("ui_locales").map(str::to_owned);
        match &self.to {
            Destination::Authorize(asked) => of(&asked.params().ok()?),
            Destination::Logout(pairs) => of(&Params::new(pairs.clone()).ok()?),
            Destination::Device { .. } | Destination::Account(_) => None,
        }
    }

    /// Keys that its response marks as used.
    pub fn single_use(&self) -> SingleUse {
        SingleUse {
            id: self.single_use_id,
            expires_at: self.started_at + LIFETIME,
        }
    }

    /// Whether this user has signed in for this request; the sign-in of another user does not apply.
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
