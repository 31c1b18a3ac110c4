//! Ctrl-C, SIGTERM and SIGHUP: the first asks for a checkpoint, the second ends at once.

use crate::output::{INTERRUPTED, say};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU32, Ordering};
use unsmudge::train::Answer;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// From now on signals are counted instead of fatal.
pub fn listen() -> anyhow::Result<()> {
    ctrlc::set_handler(|| match COUNT.fetch_add(1, Ordering::SeqCst) {
        0 => {
            // A terminal shows ^C wherever the cursor is.
            let start = if std::io::stderr().is_terminal() { "\n" } else { "" };
            say(&format!("{start}unsmudge: stopping after a checkpoint (once more: at once)"));
        }
        _ => std::process::exit(i32::from(INTERRUPTED)),
    })?;
    Ok(())
}

/// What to answer to the one who trains.
pub fn answer() -> Answer {
    match COUNT.load(Ordering::Relaxed) {
        0 => Answer::Continue,
        _ => Answer::Stop,
    }
}
