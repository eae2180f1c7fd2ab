//! `/backup`: a copy of the database to take away, one to put in its place, and those the server makes.

use std::{fs, path::PathBuf};

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{self, Answer},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::backup,
    app::{
        App, SharedApp,
        backups::{self, Wanted},
    },
    http::file_body::{self, FileBody},
    store::{BackupError, StoreError, backup as files},
};

/// Largest upload, in bytes.
const LARGEST: u64 = 16 << 30;

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            error => Self::new(422, "no_backup", error.to_string()),
        }
    }
}

/// What there is, and what became of the last attempts.
pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    let folder = app.live().backup_folder.clone();
    let uploaded = backups::upload_path(app.store.path());
    let database = app.store.path().to_owned();
    let found = blocking(move || {
        let list = |folder: &PathBuf| {
            backups::list(folder).map_err(|error| BackupError::file(folder, &error))
        };
        let made = folder.as_ref().map(list).transpose()?.unwrap_or_default();
        let uploaded = uploaded.exists().then(|| files::inspect(&uploaded));
        let bytes = fs::metadata(&database)
            .map_err(|error| BackupError::file(&database, &error))?
            .len();
        Ok((made, uploaded.transpose()?, bytes))
    });
    let (made, uploaded, bytes) = found.await?;
    answer::json(&json!({
        "database_bytes": bytes,
        "folder": app.live().backup_folder,
        "every": app.live().backup_every.0,
        "keep": app.live().backup_keep,
        "items": made,
        "uploaded": uploaded,
        "last": app.backups.last(),
    }))
}

/// A copy as of now.
pub async fn download(app: web::Data<App>, admin: Admin) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    let name = backups::name_at(app.now());
    let target = app
        .store
        .path()
        .with_extension(format!("download-{}", app.new_id()));
    let store = app.store.clone();
    let file = blocking(move || {
        backup::back_up(&store, &admin.by, &target)?;
        let file = fs::File::open(&target);
        // The open file is all that is left of it, and goes when it has been sent.
        files::remove(&target);
        file.map_err(|error| BackupError::file(&target, &error))
    });
    sent(file.await?, name)
}

/// One that the server has made.
pub async fn file(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    let name = path.into_inner();
    let path = made(&app, &name)?;
    let event = admin.by.took_away(&name);
    app.audit(event).await?;
    let file =
        blocking(move || fs::File::open(&path).map_err(|error| BackupError::file(&path, &error)));
    sent(file.await?, name)
}

/// The path of a backup in the folder.
fn made(app: &SharedApp, name: &str) -> Result<PathBuf, Problem> {
    let nothing = || Problem::not_found("there is no backup of this name");
    let folder = app.live().backup_folder.clone().ok_or_else(nothing)?;
    backups::made_at(name).ok_or_else(nothing)?;
    let path = folder.join(name);
    path.is_file().then_some(path).ok_or_else(nothing)
}

fn sent(file: fs::File, name: String) -> Result<HttpResponse, Problem> {
    let body = FileBody::of(file).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .content_type("application/vnd.sqlite3")
        .body(body))
}

/// Takes a backup in and looks through it; nothing else changes.
pub async fn upload(app: web::Data<App>, body: web::Payload, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let path = backups::upload_path(app.store.path());
    let target = path.clone();
    let file = blocking(move || files::create_private(&target)).await?;
    let looked = match file_body::take(body, file, LARGEST).await {
        Ok(_) => {
            let path = path.clone();
            blocking(move || files::inspect(&path)).await
        }
        Err(error) => Err(Problem::invalid("file", error.to_string())),
    };
    match looked {
        Ok(contents) => answer::created(&contents),
        Err(problem) => {
            files::remove(&path);
            Err(problem)
        }
    }
}

/// Forgets what was taken in.
pub async fn forget(app: web::Data<App>, _admin: Admin) -> Result<HttpResponse, Problem> {
    files::remove(&backups::upload_path(app.store.path()));
    Ok(answer::no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restore {
    /// One that the server has made; what was uploaded, if absent.
    #[serde(default)]
    name: Option<String>,
    /// Let everybody sign in anew.
    #[serde(default)]
    end_sessions: bool,
}

/// Has the server begin again with the backup. The answer comes before it does.
pub async fn restore(app: web::Data<App>, body: web::Bytes, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let wish: Restore = answer::read(&body)?;
    let source = match &wish.name {
        Some(name) => made(&app, name)?,
        None => backups::upload_path(app.store.path()),
    };
    let looked = source.clone();
    let contents = blocking(move || files::inspect(&looked)).await?;
    app.backups.restore(Wanted {
        source,
        end_sessions: wish.end_sessions,
        actor: admin.by.actor().to_owned(),
        address: admin.by.address().map(str::to_owned),
    });
    let answer: Value = json!({ "restoring": contents });
    answer::accepted(&answer)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Problem> {
    let done = web::block(work).await;
    Ok(done.map_err(|error| StoreError::Failed(error.to_string()))??)
}
