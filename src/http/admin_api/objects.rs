//! Routes for every kind of managed object: list, create, get, patch, delete, restore. Routes that only one kind has
//! are in a file of that kind.

use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, web};
use serde_json::{Map, Value};

use super::{
    answer::{self, Answer, Seen},
    at::{Nothing, at},
    change::{change, hashing},
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, ListQuery, Page},
    problem::Problem,
};
use crate::{
    admin::{
        AdminError, deletion, merge_patch,
        object::{self, Act, Managed},
    },
    app::{App, SharedApp},
    http::{
        endpoint::Endpoint,
        openapi::{
            admin_operation::admin,
            operation::Operation,
            schemas::{self, Shape},
        },
    },
    store::Tx,
};

/// Routes for the objects of one kind.
pub fn endpoints<M: Managed>() -> Vec<Endpoint> {
    endpoints_with::<M, _, _>(list::<M>, Shapes::of::<M>())
}

/// Handlers of a kind.
pub struct Shapes {
    pub listed: Shape,
    pub made: Shape,
}

impl Shapes {
    fn of<M: Managed>() -> Self {
        Self {
            listed: schemas::answer::<Page<M::View>>,
            made: schemas::answer::<M::View>,
        }
    }
}

/// The same, with another list handler.
pub fn endpoints_with<M, F, Args>(list: F, shapes: Shapes) -> Vec<Endpoint>
where
    M: Managed,
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let path = M::KIND.path();
    let one = format!("{path}/{{{}}}", M::NAME);
    let (noun, a_noun) = (M::KIND.noun(), M::KIND.with_article());
    let all = at(&path)
        .get(
            list,
            admin(format!("List {noun}s"))
                .searched()
                .listed(&M::LIST)
                .gives_shape(shapes.listed),
        )
        .post(
            create::<M>,
            act::<M>(Act::Create, format!("Create {a_noun}"))
                .json_body_with::<M::Input>(M::DESCRIBED.required)
                .makes_shape(shapes.made),
        );
    let object = at(&one)
        .get(get::<M>, admin(format!("Get {a_noun}")).gives::<M::View>())
        .patch(
            patch::<M>,
            act::<M>(Act::Update, format!("Update {a_noun}"))
                .if_match()
                .json_body::<M::Input>()
                .gives::<M::View>(),
        )
        .delete(
            delete::<M>,
            act::<M>(Act::Delete, format!("Delete {a_noun}"))
                .if_match_if_any()
                .does(),
        );
    let archived = at(&format!("{one}/restore")).post(
        restore::<M>,
        act::<M>(
            Act::Restore,
            format!("Restore a deleted {noun}, within 30 days"),
        )
        .json_body::<Nothing>()
        .gives::<M::View>(),
    );
    vec![all, object, archived]
}

/// Operation of a verb, with the texts of the kind.
fn act<M: Managed>(act: Act, summary: String) -> Operation {
    let operation = admin(summary + M::DESCRIBED.summary(act));
    match M::DESCRIBED.recent_auth(act) {
        Some(condition) => operation.fresh_if(condition),
        None => operation,
    }
}

pub async fn list<M: Managed>(
    app: web::Data<App>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| M::list(tx, text.as_deref(), asked);
    M::LIST.answer(&app, &query, read).await
}

async fn create<M: Managed>(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input: M::Input = answer::read(&body)?;
    admin.require_fresh_if(M::needs_recent_auth(Act::Create, Some(&input), None))?;
    let input = checked::<M>(&app, &admin, input, None).await?;
    let made = change(&app, move |tx| -> Result<_, Problem> {
        let made = object::create::<M>(tx, &admin.by, input)?;
        admin.require_fresh_if(made.value.is_dangerous(tx, None)?)?;
        Ok(made)
    })
    .await?;
    answer::created(&made.value.made(made.secret.as_ref())?)
}

async fn get<M: Managed>(app: web::Data<App>, name: web::Path<String>, _admin: Admin) -> Answer {
    let view = app.store.read(|tx| object::get::<M>(tx, &name)?.view(tx));
    answer::object(&view?)
}

/// RFC 7396: what is given is changed, `null` gives a member its default.
async fn patch<M: Managed>(
    app: web::Data<App>,
    request: HttpRequest,
    name: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    let known = app.store.read(|tx| object::get::<M>(tx, &name))?;
    let seen = Seen::of(&request)?;
    let patch: Map<String, Value> = answer::read(&body)?;
    let read = |members: Value| answer::read(members.to_string().as_bytes());
    let input = merge_patch::resolve::<M, Problem>(patch, &known, read)?;
    // Before hashing, whose duration would show whether the password is the current one.
    admin.require_fresh_if(M::needs_recent_auth(
        Act::Update,
        Some(&input),
        Some(&known),
    ))?;
    let name = known.name().to_owned();
    let input = checked(&app, &admin, input, Some(known)).await?;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        let before = object::get::<M>(tx, &name)?;
        seen.is(&before.view(tx)?)?;
        let changed = object::update::<M>(tx, &admin.by, &name, input)?;
        admin.require_fresh_if(changed.value.is_dangerous(tx, Some(&before))?)?;
        Ok(changed)
    })
    .await?;
    let view = app.store.read(|tx| changed.value.view(tx));
    answer::object(&view?)
}

async fn delete<M: Managed>(
    app: web::Data<App>,
    request: HttpRequest,
    name: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    admin.require_fresh_if(M::needs_recent_auth(Act::Delete, None, None))?;
    let seen = Seen::if_any(&request);
    change(&app, move |tx| -> Result<_, Problem> {
        if let Some(seen) = seen {
            seen.is(&object::get::<M>(tx, &name)?.view(tx)?)?;
        }
        Ok(deletion::delete::<M>(tx, &admin.by, &name)?)
    })
    .await?;
    Ok(answer::no_content())
}

async fn restore<M: Managed>(app: web::Data<App>, name: web::Path<String>, admin: Admin) -> Answer {
    admin.require_fresh_if(M::needs_recent_auth(Act::Restore, None, None))?;
    let restored = change(&app, move |tx| -> Result<_, Problem> {
        let restored = deletion::restore::<M>(tx, &admin.by, &name)?;
        admin.require_fresh_if(restored.value.is_dangerous(tx, None)?)?;
        Ok(restored)
    });
    answer::object(&restored.await?.value.shown())
}

async fn checked<M: Managed>(
    app: &SharedApp,
    admin: &Admin,
    input: M::Input,
    known: Option<M>,
) -> Result<M::Checked, Problem> {
    let check = move || M::check(input, known.as_ref());
    Ok(match M::HASHES {
        true => hashing(app, &admin.by, check).await??,
        false => check().map_err(|error: AdminError| error)?,
    })
}
