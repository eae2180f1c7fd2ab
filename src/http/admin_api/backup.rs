//! `/backup`: downloading and restoring backups, and the scheduled ones.

use std::{fs, path::PathBuf};

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer},
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::backup,
    app::{
        App, SharedApp,
        backups::{self, BackupFile, Last, Wanted},
    },
    domain::time::Lifetime,
    http::{
        file_body::{self, FileBody},
        tls::Shown,
    },
    store::{
        BackupError, StoreError,
        backup::{self as files, Contents},
    },
};

/// Maximum size of an upload, in bytes.
const LARGEST: u64 = 16 << 30;

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            error => Self::new(422, "no_backup", error.to_string()),
        }
    }
}

/// Lists the backups, with the errors of the last attempts.
pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    let folder = app.live().backup_folder.clone();
    let server = app.clone();
    let found = blocking(move || {
        let database = server.store.path();
        let list = |folder: &PathBuf| {
            backups::list(folder).map_err(|error| BackupError::file(folder, &error))
        };
        let made = folder.as_ref().map(list).transpose()?.unwrap_or_default();
        let bytes = fs::metadata(database)
            .map_err(|error| BackupError::file(database, &error))?
            .len();
        Ok((made, server.backups.uploaded(database), bytes))
    });
    let (made, uploaded, bytes) = found.await?;
    let (uploaded, upload_error) = match uploaded {
        Some(Ok(contents)) => (Some(contents), None),
        Some(Err(reason)) => (None, Some(reason)),
        None => (None, None),
    };
    let live = app.live();
    answer::json(&Backups {
        database_bytes: bytes,
        folder: live.backup_folder.clone(),
        every: live.backup_interval,
        keep: live.backup_retention,
        items: made,
        uploaded,
        upload_error,
        last: app.backups.last(),
    })
}

/// Available backups.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminBackups")]
pub struct Backups {
    database_bytes: u64,
    folder: Option<PathBuf>,
    /// Seconds between scheduled backups.
    every: Lifetime,
    /// Number of scheduled backups that are kept.
    keep: usize,
    items: Vec<BackupFile>,
    uploaded: Option<Contents>,
    /// Reason why the uploaded file cannot be restored.
    upload_error: Option<String>,
    last: Last,
}

/// Restore in progress.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Restoring {
    restoring: Contents,
}

/// Downloads a copy of the current database.
pub async fn download(app: web::Data<App>, admin: Admin) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    let name = backups::name_at(app.now());
    let file = blocking(move || {
        // Only the open file remains; it is gone after it is sent.
        let target = HalfDone(backups::download_path(app.store.path(), app.new_id()));
        backup::back_up(&app.store, &admin.by, &target.0)?;
        fs::File::open(&target.0).map_err(|error| BackupError::file(&target.0, &error))
    });
    sent(file.await?, name)
}

/// Downloads a scheduled backup.
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

/// Path of a backup in the folder.
fn made(app: &SharedApp, name: &str) -> Result<PathBuf, Problem> {
    let nothing = || Problem::not_found("Backup not found.");
    let folder = app.live().backup_folder.clone().ok_or_else(nothing)?;
    backups::made_at(name).ok_or_else(nothing)?;
    let path = folder.join(name);
    path.is_file().then_some(path).ok_or_else(nothing)
}

fn sent(file: fs::File, name: String) -> Result<HttpResponse, Problem> {
    let body = FileBody::of(file).map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .content_type("application/vnd.sqlite3")
        .body(body))
}

/// File that is deleted when the work on it ends, in any way.
struct HalfDone(PathBuf);

impl Drop for HalfDone {
    fn drop(&mut self) {
        files::remove(&self.0);
    }
}

/// Receives a backup and checks it; nothing else changes.
pub async fn upload(app: web::Data<App>, body: web::Payload, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let target = HalfDone(backups::uploading_path(app.store.path(), app.new_id()));
    let (target, file) = blocking(move || {
        let file = files::create_private(&target.0)?;
        Ok((target, file))
    })
    .await?;
    file_body::take(body, file, LARGEST)
        .await
        .map_err(|error| Problem::invalid("file", error.to_string()))?;
    let looked = blocking(move || app.backups.take_in(&target.0, app.store.path()));
    answer::created(&looked.await?)
}

/// Deletes the uploaded backup.
pub async fn forget(app: web::Data<App>, _admin: Admin) -> Result<HttpResponse, Problem> {
    app.backups.forget_uploaded(app.store.path());
    Ok(answer::no_content())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Restore {
    /// Name of a scheduled backup; default: the uploaded file.
    #[serde(default)]
    name: Option<String>,
    /// Sign everyone out.
    #[serde(default)]
    sign_out_all: bool,
}

/// Restarts the server with the backup. The response is sent first.
pub async fn restore(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let wish: Restore = answer::read(&body)?;
    // The server reads them again after the restart, and would not start without them.
    if let Some(files) = app.config.tls() {
        Shown::load(&files).map_err(|error| Problem::new(422, "tls", error.to_string()))?;
    }
    let source = match &wish.name {
        Some(name) => made(&app, name)?,
        None => backups::upload_path(app.store.path()),
    };
    let looked = source.clone();
    let contents = blocking(move || files::inspect(&looked)).await?;
    app.backups.restore(Wanted {
        source,
        sign_out_all: wish.sign_out_all,
        actor: admin.by.actor().to_owned(),
        address: admin.by.address(),
    });
    answer::accepted(&Restoring {
        restoring: contents,
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Problem> {
    let done = web::block(work).await;
    Ok(done.map_err(|error| StoreError::Internal(error.to_string()))??)
}
