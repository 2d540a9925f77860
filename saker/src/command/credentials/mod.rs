//! `saker credentials`: what the webhook and API servers know each other by.

mod deposit;
mod names;
mod told;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use clap::{ArgGroup, Args};
use jiff::Timestamp;
use rand::TryRng as _;
use service::Secret;

use self::deposit::{Deposit, DepositError, WhereTaken};
use self::names::{Client, Host};
use crate::authority::{Authority, AuthorityError, Pair, Validity};
use crate::pem::{self, PemError};

/// How long an authority is valid: as kubeadm's.
const AUTHORITY_DAYS: u16 = 3653;

/// Make certificates and tokens by which the webhook and API servers know each other
///
/// The first call makes an authority of your own in DIR, and each call what it is asked for: a certificate for the webhook,
/// one for the API servers of each cluster, tokens. Nothing that is there is written over, unless --renew asks for that.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").args(["server", "cluster", "token"]).required(true).multiple(true)),
    after_help = "Examples:\n  saker credentials tls --server saker.example --server 10.0.0.7 --cluster prod\n  saker credentials tls --cluster staging\n  saker credentials tls --server saker.example --server 10.0.0.7 --cluster prod --renew\n  saker credentials tls --token dev"
)]
pub struct Credentials {
    /// Where they are put; made if it is not there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// A name or an address by which API servers reach the webhook; all of them go into server.crt
    #[arg(long, value_name = "HOST")]
    server: Vec<Host>,
    /// Make a client certificate for the API servers of the cluster of this name
    #[arg(long, value_name = "NAME")]
    cluster: Vec<Client>,
    /// Make a bearer token for the API servers of the cluster of this name
    #[arg(long, value_name = "NAME")]
    token: Vec<Client>,
    /// How many days the certificates are valid
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=AUTHORITY_DAYS.into()))]
    days: u16,
    /// Make new ones in place of those that are there; the authority stays
    #[arg(long)]
    renew: bool,
}

/// What cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsError {
    /// A file.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// The authority's files.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Making a certificate.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Half of an authority.
    #[error(
        "{there} is there and {missing} is not: an authority needs both; bring it back, or use another directory, whose \
         authority the webhook and all API servers have to be told of"
    )]
    HalfAnAuthority {
        /// What is there.
        there: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// No chance.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] rand::rngs::SysError),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// The files of a pair of that name.
fn files(name: &str) -> [String; 2] {
    [format!("{name}.crt"), format!("{name}.key")]
}

impl Credentials {
    /// Makes them, and says how they are used.
    ///
    /// # Errors
    /// Where one is there already, or a file cannot be written.
    pub(crate) fn run(self) -> Result<ExitCode, CredentialsError> {
        let where_taken = if self.renew { WhereTaken::Replace } else { WhereTaken::Refuse };
        let deposit = Deposit::at(&self.directory, where_taken)?;
        deposit.expect(self.wanted())?;
        let now = Timestamp::now();
        let validity = Validity::days(now, self.days)?;
        let mut made = Vec::new();
        if !self.server.is_empty() || !self.cluster.is_empty() {
            let authority = match authority(&self.directory)? {
                Some(authority) => authority,
                None => new_authority(&deposit, now, &mut made)?,
            };
            if !self.server.is_empty() {
                let hosts: Vec<String> = self.server.iter().map(ToString::to_string).collect();
                store(&deposit, "server", &authority.server(&hosts, validity)?)?;
                made.push(told::server(&hosts, validity));
            }
            for client in &self.cluster {
                store(&deposit, client.as_str(), &authority.client(client.as_str(), validity)?)?;
                made.push(told::client(client.as_str(), validity));
            }
        }
        for client in &self.token {
            deposit.put_secret(&format!("{client}.token"), &token()?)?;
            made.push(told::token(client.as_str()));
        }
        let text = self.told(&deposit, &made);
        io::stdout().lock().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    /// The files that are asked for.
    fn wanted(&self) -> Vec<String> {
        let server = self.server.first().map(|_| files("server"));
        let clients = self.cluster.iter().map(|client| files(client.as_str()));
        let tokens = self.token.iter().map(|client| format!("{client}.token"));
        server.into_iter().chain(clients).flatten().chain(tokens).collect()
    }

    fn told(&self, deposit: &Deposit, made: &[told::Made]) -> String {
        let clusters: Vec<&str> = self.cluster.iter().map(Client::as_str).collect();
        let tokens: Vec<&str> = self.token.iter().map(Client::as_str).collect();
        let host = self.server.first().map(Host::in_url);
        told::text(&told::Done {
            directory: deposit.path(),
            made,
            host,
            clusters: &clusters,
            tokens: &tokens,
        })
    }
}

/// The key first: a certificate without its key is of no use to anybody.
fn store(deposit: &Deposit, name: &str, pair: &Pair) -> Result<(), DepositError> {
    let [certificate, key] = files(name);
    deposit.put_secret(&key, &pair.key)?;
    deposit.put(&certificate, &pair.certificate)
}

/// The authority in a directory, if there is one.
fn authority(directory: &Path) -> Result<Option<Authority>, CredentialsError> {
    let (certificate, key) = (directory.join("ca.crt"), directory.join("ca.key"));
    match (certificate.exists(), key.exists()) {
        (false, false) => Ok(None),
        (true, false) => Err(CredentialsError::HalfAnAuthority { there: "ca.crt", missing: "ca.key" }),
        (false, true) => Err(CredentialsError::HalfAnAuthority { there: "ca.key", missing: "ca.crt" }),
        (true, true) => {
            let (certificate, key) = pem::pair(&certificate, &key)?;
            Ok(Some(Authority::read(&certificate, &key)?))
        }
    }
}

fn new_authority(
    deposit: &Deposit,
    now: Timestamp,
    made: &mut Vec<told::Made>,
) -> Result<Authority, CredentialsError> {
    let validity = Validity::days(now, AUTHORITY_DAYS)?;
    let (authority, pair) = Authority::new(validity)?;
    store(deposit, "ca", &pair)?;
    made.push(told::authority(validity));
    Ok(authority)
}

/// 256 bits of chance, as text.
fn token() -> Result<Secret, CredentialsError> {
    let mut bytes = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
    Ok(format!("{}\n", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into())
}
