//! Where the login page leads: on to whatever the person was on the way to.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie};

use super::{
    authorize::{self, Consented},
    device, html,
    interaction::{Destination, Interaction},
};
use crate::{app::SharedApp, domain::client::Client, oauth::authorize::decide::SignedIn};

/// What the login page says of where it leads.
pub struct Ahead {
    pub client: Arc<Client>,
    pub login_hint: Option<String>,
}

/// `None` if it leads nowhere any more, which is said once the person is there.
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
        // Their own, or nobody's: nobody signs in on the way out.
        Destination::Account(_) | Destination::Logout(_) => None,
    }
}

/// Goes on once the person has signed in.
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

/// Whether a client waits there for an answer, which may be that its person does not want to sign in.
pub fn can_decline(interaction: &Interaction) -> bool {
    matches!(interaction.to, Destination::Authorize(_))
}

/// Tells the client that its person does not want to sign in.
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
