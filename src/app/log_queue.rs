//! Lines of the log on their way to stderr.
//!
//! A thread of its own writes them, so that a full disk, a closed pipe or a reader that has stopped reading only delays
//! the log: no request or write waits for it or fails because of it. Lines that cannot be queued or written are
//! counted, and the log reports their number when it can be written again.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Bytes that wait at most. A log that is not read loses what comes after.
const CAPACITY: usize = 1 << 20;
/// Time that the process waits for pending lines before it exits.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

static QUEUE: LazyLock<LogQueue> = LazyLock::new(LogQueue::default);
/// Writer thread, or the reason why there is none.
static WRITING: OnceLock<Result<(), String>> = OnceLock::new();

/// Sending end: each `write` is one line.
#[derive(Clone, Copy, Debug)]
pub struct LogWriter;

impl LogWriter {
    /// Starts the thread that writes to stderr, once a process. Without it nothing waits for lines to be written.
    pub fn start() -> Result<Self, String> {
        let started = WRITING.get_or_init(|| {
            let write = || QUEUE.write_to(&mut io::stderr(), report_lost);
            let thread = std::thread::Builder::new().name("keyfob-log".into());
            let started = thread.spawn(write).map(drop);
            started.map_err(|error| format!("Could not start the log thread: {error}"))
        });
        started.clone().map(|()| Self)
    }
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        QUEUE.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines lost since the start of the process.
pub fn lost() -> u64 {
    QUEUE.lost.load(Ordering::Relaxed)
}

/// Writes plain text to the output of the log, in order with its lines if there is a log, since a thread that writes to
/// a full pipe holds the lock of stderr.
pub fn print(text: &str) {
    let written = if matches!(WRITING.get(), Some(Ok(()))) {
        LogWriter.write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    };
    if written.is_err() {
        QUEUE.lost.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until everything is written, or for a second. Call it before the process exits.
pub fn flush() {
    if matches!(WRITING.get(), Some(Ok(()))) {
        QUEUE.wait_until_written();
    }
}

fn report_lost(lines: u64) {
    tracing::warn!(lines, "log lines lost; the log could not be written");
}

#[derive(Default)]
struct LogQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<Vec<u8>>,
    bytes: usize,
    /// Whether the writer thread is writing lines that are no longer in `lines`.
    writing: bool,
}

impl LogQueue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.bytes + line.len() > CAPACITY {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push(line.to_owned());
        drop(waiting);
        self.changed.notify_all();
    }

    fn take(&self) -> Vec<Vec<u8>> {
        let mut waiting = self.lock();
        waiting.writing = false;
        self.changed.notify_all();
        while waiting.lines.is_empty() {
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting.writing = true;
        waiting.bytes = 0;
        mem::take(&mut waiting.lines)
    }

    fn wait_until_written(&self) {
        let unwritten = |waiting: &mut Waiting| waiting.writing || !waiting.lines.is_empty();
        // Lines that could not be written in time are lost with the process.
        drop(
            self.changed
                .wait_timeout_while(self.lock(), FLUSH_PATIENCE, unwritten)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Writes queued lines, endlessly. `report` gets the number of lost lines when a line after them is written.
    fn write_to(&self, target: &mut impl Write, report: impl Fn(u64)) {
        let mut output = Output::default();
        let mut reported = 0;
        loop {
            for line in self.take() {
                if !output.write(target, &line) {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let lost = self.lost.load(Ordering::Relaxed);
                if lost > reported {
                    report(lost - reported);
                    reported = lost;
                }
            }
        }
    }
}

/// End of the output, which can be within a line after a failure.
#[derive(Default)]
struct Output {
    within_line: bool,
}

impl Output {
    /// Whether the whole line was written.
    fn write(&mut self, target: &mut impl Write, line: &[u8]) -> bool {
        if mem::take(&mut self.within_line) && !self.put(target, b"\n") {
            self.within_line = true;
            return false;
        }
        self.put(target, line)
    }

    fn put(&mut self, target: &mut impl Write, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match target.write(bytes) {
                Ok(written) if written > 0 => {
                    bytes = bytes.get(written..).unwrap_or_default();
                    self.within_line = !bytes.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so many bytes of room.
    struct Disk {
        room: usize,
        written: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let written = bytes.len().min(self.room);
            if written == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= written;
            self.written.extend(&bytes[..written]);
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_off_by_a_full_disk_is_ended_before_the_next_one() {
        let mut disk = Disk {
            room: 9,
            written: Vec::new(),
        };
        let mut output = Output::default();
        assert!(output.write(&mut disk, b"first\n"));
        assert!(!output.write(&mut disk, b"second\n"));
        assert!(!output.write(&mut disk, b"third\n"));
        disk.room = 100;
        assert!(output.write(&mut disk, b"fourth\n"));
        assert_eq!(disk.written, b"first\nsec\nfourth\n");
    }

    #[test]
    fn a_queue_that_nobody_empties_keeps_a_bounded_number_of_bytes_and_counts_the_rest() {
        let queue = LogQueue::default();
        let line = [b'x'; 1024];
        for _ in 0..CAPACITY / line.len() + 5 {
            queue.push(&line);
        }
        assert_eq!(queue.lock().bytes, CAPACITY);
        assert_eq!(queue.lost.load(Ordering::Relaxed), 5);
        assert_eq!(queue.take().len(), CAPACITY / line.len());
    }
}
