//! `selvedge doctor`: what is installed, what is missing, what to type.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::output::Output;

#[derive(Args)]
pub(crate) struct Doctor {}

/// One thing that the product uses.
#[derive(Serialize)]
struct Finding {
    name: &'static str,
    used_for: &'static str,
    required: bool,
    found: Option<PathBuf>,
    remedy: &'static str,
}

/// A program to look for, by the names it may have.
struct Program {
    name: &'static str,
    used_for: &'static str,
    required: bool,
    remedy: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "initdb",
        used_for: "PostgreSQL, for the mirror, the demo and the tests",
        required: true,
        remedy: "sudo apt-get install -y postgresql",
    },
    Program {
        name: "redis-server",
        used_for: "Redis, for the service and the tests",
        required: true,
        remedy: "sudo apt-get install -y redis-server",
    },
    Program {
        name: "peer",
        used_for: "real Fabric (`--network fabric`)",
        required: false,
        remedy: "put Fabric's programs on PATH, or their folder in FABRIC_BIN",
    },
    Program {
        name: "orderer",
        used_for: "real Fabric (`--network fabric`)",
        required: false,
        remedy: "put Fabric's programs on PATH, or their folder in FABRIC_BIN",
    },
    Program {
        name: "node",
        used_for: "the interoperability test with the official Node client",
        required: false,
        remedy: "install Node.js 20 or later",
    },
];

impl Doctor {
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let findings: Vec<Finding> = PROGRAMS.iter().map(look).collect();
        let healthy = findings
            .iter()
            .all(|finding| finding.found.is_some() || !finding.required);
        output.result(&findings, |findings| {
            findings.iter().map(describe).collect()
        })?;
        Ok(if healthy {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn look(program: &Program) -> Finding {
    Finding {
        name: program.name,
        used_for: program.used_for,
        required: program.required,
        found: folders()
            .into_iter()
            .map(|folder| folder.join(program.name))
            .find(|path| path.is_file()),
        remedy: program.remedy,
    }
}

fn describe(finding: &Finding) -> String {
    match (&finding.found, finding.required) {
        (Some(path), _) => format!("ok        {:<13} {}\n", finding.name, path.display()),
        (None, true) => format!(
            "MISSING   {:<13} needed for {}\n          type: {}\n",
            finding.name, finding.used_for, finding.remedy
        ),
        (None, false) => format!(
            "optional  {:<13} only for {}: {}\n",
            finding.name, finding.used_for, finding.remedy
        ),
    }
}

/// Folders of programs: `FABRIC_BIN`, `PATH`, and where Debian keeps PostgreSQL's.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["FABRIC_BIN", "POSTGRES_BIN"]
        .iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .collect();
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    if let Ok(versions) = std::fs::read_dir(Path::new("/usr/lib/postgresql")) {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
}
