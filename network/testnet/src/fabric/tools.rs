//! Fabric's own programs, run with our configuration and none of the caller's.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::program;

const PROGRAMS: [&str; 4] = ["peer", "orderer", "configtxgen", "discover"];
const REMEDY: &str = "set FABRIC_BIN to the folder that holds Fabric's peer, orderer, \
    configtxgen and discover: the `bin` folder of an official release archive (2.5 or \
    later), or your own build";

/// No colours: logs are files, and errors quote them.
const LOG_FORMAT: &str = "%{time:2006-01-02 15:04:05.000 MST} %{level:.4s} [%{module}] %{message}";

/// The folder of the programs and that of their configuration.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    bin: PathBuf,
    configuration: PathBuf,
}

impl Tools {
    /// Looks in `bin` or else `FABRIC_BIN`, and on `PATH` only where neither is given: all
    /// programs must be of one version, so they must be in one folder.
    pub(super) fn find(bin: Option<&Path>, folder: &Path) -> Result<Self, Error> {
        let named = std::env::var_os("FABRIC_BIN").map(PathBuf::from);
        let peer = match bin.map(Path::to_owned).or(named) {
            Some(chosen) => chosen.join(PROGRAMS[0]),
            None => program::find(PROGRAMS[0], &[], REMEDY)?,
        };
        if !peer.is_file() {
            return Err(missing(&peer));
        }
        let bin = peer.parent().unwrap_or(Path::new("/")).to_owned();
        let bin = bin.canonicalize().map_err(Error::io("find", &bin))?;
        if let Some(name) = PROGRAMS.iter().find(|name| !bin.join(name).is_file()) {
            return Err(missing(&bin.join(name)));
        }
        Ok(Self {
            bin,
            configuration: folder.join("config"),
        })
    }

    pub(super) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Folder of `core.yaml` and `configtx.yaml`, and of a folder with `orderer.yaml` per ordering node.
    pub(super) fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// The programs' version as they state it: `v3.1.5`, or `latest` of a local build.
    pub(super) async fn version(&self) -> Result<String, Error> {
        let answer = self.run("peer", &[], ["version"]).await?;
        let lines = answer.lines().map(str::trim);
        let version = lines
            .filter_map(|line| line.strip_prefix("Version: "))
            .next();
        Ok(version.unwrap_or("latest").to_owned())
    }

    /// A command that does not inherit settings: a `CORE_...` variable that the caller has set
    /// for another network would silently override ours.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["CORE_", "ORDERER_", "FABRIC_", "CONFIGTX_"]
                .iter()
                .any(|p| text.starts_with(p))
            {
                command.env_remove(&name);
            }
        }
        command
            .env("FABRIC_CFG_PATH", &self.configuration)
            .env("FABRIC_LOGGING_FORMAT", LOG_FORMAT)
            .env("FABRIC_LOGGING_SPEC", "info:grpc=error");
        command
    }

    /// Runs `program` to its end and gives its standard output.
    pub(super) async fn run<'a>(
        &self,
        program: &str,
        environment: &[(&str, String)],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, Error> {
        let mut command = self.command(program);
        command
            .env("FABRIC_LOGGING_SPEC", "error")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .args(arguments);
        program::run(command.into()).await
    }
}

fn missing(program: &Path) -> Error {
    Error::ProgramMissing {
        program: program.display().to_string(),
        remedy: REMEDY.to_owned(),
    }
}
