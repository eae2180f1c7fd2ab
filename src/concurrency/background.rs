//! Background tasks that run as long as the server. None of them must end unnoticed: sessions would not expire, clients
//! would not be notified of sign-outs, and nobody would know.

use std::future::Future;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Background tasks of a server, and the first one that has ended.
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
        // There is no receiver when the server itself stops.
        let _ = self.1.send(self.0);
    }
}

impl Background {
    /// Starts a task that must not end. Call it inside a runtime; the panic hook logs a panic.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let report = Report(name, self.report.clone());
        tokio::spawn(async move {
            let _report = report;
            work.await;
        });
    }

    /// Name of the first task that has ended or panicked.
    pub async fn ended(&mut self) -> &'static str {
        match self.ended.recv().await {
            Some(name) => name,
            // The sender is in the same struct.
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
