//! Files of commands and settings. A name can be anything: a folder, an endless device, a pipe.

use std::{
    fs::{self, FileType},
    io::{self, ErrorKind, Read},
    path::Path,
};

/// Longest text, in bytes: settings, a secret, certificates.
const LONGEST_TEXT: usize = 4 << 20;

/// Content of a text file, a pipe such as `<(…)` or a terminal. The error does not name the file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    within(read_start(path, LONGEST_TEXT + 1)?)
}

/// The same for stdin.
pub fn read_stdin() -> Result<Vec<u8>, String> {
    within(start_of(io::stdin(), LONGEST_TEXT + 1).map_err(|error| reason(&error))?)
}

/// At most `most` bytes from the start.
pub fn read_start(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let kind = fs::metadata(path)
        .map_err(|error| reason(&error))?
        .file_type();
    if kind.is_dir() {
        return Err(FOLDER.to_owned());
    }
    if !kind.is_file() && !is_stream(kind) {
        return Err(NOT_REGULAR.to_owned());
    }
    fs::File::open(path)
        .and_then(|file| start_of(file, most))
        .map_err(|error| reason(&error))
}

/// At most `most` bytes of stdin.
pub fn read_start_of_stdin(most: usize) -> Result<Vec<u8>, String> {
    start_of(io::stdin(), most).map_err(|error| reason(&error))
}

/// Makes sure that `path` is a seekable file that is not empty.
pub fn require_regular(path: &Path) -> Result<(), String> {
    let file = fs::metadata(path).map_err(|error| reason(&error))?;
    match file.file_type() {
        kind if kind.is_dir() => Err(FOLDER.to_owned()),
        kind if !kind.is_file() => Err(NOT_REGULAR.to_owned()),
        _ if file.len() == 0 => Err("is empty".to_owned()),
        _ => Ok(()),
    }
}

const FOLDER: &str = "is a folder";
const NOT_REGULAR: &str = "is not a regular file";

fn start_of(source: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn within(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match bytes.len() > LONGEST_TEXT {
        true => Err(format!("must be at most {} MB", LONGEST_TEXT >> 20)),
        false => Ok(bytes),
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Pipes, and character devices such as a terminal or `/dev/null`.
#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: FileType) -> bool {
    true
}
