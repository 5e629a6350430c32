//! A program under test: its lines can be waited for, and it can be frozen, thawed, ended and killed.
//!
//! Signals go to the one process that was started here, by its id, and its handle still holds it unreaped,
//! so an id is never another's. Its output goes to `<name>.log` in the test's folder.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::{Scratch, servers};

/// Lines of both outputs, in the order in which they were read.
type Lines = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    id: i32,
    lines: Lines,
    /// How many lines there are, and whether more can come.
    grown: watch::Receiver<usize>,
    /// The line after the last one that a wait has returned.
    seen: usize,
}

impl Process {
    /// Starts `program` with `arguments`; its log is `<name>.log` in `scratch`, continued by a restart.
    pub fn start<A: AsRef<OsStr>>(
        scratch: &Scratch,
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Process> {
        Process::start_with(scratch, name, program, arguments, [])
    }

    /// As [`Process::start`], with variables added to the environment.
    pub fn start_with<A: AsRef<OsStr>>(
        scratch: &Scratch,
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Process> {
        Process::start_in(scratch.path(), name, program, arguments, variables)
    }

    /// As [`Process::start_with`], in a folder that the caller looks after.
    pub fn start_in<A: AsRef<OsStr>>(
        folder: &Path,
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Process> {
        let log = folder.join(format!("{name}.log"));
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .context("cannot open the log")?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).context("a new process has an id")?;
        let lines = Lines::default();
        let (grow, grown) = watch::channel(0);
        let grow = Arc::new(grow);
        // The tasks end with the process's outputs; the sender goes with the second of them.
        if let Some(output) = child.stdout.take() {
            tokio::spawn(read_lines(output, log.try_clone()?, lines.clone(), grow.clone()));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(read_lines(output, log, lines.clone(), grow));
        }
        Ok(Process { name: name.to_owned(), child, id, lines, grown, seen: 0 })
    }

    pub fn id(&self) -> i32 {
        self.id
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next line, after the last one waited for, that contains `part`.
    pub async fn wait_for_line(&mut self, part: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            self.grown.borrow_and_update();
            let lines = self.lines();
            if let Some(at) = lines.iter().skip(self.seen).position(|line| line.contains(part)) {
                let at = self.seen + at;
                self.seen = at + 1;
                return Ok(lines[at].clone());
            }
            match timeout_at(deadline, self.grown.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => bail!("{} ended without a line that contains {part:?}", self.name),
                Err(_) => bail!("{} wrote no line that contains {part:?} within {limit:?}", self.name),
            }
        }
    }

    /// Waits for the end of the process.
    pub async fn wait_exit(&mut self, limit: Duration) -> Result<ExitStatus> {
        tokio::time::timeout(limit, self.child.wait())
            .await
            .with_context(|| format!("{} did not end within {limit:?}", self.name))?
            .with_context(|| format!("cannot wait for {}", self.name))
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Freezes it: connections stay open, clocks go on, nothing answers.
    pub fn pause(&mut self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on after [`Process::pause`].
    pub fn resume(&mut self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Asks it to end.
    pub fn terminate(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub async fn kill(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.wait_exit(Duration::from_secs(10)).await.map(|_| ())
    }

    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if !self.is_running() {
            bail!("{} has ended, so {signal} cannot be sent to it", self.name);
        }
        kill(Pid::from_raw(self.id), signal).with_context(|| format!("cannot send {signal} to {}", self.name))
    }
}

/// The `wissel` program of this build: what cargo says, else the one beside the running test.
pub fn wissel_binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CARGO_BIN_EXE_wissel") {
        return Ok(PathBuf::from(path));
    }
    let test = std::env::current_exe().context("this program's own path is unknown")?;
    let target = servers::target_folder()?;
    test.ancestors()
        .take_while(|folder| folder.starts_with(&target))
        .map(|folder| folder.join("wissel"))
        .find(|path| path.is_file())
        .with_context(|| {
            format!("no program wissel in {}; run `cargo build -p wissel-cli`", target.display())
        })
}

async fn read_lines(
    output: impl AsyncRead + Unpin,
    log: std::fs::File,
    lines: Lines,
    grow: Arc<watch::Sender<usize>>,
) {
    let mut log = tokio::fs::File::from_std(log);
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).await.is_ok_and(|count| count > 0) {
        // A full disk costs the log, not the test: the lines are still waited for.
        let _ = log.write_all(&bytes).await;
        let _ = log.flush().await;
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        grow.send_modify(|count| *count += 1);
        bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);
    const SILENCE: Duration = Duration::from_millis(200);

    fn shell(scratch: &Scratch, script: &str) -> Process {
        Process::start(scratch, "shell", Path::new("/bin/sh"), ["-c", script]).expect("a shell")
    }

    #[tokio::test]
    async fn lines_are_waited_for_in_order_and_end_with_the_process() {
        let scratch = Scratch::new();
        let mut process = shell(&scratch, "echo one; echo two >&2; echo one more; exit 3");
        assert_eq!(process.wait_for_line("one", LIMIT).await.expect("the first"), "one");
        assert_eq!(process.wait_for_line("more", LIMIT).await.expect("the last"), "one more");
        let error = process.wait_for_line("never", LIMIT).await.expect_err("it ended").to_string();
        assert!(error.contains("ended without a line that contains \"never\""), "{error}");
        assert_eq!(process.wait_exit(LIMIT).await.expect("an end").code(), Some(3));
        assert!(process.terminate().is_err(), "an ended process takes no signal");
        assert!(scratch.logs().contains("two"));
    }

    #[tokio::test]
    async fn a_paused_process_says_nothing_until_it_goes_on() {
        let scratch = Scratch::new();
        let mut process = shell(&scratch, "while :; do echo tick; sleep 0.02; done");
        process.wait_for_line("tick", LIMIT).await.expect("it runs");
        process.pause().expect("paused");
        tokio::time::sleep(SILENCE).await;
        let before = process.lines().len();
        tokio::time::sleep(SILENCE).await;
        assert_eq!(process.lines().len(), before);
        process.resume().expect("resumed");
        tokio::time::sleep(SILENCE).await;
        assert!(process.lines().len() > before);
        process.kill().await.expect("killed");
        assert!(!process.is_running());
    }
}
