//! Ctrl-C, SIGTERM and SIGHUP: the first asks for a checkpoint, the second ends at once.

use crate::output::{INTERRUPTED, say};
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use unsmudge::Error;
use unsmudge::train::Answer;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// From now on signals are counted instead of fatal. What `nohup` has made deaf to hangups stays so.
pub fn listen() -> anyhow::Result<()> {
    listen_to("stopping after a checkpoint")
}

/// The same for what writes one file, which is there whole or not at all.
pub fn listen_in_writing() -> anyhow::Result<()> {
    listen_to("stopping; nothing is written")
}

fn listen_to(what: &'static str) -> anyhow::Result<()> {
    #[cfg(unix)]
    let ignores_hangups = hangups::are_ignored();
    ctrlc::set_handler(move || match COUNT.fetch_add(1, Ordering::SeqCst) {
        0 => {
            // A terminal shows ^C wherever the cursor is.
            let start = if std::io::stderr().is_terminal() { "\n" } else { "" };
            say(&format!("{start}unsmudge: {what} (once more: at once)"));
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
    /// Whether whoever started this process wants hangups ignored.
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

/// An error, when there was a signal, for what writes `path`.
pub fn check(path: &Path) -> unsmudge::Result<()> {
    match answer() {
        Answer::Continue => Ok(()),
        Answer::Stop => Err(Error::file(path, "finish")(ErrorKind::Interrupted.into())),
    }
}

/// What to answer to the one who trains.
pub fn answer() -> Answer {
    match COUNT.load(Ordering::Relaxed) {
        0 => Answer::Continue,
        _ => Answer::Stop,
    }
}
