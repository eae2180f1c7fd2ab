//! `/users`: list, create, change, delete, sign out everywhere, a link to choose a password.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer, Seen},
    change::{change, hashing},
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, Rows},
    problem::Problem,
};
use crate::{
    admin::{
        AdminError, danger, password_links, sessions,
        users::{self, UserInput, UserView},
    },
    app::{App, SharedApp},
    domain::user::User,
    store::{
        Tx,
        users::{self as stored, Wanted},
    },
};

const LIST: List = List {
    name: "users",
    orders: &["username", "created"],
};

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| page(tx, text.as_deref(), asked);
    LIST.answer(&app, &query, read).await
}

fn page(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<UserView>, AdminError> {
    let by_registration = asked.by == "created";
    let wanted = Wanted {
        text,
        by_registration,
        descending: asked.descending,
        after: asked.after(),
    };
    let found = stored::list(tx, wanted, asked.limit)?;
    let mark = |user: &User| Mark::new(stored::sort_key(user, by_registration), &user.sub);
    found
        .iter()
        .map(|user| Ok((mark(user), users::view(tx, user)?)))
        .collect()
}

pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input: UserInput = answer::read(&body)?;
    admin.require_fresh_if(danger::of_user(&input, None))?;
    let input = hashing(&app, &admin.by, move || input.check(None)).await??;
    let made = change(&app, move |tx| users::create(tx, &admin.by, input)).await?;
    answer::created(&UserView::from(&made.value))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let (_, view) = find(&app, &path)?;
    answer::object(&view)
}

/// RFC 7396: what is given is changed, `null` takes a value out.
pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    let (known, _) = find(&app, &path)?;
    let seen = Seen::of(&request)?;
    let mut members: Map<String, Value> = answer::read(&body)?;
    for (name, value) in members.iter_mut().filter(|(_, value)| value.is_null()) {
        *value = match name.as_str() {
            "claims" => json!({}),
            "teams" => json!([]),
            _ => json!(""),
        };
    }
    let input: UserInput = answer::read(Value::Object(members).to_string().as_bytes())?;
    // Before it is hashed: how long that takes would say whether the password is the one there is.
    admin.require_fresh_if(danger::of_user(&input, Some(&known)))?;
    let sub = known.sub.to_string();
    let input = hashing(&app, &admin.by, move || input.check(Some(&known))).await??;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        seen.is(&users::view(tx, &users::find(tx, &sub)?)?)?;
        Ok(users::update(tx, &admin.by, &sub, input)?)
    })
    .await?;
    let view = app.store.read(|tx| users::view(tx, &changed.value));
    answer::object(&view?)
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    change(&app, move |tx| users::delete(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

/// Ends every session, grant and token of the user.
pub async fn sign_out(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| sessions::revoke_all(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

/// A one-time link on which the user chooses a password. Whoever has it is let in as that user.
pub async fn make_link(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let issuer = app.config.issuer.clone();
    let made = change(&app, move |tx| {
        password_links::make(tx, &admin.by, &path, &issuer)
    });
    answer::created(&made.await?.value)
}

/// Takes the link back.
pub async fn withdraw_link(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| {
        password_links::withdraw(tx, &admin.by, &path)
    })
    .await?;
    Ok(answer::no_content())
}

/// The user, and how they are shown.
fn find(app: &SharedApp, name: &str) -> Result<(User, UserView), Problem> {
    let found = app.store.read(|tx| {
        let user = users::find(tx, name)?;
        let view = users::view(tx, &user)?;
        Ok::<_, AdminError>((user, view))
    });
    Ok(found?)
}
