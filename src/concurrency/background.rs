//! Work that goes on for as long as the server does. None of it may end unnoticed: sessions would not expire, clients
//! would not be told of sign-outs, and nobody would know.

use std::future::Future;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The tasks of a server, and which of them has ended.
pub struct Background {
    report: UnboundedSender<&'static str>,
    ended: UnboundedReceiver<&'static str>,
}

impl Default for Background {
    fn default() -> Self {
        let (report, ended) = unbounded_channel();
        Self { report, ended }
    }
}

/// Reports when it is dropped, which a panic does, too.
struct Report(&'static str, UnboundedSender<&'static str>);

impl Drop for Report {
    fn drop(&mut self) {
        // Nobody listens at the end of the server itself.
        let _ = self.1.send(self.0);
    }
}

impl Background {
    /// Starts work that is not to end. Must be called inside a runtime; a panic is in the log by its hook.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let report = Report(name, self.report.clone());
        tokio::spawn(async move {
            let _report = report;
            work.await;
        });
    }

    /// The name of the first task that has ended or panicked.
    pub async fn ended(&mut self) -> &'static str {
        match self.ended.recv().await {
            Some(name) => name,
            // The sender is beside it.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_ends_or_panics_is_reported() {
        let mut background = Background::default();
        background.spawn("goes on", std::future::pending());
        background.spawn("ends", async {});
        assert_eq!(background.ended().await, "ends");
        background.spawn("panics", async { panic!("a test") });
        assert_eq!(background.ended().await, "panics");
    }
}
