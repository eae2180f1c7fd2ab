//! `/overview`: the first page.

use actix_web::web;

use super::{
    answer::{self, Answer},
    change::listed,
    guard::Admin,
};
use crate::{admin::overview, app::App};

pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    let unwritten = app.counters.unwritten().await;
    let reading = app.clone();
    let read = listed(&app, move |tx| {
        Ok(overview::read(&reading, tx, &unwritten)?)
    });
    answer::json(&read.await?)
}
