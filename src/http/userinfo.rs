//! `GET` and `POST /api/v1/oauth/userinfo`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        caller::{caller, renewed},
        respond,
    },
    oauth::userinfo,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let caller = match caller(&app, &request).await {
        Ok(caller) => caller,
        Err(refused) => return respond::unauthenticated(&refused),
    };
    let answer = match userinfo::userinfo(&app, &caller.claims) {
        Ok(answer) => respond::no_store(200).json(answer),
        Err(error) => respond::caller_refusal(caller.scheme, &error),
    };
    renewed(&app, &caller, answer).await
}
