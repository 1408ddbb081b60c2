//! What the command prints: text for a person or one JSON document, errors on standard error.

use std::process::ExitCode;

use serde::Serialize;

/// Text or JSON, as `--json` says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    silent: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            silent: false,
        }
    }

    /// Prints nothing: for a command that is a step of another one.
    pub(crate) fn silent() -> Self {
        Self {
            json: false,
            silent: true,
        }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: as JSON, or as the text that `human` makes of it.
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        if self.silent {
            return Ok(());
        }
        if self.json {
            line(&serde_json::to_string_pretty(value)?);
        } else {
            line(human(value).trim_end());
        }
        Ok(())
    }

    /// Prints one of many results, as a line of JSON; nothing for a person, who sees progress.
    pub(crate) fn event<T: Serialize>(self, value: &T) -> anyhow::Result<()> {
        if self.json && !self.silent {
            line(&serde_json::to_string(value)?);
        }
        Ok(())
    }

    /// Prints one line of progress for a person; nothing with `--json`.
    pub(crate) fn progress(self, text: &str) {
        if !self.json && !self.silent {
            line(text);
        }
    }

    /// Prints an error with its whole chain of causes.
    pub(crate) fn fail(self, error: &anyhow::Error) -> ExitCode {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        if self.json {
            line(&serde_json::json!({ "error": causes.join(": ") }).to_string());
        } else {
            complain(&format!("error: {}", causes.join("\n  because: ")));
        }
        ExitCode::FAILURE
    }
}

/// What a wrong command line is answered with, and what `--help` and `--version` print: as JSON where
/// `--json` stands on the command line.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    let asked_for_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && asked_for_json {
        let text = error.to_string();
        line(
            &serde_json::json!({ "error": text.trim_start_matches("error: ").trim() }).to_string(),
        );
    } else {
        // A reader that went away (`| head`) is no error.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}

/// Prints a line; a reader that went away (`| head`) is no error.
fn line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn complain(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
