//! The library as WebAssembly, for the page that `unsmudge export --page` makes: it reads one
//! request from standard input and writes one answer to standard output, each a line of JSON. Files
//! are those that the page keeps in memory. It contains no mathematics.

mod request; // what a page asks
mod training; // a model that is trained in the page
mod picture; // a model of pictures
mod table; // models of a table
mod session; // what is open

use serde_json::{Value, json};
use session::Session;
use std::cell::RefCell;
use std::io::{self, BufRead, Write};

thread_local! {
    static SESSION: RefCell<Session> = RefCell::new(Session::default());
}

/// Answers the request on standard input.
#[unsafe(no_mangle)]
pub extern "C" fn answer() {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    let answer = match read {
        Ok(_) => SESSION.with_borrow_mut(|session| answered(session, &line)),
        Err(error) => json!({ "error": error.to_string() }),
    };
    let mut out = io::stdout().lock();
    // Nobody is there to be told.
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}

/// The answer to a line; an error is an answer too.
fn answered(session: &mut Session, line: &str) -> Value {
    let request = serde_json::from_str(line).map_err(|error| error.to_string());
    match request.map(|request| session.answer(request)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let hint = error.hint().map(|hint| hint.to_string());
            json!({ "error": error.to_string(), "hint": hint })
        }
        Err(error) => json!({ "error": error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_or_cannot_be_answered_is_told() {
        let mut session = Session::default();
        let mut error = |line: &str| answered(&mut session, line)["error"].to_string();
        assert!(error("{").contains("EOF"));
        assert!(error(r#"{"ask": "sing"}"#).contains("unknown variant"));
        assert!(error(r#"{"ask": "fill"}"#).contains("the open model can answer"));
        let open = r#"{"ask": "open", "pictures": "/none", "examples": []}"#;
        assert!(error(open).contains("/none"));
    }
}
