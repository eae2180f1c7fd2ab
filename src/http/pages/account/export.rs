//! `/account/export`: download of the user's data as a file.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web,
};

use super::{Section, failed, person};
use crate::{admin::account, app::App, http::respond};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let person = match person(&app, &request, Section::Profile).await {
        Ok(person) => person,
        Err(page) => return page,
    };
    match app.store.read(|tx| account::export(tx, &person.user.sub)) {
        Ok(export) => {
            let mut answer = respond::no_store(200).json(&export);
            let name = HeaderValue::from_static(r#"attachment; filename="keyfob-account.json""#);
            answer
                .headers_mut()
                .insert(header::CONTENT_DISPOSITION, name);
            answer
        }
        Err(error) => failed(&app, &request, error),
    }
}
