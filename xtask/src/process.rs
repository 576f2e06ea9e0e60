//! Child processes, each in its own process group, so that its descendants end with it.

use std::{
    env,
    io::{self, IsTerminal, Read, stdin},
    os::unix::process::CommandExt,
    process::{Command, ExitStatus, Output, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, killpg},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};

/// How long a child may take to close its files after SIGTERM.
const GRACE: Duration = Duration::from_secs(8);
const POLL: Duration = Duration::from_millis(20);
/// The exit code of a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static STOPPING: AtomicBool = AtomicBool::new(false);
static SERVING: AtomicBool = AtomicBool::new(false);

/// Removes the variables in which `cargo run` describes this package. The build script of ring reads some of them, so a Cargo
/// that inherits them compiles ring again, and so does the next Cargo without them.
fn forget_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
}

/// A running child; dropping it ends its whole group.
#[derive(Debug)]
pub struct Running {
    pub name: &'static str,
    pub child: std::process::Child,
    group: Pid,
}

impl Running {
    /// Starts a command that reads nothing from the terminal.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        Self::start_with(name, command.stdin(Stdio::null()))
    }

    /// Starts a command whose standard input closes when this process ends, even by SIGKILL.
    pub fn start_tied(name: &'static str, command: &mut Command) -> Result<Self> {
        Self::start_with(name, command.stdin(Stdio::piped()))
    }

    fn start_with(name: &'static str, command: &mut Command) -> Result<Self> {
        // Held during the start, so that a signal cannot arrive between the start of a child and its registration.
        let mut groups = GROUPS.lock().expect("no holder panics");
        let program = command.get_program().to_owned();
        forget_package(command);
        let child = command.process_group(0).spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let group = Pid::from_raw(child.id().try_into().context("process ids fit i32")?);
        groups.push(group);
        Ok(Running { name, child, group })
    }

    /// Returns the exit status, `None` while the child runs.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&[self.group]);
        if let Ok(mut groups) = GROUPS.lock() {
            groups.retain(|group| *group != self.group);
        }
    }
}

/// Runs a command to its end; fails, naming the command, unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let mut running = Running::start("", command)?;
    let status = running.child.wait()?;
    wait_if_stopping();
    if !status.success() {
        let program = command.get_program().display();
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        bail!("`{program} {}` failed ({status})", arguments.join(" "));
    }
    Ok(())
}

/// Runs a command to its end and returns what it wrote to standard output.
pub fn output(command: &mut Command) -> Result<Output> {
    let mut running = Running::start("", command.stdout(Stdio::piped()))?;
    let mut stdout = Vec::new();
    running.child.stdout.take().context("standard output is a pipe")?.read_to_end(&mut stdout)?;
    let status = running.child.wait()?;
    wait_if_stopping();
    Ok(Output { status, stdout, stderr: Vec::new() })
}

/// A command that runs beside others; what it prints is kept until its end.
pub struct Gathered {
    running: Running,
    reader: JoinHandle<io::Result<String>>,
}

impl Gathered {
    /// Starts a command with both its outputs in one pipe.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let (mut reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let running = Running::start(name, command)?;
        // Closes this process's ends of the pipe: reading ends when no process can write.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        });
        Ok(Gathered { running, reader })
    }

    /// Waits for the end; returns what the command printed, and an error that names it unless it succeeded.
    pub fn wait(self) -> Result<(String, Result<()>)> {
        let Gathered { mut running, reader } = self;
        let (name, status) = (running.name, running.child.wait()?);
        // Ends descendants that would keep the pipe open.
        drop(running);
        let output = reader.join().expect("reading does not panic")?;
        wait_if_stopping();
        let ended = if status.success() { Ok(()) } else { Err(anyhow!("`{name}` failed ({status})")) };
        Ok((output, ended))
    }
}

/// Makes a later signal to stop a normal end with exit code 0, not an interruption.
pub fn serving() {
    SERVING.store(true, Ordering::SeqCst);
}

/// Ends every child's group and then this process on SIGINT, SIGTERM or SIGHUP.
pub fn end_on_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    // Closing a terminal ends its commands, except with `nohup`, which detaches stdin from the terminal.
    let on_hang_up = stdin().is_terminal().then_some(SIGHUP);
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM].into_iter().chain(on_hang_up))?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            STOPPING.store(true, Ordering::SeqCst);
            // Never released: no child may start from here on.
            let groups = GROUPS.lock().expect("no holder panics");
            end(&groups);
            std::process::exit(if SERVING.load(Ordering::SeqCst) { 0 } else { INTERRUPTED });
        }
    });
    Ok(())
}

/// Waits for the end of this process if a signal has asked for it.
pub fn wait_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::park_timeout(GRACE);
    }
}

/// Sends SIGTERM to each group, then SIGKILL to those that outlive the grace period; returns when none is left.
fn end(groups: &[Pid]) {
    for group in groups {
        // A group that has ended already is fine.
        let _ = killpg(*group, Signal::SIGTERM);
    }
    let deadline = Instant::now() + GRACE;
    for group in groups {
        while is_alive(*group) {
            if Instant::now() > deadline {
                let _ = killpg(*group, Signal::SIGKILL);
            }
            thread::sleep(POLL);
        }
    }
}

/// Returns whether a group has a member. Reaps its leader, our child, first: zombies count as members.
fn is_alive(group: Pid) -> bool {
    let _ = waitpid(group, Some(WaitPidFlag::WNOHANG));
    killpg(group, None) != Err(Errno::ESRCH)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    #[test]
    fn the_output_of_a_command_beside_others_is_kept() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo out; echo err >&2; sleep 300 & exit 3"]);
        let (output, ended) = Gathered::start("the shell", &mut shell).unwrap().wait().unwrap();
        assert_eq!(output, "out\nerr\n");
        assert!(ended.unwrap_err().to_string().starts_with("`the shell` failed (exit status: 3"));
    }

    #[test]
    fn grandchildren_end_with_their_child() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 300 & echo $!; wait"]).stdout(Stdio::piped());
        let mut running = Running::start("shell", &mut shell).unwrap();
        let mut line = String::new();
        BufReader::new(running.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let sleeper = Pid::from_raw(line.trim().parse().unwrap());
        assert_eq!(nix::sys::signal::kill(sleeper, None), Ok(()));
        drop(running);
        // Init reaps the dead sleeper; without an init it stays a zombie.
        let state = std::fs::read_to_string(format!("/proc/{sleeper}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(" Z "), "{state}");
    }

    #[test]
    fn the_input_of_a_tied_child_stays_open_until_this_process_drops_it() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read line; echo $line; cat; echo ended"]).stdout(Stdio::piped());
        let mut running = Running::start_tied("shell", &mut shell).unwrap();
        let mut input = running.child.stdin.take().unwrap();
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        writeln!(input, "open").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "open");
        drop(input);
        assert_eq!(lines.next().unwrap().unwrap(), "ended");
    }

    #[test]
    fn a_failed_command_is_named() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 3") && error.contains("exit status: 3"), "{error}");
    }
}
