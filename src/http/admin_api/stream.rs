//! `/events/stream`: the audit log as it is written, by Server-Sent Events (WHATWG HTML §9.2).
//!
//! One task follows the log for all listeners, and only while there are any: a listener costs memory, no reads. Each
//! listener has its own filter. It ends with the session of the listener.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    http::header,
    rt, web,
};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::sleep,
};

use super::{
    answer::id,
    change::listed,
    events::{Query, filter},
    extract::Params,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::audit::{self, EventView, Filter, Names, Tail},
    app::{App, SharedApp},
    domain::{
        audit::RecordedEvent,
        id::Id,
        time::{Lifetime, UnixSeconds},
    },
    http::respond,
    login::admin_session,
    store::Tx,
};

/// Listeners at a time.
const MOST: usize = 32;
/// Polling interval of the log while there are listeners.
const POLL: Duration = Duration::from_millis(250);
/// Events that are read at a time.
const PAGE: u32 = 500;
/// Maximum backlog of a listener; above that, it is notified that events were left out.
const BEHIND: usize = 1024;
/// After so many looks without an event a comment shows that the connection is there, and finds out
/// whether it is.
const SILENT_LOOKS: u32 = 60;
/// Maximum time for a listener with an access token; then it must connect again with a token.
const TOKEN_SERVED: Lifetime = Lifetime::minutes(5);
/// Missed events that are sent to who comes back.
const MISSED: u32 = 1000;

/// The task that follows the log, and who hears of it. One for all workers.
pub struct Live {
    sender: broadcast::Sender<Heard>,
    is_followed: Mutex<bool>,
    listeners: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Heard {
    Event(Arc<(RecordedEvent, Names)>),
    /// The log was looked at: a moment to look at the time.
    Look,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(BEHIND).0,
            is_followed: Mutex::new(false),
            listeners: Arc::default(),
        }
    }
}

/// A place among the listeners, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(listeners: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(listeners.clone());
        (listeners.fetch_add(1, Ordering::Relaxed) < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub async fn get(
    app: web::Data<App>,
    live: web::Data<Live>,
    request: HttpRequest,
    query: Params<Query>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&query)?;
    let full = || {
        Problem::new(
            503,
            "too_many_listeners",
            "Too many event streams are open. Close one and try again.",
        )
    };
    let place = Place::take(&live.listeners).ok_or_else(full)?;
    let heard = live.sender.subscribe();
    follow(&app, &live).await?;
    // Last event that the browser received before it reconnects (WHATWG HTML §9.2.4).
    let missed = match respond::header_text(&request, "last-event-id") {
        Some(last) => missed(&app, &filter, id(&last)?).await?,
        None => Vec::new(),
    };
    let (lines, body) = mpsc::channel(16);
    let who = Who::of(&app, &admin);
    let listener = Listener {
        app: app.into_inner(),
        filter,
        who,
        lines,
        _place: place,
    };
    rt::spawn(listener.run(missed, heard));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that buffers responses would delay all events.
        .insert_header(("X-Accel-Buffering", "no"))
        .content_type("text/event-stream")
        .body(Lines(body)))
}

async fn missed(
    app: &SharedApp,
    filter: &Filter,
    last: Id,
) -> Result<Vec<(RecordedEvent, Names)>, Problem> {
    let filter = filter.clone();
    listed(app, move |tx| {
        Ok(audit::following(tx, &filter, last, MISSED)?)
    })
    .await
}

/// Starts following the log if it is not followed yet.
async fn follow(app: &SharedApp, live: &web::Data<Live>) -> Result<(), Problem> {
    {
        let mut is_followed = lock(&live.is_followed);
        if *is_followed {
            return Ok(());
        }
        *is_followed = true;
    }
    let started = listed(app, |tx| Ok(Tail::start(tx, Filter::default(), 0)?)).await;
    match started {
        Ok((tail, _)) => {
            rt::spawn(run(app.clone(), live.clone(), tail));
            Ok(())
        }
        Err(problem) => {
            *lock(&live.is_followed) = false;
            Err(problem)
        }
    }
}

fn lock(is_followed: &Mutex<bool>) -> std::sync::MutexGuard<'_, bool> {
    is_followed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows the log until there are no listeners. Each poll is a short read of the newest entries.
