//! A private Redis server on a free loopback port. Its data is in memory only: what the platform
//! keeps in Redis can be lost, and a restart shows what happens then.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::Error;
use crate::folder::Folder;
use crate::ports::Port;
use crate::process::{Process, Signal, Start};
use crate::{program, secret};

const START_DEADLINE: Duration = Duration::from_secs(30);
const REMEDY: &str = "install Redis 7 or later (Debian: apt-get install redis-server) \
    or set REDIS_BIN to the folder that holds redis-server";

/// A running server. Dropping the handle stops it.
#[derive(Debug)]
pub struct Redis {
    // Fields drop in this order: the server ends before its folder goes.
    process: Process,
    program: PathBuf,
    password: String,
    port: Port,
    folder: Folder,
}

impl Redis {
    /// Starts a server and returns when it answers.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] when Redis is not installed; otherwise the end of its log.
    pub async fn start() -> Result<Self, Error> {
        let folders: Vec<PathBuf> = std::env::var_os("REDIS_BIN")
            .map(PathBuf::from)
            .into_iter()
            .collect();
        let program = program::find("redis-server", &folders, REMEDY)?;
        let folder = Folder::open(None, "selvedge-redis-")?;
        let (port, password) = (Port::free()?, secret::password()?);
        write_configuration(&folder, &port, &password)?;
        let process = serve(&program, &folder)?;
        let mut server = Self {
            process,
            program,
            password,
            port,
            folder,
        };
        server.ready().await?;
        Ok(server)
    }

    /// What a client connects to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://:{}@{}/", self.password, self.port.address())
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, empty, on the same port, killing it first if it runs.
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.process.kill();
        self.process = serve(&self.program, &self.folder)?;
        self.ready().await
    }

    /// Sends one command, its words separated by spaces, and gives the raw answer's first bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when the server does not answer.
    pub async fn command(&self, words: &str) -> Result<String, Error> {
        let lines = format!("AUTH {}\r\n{words}\r\nQUIT\r\n", self.password);
        let exchange = async {
            let mut stream = TcpStream::connect(self.port.address()).await?;
            stream.write_all(lines.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok(answer)
        };
        let answer: String = exchange
            .await
            .map_err(Error::io("talk to", &self.program))?;
        // The first line answers AUTH, the last one QUIT.
        let lines: Vec<&str> = answer.lines().collect();
        Ok(lines
            .get(1..lines.len().max(2) - 1)
            .unwrap_or_default()
            .join("\n"))
    }

    async fn ready(&mut self) -> Result<(), Error> {
        let address = self.port.address();
        let look = || async move { TcpStream::connect(address).await.is_ok() };
        self.process.ready(START_DEADLINE, look).await
    }
}

/// A file rather than arguments: every user of the machine sees the arguments.
fn write_configuration(folder: &Folder, port: &Port, password: &str) -> Result<(), Error> {
    let text = format!(
        "bind 127.0.0.1\nport {}\nrequirepass {password}\nsave \"\"\nappendonly no\ndir {:?}\n",
        port.number(),
        folder.path(),
    );
    secret::write(&folder.path().join("redis.conf"), &text)
}

fn serve(program: &PathBuf, folder: &Folder) -> Result<Process, Error> {
    let mut command = Command::new(program);
    command.arg(folder.path().join("redis.conf"));
    Process::start(Start {
        name: "redis",
        command,
        logs: folder.path(),
        stop_signal: Signal::Kill,
        lifetime: folder.lifetime(),
    })
}
