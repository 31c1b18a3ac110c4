//! Ctrl-C, SIGTERM and SIGHUP: the first signal stops after a checkpoint, the second exits at once.

use crate::output::{INTERRUPTED, say};
use std::io::{ErrorKind, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use unsmudge::Error;

static COUNT: AtomicU32 = AtomicU32::new(0);
static LISTENS: AtomicBool = AtomicBool::new(false);

/// Counts signals from now on instead of being ended by them. A process started by `nohup` keeps
/// ignoring hangups.
pub fn listen() -> anyhow::Result<()> {
    listen_to("stopping after a checkpoint")
}

/// The same for a command that writes one file, which is written completely or not at all.
pub fn listen_in_writing() -> anyhow::Result<()> {
    listen_to("stopping; nothing is written")
}

fn listen_to(what: &'static str) -> anyhow::Result<()> {
    // A command may run others.
    if LISTENS.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    #[cfg(unix)]
    let ignores_hangups = hangups::are_ignored();
    ctrlc::set_handler(move || match COUNT.fetch_add(1, Ordering::SeqCst) {
        0 => {
            // A terminal prints ^C at the cursor.
            let start = if std::io::stderr().is_terminal() { "\n" } else { "" };
            say(&format!("{start}unsmudge: {what} (a second signal exits at once)"));
        }
        _ => std::process::exit(i32::from(INTERRUPTED)),
    })?;
    #[cfg(unix)]
    if ignores_hangups {
        hangups::ignore();
    }
    Ok(())
}

#[cfg(unix)]
mod hangups {
    /// Whether this process was started with hangups ignored, as by `nohup`.
    pub fn are_ignored() -> bool {
        let mut found = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action nothing is set; `found` is writable and of the right type,
        // and all zeros are a valid value of it.
        let found = unsafe {
            libc::sigaction(libc::SIGHUP, std::ptr::null(), found.as_mut_ptr());
            found.assume_init()
        };
        found.sa_sigaction == libc::SIG_IGN
    }

    pub fn ignore() {
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    }
}

/// An error if there was a signal, for the writer of `path`.
pub fn check(path: &Path) -> unsmudge::Result<()> {
    if flow().is_continue() {
        Ok(())
    } else {
        Err(Error::file(path, "finish")(ErrorKind::Interrupted.into()))
    }
}

/// What an observer returns: work stops once there was a signal.
pub fn flow() -> ControlFlow<()> {
    match COUNT.load(Ordering::Relaxed) {
        0 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    }
}
