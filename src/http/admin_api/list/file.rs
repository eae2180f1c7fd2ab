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
/// Batches that are read ahead of the download.
const AHEAD: usize = 2;

/// Format of a list in a file.
pub struct Format<T> {
    /// The media type.
    pub kind: &'static str,
    /// Extension of the file name.
    pub ending: &'static str,
    pub begin: &'static str,
    pub between: &'static str,
    pub end: &'static str,
    /// `None`: it cannot be written.
    pub item: fn(&T) -> Option<String>,
}

impl<T: Serialize> Format<T> {
    /// One JSON array, with one item per line.
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
    /// The whole list, in its order, as a file named after the list and the day. It may or may not include changes made
    /// while it is written.
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
        // Errors are reported before the file starts.
        let first = read_page(app, asked.clone(), read.clone()).await?;
        let (send, pieces) = mpsc::channel(AHEAD);
        let (app, kind) = (app.clone(), format.kind);
        rt::spawn(async move {
            if let Err(problem) = write(&app, &asked, &format, first, &send, read).await {
                tracing::error!(%problem, list = self.name, "list export interrupted");
                // The response is cut off with an error, so that it is not mistaken for the whole list.
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
            // A closed channel means that the client has disconnected.
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
