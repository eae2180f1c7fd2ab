//! A whole list as a file, read batch by batch as fast as it is taken.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    rt,
    web::Bytes,
};
use serde::Serialize;
use tokio::sync::mpsc::{self, Sender};

use super::{Asked, List, ListQuery, Mark, Rows, read_page};
use crate::{
    admin::AdminError,
    app::SharedApp,
    http::admin_api::{answer::Answer, problem::Problem},
    store::Tx,
};

/// Items that are read at a time.
const BATCH: u32 = 500;
/// Batches that are read ahead of whoever takes the file.
const AHEAD: usize = 2;

/// How a list is written into a file.
pub struct Format<T> {
    /// The media type.
    pub kind: &'static str,
    /// The end of its name.
    pub ending: &'static str,
    pub begin: &'static str,
    pub between: &'static str,
    pub end: &'static str,
    /// `None`: it cannot be written.
    pub item: fn(&T) -> Option<String>,
}

impl<T: Serialize> Format<T> {
    /// One array, an item a line.
    pub const JSON: Self = Self {
        kind: "application/json",
        ending: "json",
        begin: "[\n",
        between: ",\n",
        end: "\n]\n",
        item: |item| serde_json::to_string(item).ok(),
    };
}

impl List {
    /// All of the list, in its order, as a file named after it and the day. What is changed while it is
    /// written may be in it or not.
    pub async fn file<T: Send + 'static>(
        self,
        app: &SharedApp,
        query: &ListQuery,
        format: Format<T>,
        read: impl Fn(&Tx, &Asked) -> Result<Rows<T>, AdminError> + Clone + Send + 'static,
    ) -> Answer {
        let asked = Asked {
            limit: BATCH + 1,
            after: None,
            ..self.asked(query)?
        };
        let now = app.now().rfc3339();
        let day = now.split('T').next().unwrap_or_default();
        let name = format!("{}-{day}.{}", self.name, format.ending);
        // What is refused is refused before the file begins.
        let first = read_page(app, asked.clone(), read.clone()).await?;
        let (send, pieces) = mpsc::channel(AHEAD);
        let (app, kind) = (app.clone(), format.kind);
        rt::spawn(async move {
            if let Err(problem) = write(&app, &asked, &format, first, &send, read).await {
                tracing::error!(%problem, list = self.name, "list export interrupted");
                // The answer faults off, so that nobody takes it for the whole.
                let _ = send.send(Err(io::Error::other("interrupted"))).await;
            }
        });
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(ContentDisposition {
                disposition: DispositionType::Attachment,
                parameters: vec![DispositionParam::Filename(name)],
            })
            .content_type(kind)
            .body(Pieces(pieces)))
    }
}

async fn write<T: Send + 'static>(
    app: &SharedApp,
    asked: &Asked,
    format: &Format<T>,
    first: (Vec<T>, Option<Mark>),
    send: &Sender<io::Result<Bytes>>,
    read: impl Fn(&Tx, &Asked) -> Result<Rows<T>, AdminError> + Clone + Send + 'static,
) -> Result<(), Problem> {
    let (mut items, mut last) = first;
    let (mut text, mut before) = (format.begin.to_owned(), "");
    loop {
        for item in &items {
            let item = (format.item)(item);
            text.push_str(before);
            text.push_str(&item.ok_or_else(|| Problem::new(500, "failed", "an item has no text"))?);
            before = format.between;
        }
        let Some(mark) = last else {
            text.push_str(format.end);
            // Whoever does not listen any more has gone away.
            let _ = send.send(Ok(text.into())).await;
            return Ok(());
        };
        if send
            .send(Ok(std::mem::take(&mut text).into()))
            .await
            .is_err()
        {
            return Ok(());
        }
        let next = Asked {
            after: Some(mark),
            ..asked.clone()
        };
        (items, last) = read_page(app, next, read.clone()).await?;
    }
}

/// The pieces of a file.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl MessageBody for Pieces {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_recv(context)
    }
}
