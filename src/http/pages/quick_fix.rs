//! `/quick-fix`: an administrator registers the rejected redirect URI of an authorization request, from the error page.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    browser::Browser,
    html,
    offer::{Offer, administrator},
    views::GoOn,
};
use crate::{
    admin::{AdminError, By, clients, danger},
    app::{App, SharedApp},
    http::{body::Body, caller::is_same_origin, respond},
    oauth::error::{ErrorCode, OAuthError},
};

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, &request, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    let csrf = params.optional("csrf").unwrap_or_default();
    if !browser.csrf_matches(&app, csrf) || !is_same_origin(&app, &request) {
        return html::no_cookie(&app, &request, &browser);
    }
    let Some(admin) = administrator(&app, &request) else {
        return html::see_other("/admin", Vec::new());
    };
    let sealed = params.optional("offer").unwrap_or_default();
    let Some(offer) = Offer::open(&app, &browser, sealed) else {
        return html::too_old(&app, &request, None);
    };
    let address = respond::address(&request);
    let by = By::administrator(&admin.user.sub, address);
    let is_fresh = admin.session.is_fresh(app.now());
    match register(&app, by, is_fresh, &offer).await {
        Ok(()) => {
            let again = GoOn {
                label: html::page(&app, &request).lang.try_again(),
                href: offer.again,
            };
            html::fixed(&app, &request, again)
        }
        Err(error) => html::error(&app, &request, &error, None),
    }
}

/// All rules of client metadata apply, as in the admin API.
async fn register(
    app: &SharedApp,
    by: By,
    is_fresh: bool,
    offer: &Offer,
) -> Result<(), OAuthError> {
    let (client_id, uri) = (offer.client_id.clone(), offer.redirect_uri.clone());
    app.store
        .write(move |tx| {
            let before = clients::get(tx, &client_id)?;
            let applied = clients::add_redirect_uri(tx, &by, &client_id, &uri)?;
            if danger::of_client(Some(&before), &applied.value)? && !is_fresh {
                let reason =
                    "Changing this client requires your password. Change it in the admin page.";
                return Err(AdminError::Conflict(reason.into()));
            }
            Ok(())
        })
        .await
        .map_err(refusal)
}

fn refusal(error: AdminError) -> OAuthError {
    match error {
        AdminError::Store(error) => error.into(),
        other => OAuthError::new(ErrorCode::InvalidRedirectUri, other.to_string()),
    }
}
