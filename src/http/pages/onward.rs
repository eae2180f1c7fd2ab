//! Continuation after the sign-in page, to the user's target.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie};

use super::{
    authorize::{self, Consented},
    device, html,
    interaction::{Destination, Interaction},
};
use crate::{app::SharedApp, domain::client::Client, oauth::authorize::decide::SignedIn};

/// Context shown on the sign-in page.
pub struct Ahead {
    pub client: Arc<Client>,
    pub login_hint: Option<String>,
}

/// `None` if the target is gone, which is shown after the sign-in.
pub fn ahead(app: &SharedApp, interaction: &Interaction) -> Option<Ahead> {
    match &interaction.to {
        Destination::Authorize(_) => authorize::shown(app, interaction).map(|asked| Ahead {
            client: asked.client,
            login_hint: asked.login_hint,
        }),
        Destination::Device { id, .. } => device::client(app, *id).map(|client| Ahead {
            client,
            login_hint: None,
        }),
        // The user's own pages, or a logout, which needs no sign-in.
        Destination::Account(_) | Destination::Logout(_) => None,
    }
}

/// Continues after the user has signed in.
pub async fn proceed(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: Interaction,
    person: SignedIn,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    match interaction.to {
        Destination::Authorize(_) => {
            authorize::proceed(
                app,
                request,
                interaction,
                Some(person),
                Consented::No,
                cookies,
            )
            .await
        }
        Destination::Device { .. } => device::proceed(app, request, &interaction, cookies),
        Destination::Account(section) => html::see_other(section.path(), cookies),
        Destination::Logout(_) => html::see_other("/logout", cookies),
    }
}

/// Whether a client waits for a response, which can be that the user canceled the sign-in.
pub fn can_decline(interaction: &Interaction) -> bool {
    matches!(interaction.to, Destination::Authorize(_))
}

/// Sends the client the error that the user canceled the sign-in.
pub async fn decline(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: &Interaction,
) -> HttpResponse {
    match can_decline(interaction) {
        true => authorize::decline(app, request, interaction).await,
        false => html::see_other("/", Vec::new()),
    }
}