async fn run(app: SharedApp, live: web::Data<Live>, mut tail: Tail) {
    loop {
        sleep(POLL).await;
        let read = |tx: &Tx| {
            let found = tail.next_recorded(tx, PAGE)?;
            audit::named(tx, found)
        };
        match app.store.read(read) {
            Ok(found) => {
                // Listeners who have disconnected are skipped.
                for event in found {
                    let _ = live.sender.send(Heard::Event(Arc::new(event)));
                }
            }
            Err(error) => tracing::warn!(%error, "could not follow the audit log"),
        }
        let _ = live.sender.send(Heard::Look);
        let mut is_followed = lock(&live.is_followed);
        if live.sender.receiver_count() == 0 || app.is_stopping() {
            *is_followed = false;
            return;
        }
    }
}

/// A listener, and the time until their access is checked again.
enum Who {
    Session {
        id: Id,
        sub: String,
        until: UnixSeconds,
    },
    Token {
        until: UnixSeconds,
    },
}

impl Who {
    fn of(app: &App, admin: &Admin) -> Self {
        match &admin.signed_in {
            Some(signed_in) => Who::Session {
                id: signed_in.session.id,
                sub: signed_in.user.sub.to_string(),
                until: signed_in.session.alive_until(),
            },
            None => Who::Token {
                until: app.now() + TOKEN_SERVED,
            },
        }
    }

    /// Checks whether the listener can receive more events. Reads the database only after an event about them, after
    /// left-out events, or when their time is up.
    fn may_listen(&mut self, app: &SharedApp, news: &Result<Heard, RecvError>) -> bool {
        match self {
            Who::Token { until } => app.now() < *until,
            Who::Session { id, sub, until } => {
                let may_be_about_them = match news {
                    Ok(Heard::Event(event)) => event.0.subject.as_deref() == Some(sub.as_str()),
                    Ok(Heard::Look) => false,
                    Err(_) => true,
                };
                if app.now() < *until && !may_be_about_them {
                    return true;
                }
                match admin_session::alive_until(app, *id) {
                    Ok(Some(later)) => {
                        *until = later;
                        true
                    }
                    Ok(None) | Err(_) => false,
                }
            }
        }
    }
}

struct Listener {
    app: SharedApp,
    filter: Filter,
    who: Who,
    lines: mpsc::Sender<web::Bytes>,
    _place: Place,
}

impl Listener {
    async fn run(
        mut self,
        missed: Vec<(RecordedEvent, Names)>,
        mut heard: broadcast::Receiver<Heard>,
    ) {
        let sent_up_to = missed.last().map_or(Id::MIN, |(event, _)| event.id);
        let mut text = ": you are listening\n\n".to_owned();
        text.extend(missed.into_iter().map(message));
        let mut silent = 0;
        while self.tell(std::mem::take(&mut text)).await {
            let news = heard.recv().await;
            if self.app.is_stopping() || !self.who.may_listen(&self.app, &news) {
                // The page is notified, so that it does not reconnect by itself.
                self.tell("event: end\ndata:\n\n".into()).await;
                return;
            }
            match news {
                Ok(Heard::Event(event))
                    if self.filter.lets_through(&event.0) && event.0.id > sent_up_to =>
                {
                    text = message(<(RecordedEvent, Names)>::clone(&event));
                    silent = 0;
                }
                Ok(Heard::Event(_)) => {}
                Ok(Heard::Look) if silent == SILENT_LOOKS => {
                    text = ":\n\n".into();
                    silent = 0;
                }
                Ok(Heard::Look) => silent += 1,
                Err(RecvError::Lagged(_)) => text = "event: gap\ndata:\n\n".into(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Whether there are still listeners.
    async fn tell(&self, text: String) -> bool {
        match text.is_empty() {
            true => !self.lines.is_closed(),
            false => self.lines.send(text.into()).await.is_ok(),
        }
    }
}

/// JSON has no line faults of its own, so one `data` line holds it.
fn message((event, names): (RecordedEvent, Names)) -> String {
    let view = EventView::new(event, names);
    match serde_json::to_string(&view) {
        Ok(json) => format!("id: {}\ndata: {json}\n\n", view.id),
        Err(_) => String::new(),
    }
}

/// Collected events, as the body of an endless response.
struct Lines(mpsc::Receiver<web::Bytes>);

impl MessageBody for Lines {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Infallible>>> {
        self.0.poll_recv(context).map(|line| line.map(Ok))
    }
}
