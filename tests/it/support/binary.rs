//! The program itself, run in a folder of its own.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

use serde_json::Value;

/// A folder in which commands are run. Removed when dropped.
pub struct Folder(tempfile::TempDir);

/// What a command that has ended left behind.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of what is in the folder, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program with these arguments, in this folder, without the variables of whoever runs the tests.
    pub fn command(&self, args: &[&str]) -> Command {
        keyfob(self.0.path(), args)
    }

    /// The same, started by a shell that limits it first, as in `ulimit -n 64`.
    pub fn limited(&self, limit: &str, args: &[&str]) -> Command {
        let limited = self.command(args);
        let mut command = Command::new("sh");
        let script = format!("{limit}; exec \"$0\" \"$@\"");
        command
            .args(["-c", &script])
            .arg(limited.get_program())
            .args(limited.get_args())
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in limited.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        ended(&mut self.command(args))
    }

    /// Starts a server on a free port and waits until it is ready.
    pub fn serve(&self, args: &[&str]) -> Running {
        let mut all = vec!["serve", "--listen", "localhost:0", "--log-format", "json"];
        all.extend(args);
        Running::start(&mut self.command(&all))
    }
}

fn keyfob(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfob"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KEYFOB_") {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end. One that does not end within a minute is stopped and fails its test.
pub fn ended(command: &mut Command) -> Ended {
    let child = command.spawn().unwrap();
    let (pid, (has_ended, until_ended)) = (child.id(), std::sync::mpsc::channel::<()>());
    let watch = std::thread::spawn(move || {
        let in_time = until_ended
            .recv_timeout(std::time::Duration::from_mins(1))
            .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Disconnected);
        if !in_time {
            kill("KILL", pid);
        }
        in_time
    });
    let output = child.wait_with_output().unwrap();
    drop(has_ended);
    assert!(watch.join().unwrap(), "{command:?} did not end");
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn kill(signal: &str, pid: u32) {
    let kill = format!("kill -{signal} {pid}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success());
}

/// A server in a process of its own, which logs JSON. Killed when dropped.
pub struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What it has logged so far.
    pub log: Vec<Value>,
    pub url: String,
}

impl Running {
    /// Reads the log up to the line that says that the server is ready.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut running = Self {
            child,
            stderr,
            log: Vec::new(),
            url: String::new(),
        };
        let ready = running.wait_for("ready");
        let addresses = ready["fields"]["addresses"].as_str().unwrap();
        running.url = format!("http://{}", addresses.split(',').next().unwrap());
        running
    }

    /// Reads the log up to the first line with this message.
    pub fn wait_for(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "ended before {message:?}: {:?}", self.log);
            let entry: Value = serde_json::from_str(&line)
                .unwrap_or_else(|_| panic!("no JSON in the log: {line}"));
            self.log.push(entry.clone());
            if entry["fields"]["message"] == message {
                return entry;
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        kill(name, self.pid());
    }

    /// The rest of the log, and how it ended.
    pub fn wait(mut self) -> (ExitStatus, Vec<Value>) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        let rest = rest.lines().map(|line| {
            serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.to_owned()))
        });
        self.log.extend(rest);
        (status, std::mem::take(&mut self.log))
    }

    pub fn stop(self) -> (ExitStatus, Vec<Value>) {
        self.signal("TERM");
        self.wait()
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let request = agent().get(format!("{}{path}", self.url));
        status_and_text(request.call().unwrap())
    }

    /// A form post by a client with a secret.
    pub fn form(
        &self,
        path: &str,
        (client_id, secret): (&str, &str),
        fields: &[(&str, &str)],
    ) -> (u16, String) {
        let basic = keyfob::crypto::hash::base64(format!("{client_id}:{secret}").as_bytes());
        let request = agent()
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Basic {basic}"));
        status_and_text(request.send_form(fields.iter().copied()).unwrap())
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.build().into()
}

fn status_and_text(mut answer: ureq::http::Response<ureq::Body>) -> (u16, String) {
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
