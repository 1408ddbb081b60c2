//! A private PostgreSQL server on a free loopback port, for tests and local runs.
//!
//! It never touches a server that is installed on the machine: it makes its own cluster in its
//! own folder. PostgreSQL refuses to run as root; a root caller's server runs as the user
//! `postgres` that Debian's package creates, or as `nobody`.

mod account;
mod database;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub use database::{Database, database};

use crate::error::Error;
use crate::folder::Folder;
use crate::ports::Port;
use crate::process::{Process, Signal, Start};
use crate::{program, secret};
use account::Account;

/// Recovery after a kill under load takes seconds on a busy machine, the start itself less.
const START_DEADLINE: Duration = Duration::from_secs(60);
const REMEDY: &str = "install PostgreSQL 15 or later (Debian: apt-get install postgresql) \
    or set POSTGRES_BIN to the folder that holds initdb and postgres";

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the cluster lives; an existing one is used again. A temporary folder by default,
    /// removed with the handle.
    pub folder: Option<PathBuf>,
    /// Whether a commit reaches the disk before it is acknowledged (`fsync`,
    /// `synchronous_commit`). True by default: tests of crashes need it.
    pub is_durable: bool,
    /// Further settings, as in `postgresql.conf`.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: None,
            is_durable: true,
            settings: Vec::new(),
        }
    }
}

/// A running server. Dropping the handle stops it.
#[derive(Debug)]
pub struct Postgres {
    // Fields drop in this order: the server ends before its folder goes.
    process: Process,
    cluster: Cluster,
    port: Port,
    folder: Folder,
}

impl Postgres {
    /// Starts a server with the default options.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] when PostgreSQL is not installed; otherwise what its tools said.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(Options::default()).await
    }

    /// Starts a server and returns when it takes connections.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn start_with(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(options.folder.as_deref(), "selvedge-postgres-")?;
        let cluster = Cluster::open(folder.path(), &options).await?;
        let port = Port::free()?;
        let process = cluster.serve(&folder, &port)?;
        let mut server = Self {
            process,
            cluster,
            port,
            folder,
        };
        server.ready().await?;
        Ok(server)
    }

    /// The URL of one of its databases; `postgres` exists from the start.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let (password, address) = (&self.cluster.password, self.port.address());
        format!("postgres://postgres:{password}@{address}/{database}")
    }

    /// The port on which it listens, also after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Creates a database and gives its URL.
    ///
    /// # Errors
    /// [`Error::CommandFailed`] with the server's answer, for example that it exists already.
    pub async fn create_database(&self, name: &str) -> Result<String, Error> {
        self.query(
            "postgres",
            &format!(r#"CREATE DATABASE "{name}" TEMPLATE template0"#),
        )
        .await?;
        Ok(self.url(name))
    }

    /// Runs SQL through `psql` and gives the rows as it prints them: a row a line, columns
    /// separated by `|`.
    ///
    /// # Errors
    /// [`Error::CommandFailed`] with the server's answer.
    pub async fn query(&self, database: &str, sql: &str) -> Result<String, Error> {
        let rows = program::run(self.psql(database, sql)?.into()).await?;
        Ok(rows.trim_end().to_owned())
    }

    /// Kills the postmaster and its children with SIGKILL, as a crash of the machine's power
    /// supply would look to clients. Nothing is flushed.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same data and port, killing it first if it runs.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.process.kill();
        self.process = self.cluster.serve(&self.folder, &self.port)?;
        self.ready().await
    }

    async fn ready(&mut self) -> Result<(), Error> {
        let program = self.cluster.program("pg_isready")?;
        let port = self.port.number().to_string();
        let look = || {
            let mut command = tokio::process::Command::new(&program);
            command.args(["-q", "-h", "127.0.0.1", "-p", &port, "-d", "postgres"]);
            async move { program::run(command).await.is_ok() }
        };
        self.process.ready(START_DEADLINE, look).await
    }

    fn psql(&self, database: &str, sql: &str) -> Result<Command, Error> {
        let mut command = Command::new(self.cluster.program("psql")?);
        command
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
            ])
            .args(["-U", "postgres", "-p", &self.port.number().to_string()])
            .args(["-d", database, "-c", sql])
            .env("PGPASSWORD", &self.cluster.password);
        Ok(command)
    }
}

/// The data folder, the programs that work on it and the account that they run as.
#[derive(Debug)]
struct Cluster {
    data: PathBuf,
    programs: Vec<PathBuf>,
    account: Account,
    password: String,
    settings: Vec<String>,
}

impl Cluster {
    async fn open(folder: &Path, options: &Options) -> Result<Self, Error> {
        let account = Account::for_folder(folder)?;
        let mut cluster = Self {
            data: folder.join("data"),
            programs: program_folders(),
            account,
            password: secret::password()?,
            settings: settings(options),
        };
        let password_file = folder.join("password");
        if cluster.data.join("PG_VERSION").exists() {
            let read = fs::read_to_string(&password_file);
            cluster.password = read.map_err(Error::io("read", &password_file))?;
            return Ok(cluster);
        }
        secret::write(&password_file, &cluster.password)?;
        cluster.account.own(&password_file)?;
        cluster.initialize(&password_file).await?;
        Ok(cluster)
    }

    /// Collation `C` sorts the same on every machine.
    async fn initialize(&self, password_file: &Path) -> Result<(), Error> {
        let mut command = self.command("initdb")?;
        command
            .args([
                "--username=postgres",
                "--auth=scram-sha-256",
                "--locale=C",
                "--encoding=UTF8",
            ])
            .args(["--no-sync", "--no-instructions"])
            .arg("--pgdata")
            .arg(&self.data)
            .arg("--pwfile")
            .arg(password_file);
        program::run(command.into()).await.map(drop)
    }

    fn serve(&self, folder: &Folder, port: &Port) -> Result<Process, Error> {
        let mut command = self.command("postgres")?;
        command
            .arg("-D")
            .arg(&self.data)
            .args(["-p", &port.number().to_string()]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        Process::start(Start {
            name: "postgres",
            command,
            logs: folder.path(),
            stop_signal: Signal::Quit,
            lifetime: folder.lifetime(),
        })
    }

    fn program(&self, name: &str) -> Result<PathBuf, Error> {
        program::find(name, &self.programs, REMEDY)
    }

    fn command(&self, name: &str) -> Result<Command, Error> {
        let mut command = Command::new(self.program(name)?);
        self.account.apply(&mut command);
        command.current_dir(self.data.parent().unwrap_or(Path::new("/")));
        Ok(command)
    }
}

fn settings(options: &Options) -> Vec<String> {
    let durable = if options.is_durable { "on" } else { "off" };
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        // Socket paths are limited to about 100 bytes, which temporary folders can exceed.
        "unix_socket_directories=".to_owned(),
        // Test binaries run many tests at once, each with a pool of its own.
        "max_connections=500".to_owned(),
        format!("fsync={durable}"),
        format!("synchronous_commit={durable}"),
        format!("full_page_writes={durable}"),
    ];
    settings.extend(
        options
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    settings
}

/// `POSTGRES_BIN`, then Debian's folders, newest version first, since Debian leaves the server's
/// programs off `PATH`.
fn program_folders() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let chosen = std::env::var_os("POSTGRES_BIN").map(PathBuf::from);
    chosen
        .into_iter()
        .chain(versions.into_iter().rev().map(|(_, folder)| folder))
        .collect()
}
