//! File descriptors, whose number per process is limited.

use std::{fs::File, io, path::Path};

/// Text of `/readyz` and the log when there are none left.
pub const NONE_FREE: &str =
    "no free file descriptor; raise the limit on open files (LimitNOFILE, ulimit -n)";

/// EMFILE of this process and ENFILE of the system, the same on every Unix.
const NONE_LEFT: [i32; 2] = [24, 23];

/// Whether one more file or socket can be opened now. Distinguishes a lack of descriptors from other failures, for
/// which SQLite, name resolution and TLS have the same error.
pub fn is_one_free() -> bool {
    !cfg!(unix) || !File::open(Path::new("/dev/null")).is_err_and(|error| is_lack(&error))
}

fn is_lack(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|code| NONE_LEFT.contains(&code))
}
