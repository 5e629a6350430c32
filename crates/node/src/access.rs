//! Which servers, and who we are to them: user, password or token from their addresses, a credentials file, TLS.
//!
//! The client library sends nobody the user that stands in an address, so it is taken out here and given to it. What
//! is left can be shown: no message of ours carries a password or a token.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};

/// What stands in place of a secret.
const MASK: &str = "***";

/// What a server is shown beside what its address says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// A user's JWT and seed in one file, as `nsc` writes it.
    pub creds: Option<PathBuf>,
    /// Whom the servers' certificates are trusted from; absent: from whom the system does.
    pub tls_ca: Option<PathBuf>,
    /// Our own certificate, and its key.
    pub tls_identity: Option<(PathBuf, PathBuf)>,
}

/// Addresses of servers of one cluster, and the login that they carried.
#[derive(Clone, PartialEq, Eq)]
pub struct Servers {
    addresses: Vec<ServerAddr>,
    login: Option<Login>,
}

#[derive(Clone, PartialEq, Eq)]
enum Login {
    User { name: String, password: String },
    Token(String),
}

impl Servers {
    /// From `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, or with `tls`; an error is a sentence without secrets.
    pub fn parse(texts: &[String]) -> Result<Servers, String> {
        let mut servers = Servers { addresses: Vec::new(), login: None };
        for text in texts {
            let (address, login) = read(text).ok_or_else(|| {
                format!(
                    "{} is no server's address; write nats://HOST:4222, tls://HOST:4222 or \
                     nats://USER:PASSWORD@HOST:4222",
                    masked(text)
                )
            })?;
            if let (Some(one), Some(other)) = (&servers.login, &login)
                && one != other
            {
                return Err(
                    "the addresses name different users; all servers of a cluster know the same".to_owned()
                );
            }
            servers.addresses.push(address);
            servers.login = servers.login.or(login);
        }
        if servers.addresses.is_empty() { Err("no server is named".to_owned()) } else { Ok(servers) }
    }
}

/// `texts` for messages.
pub fn shown(texts: &[String]) -> String {
    Servers::parse(texts).map_or_else(|error| error, |servers| servers.to_string())
}

impl Access {
    /// The first connection; `options` are what the purpose asks for.
    pub async fn connect(&self, servers: &Servers, options: ConnectOptions) -> Result<Client> {
        let options = self.options(servers, options).await?;
        let connected = options.connect(&servers.addresses[..]).await;
        connected.map_err(|error| anyhow::anyhow!(self.failure(servers, &error)))
    }

    async fn options(&self, servers: &Servers, mut options: ConnectOptions) -> Result<ConnectOptions> {
        match &servers.login {
            None => {}
            Some(Login::User { name, password }) => {
                options = options.user_and_password(name.clone(), password.clone());
            }
            Some(Login::Token(token)) => options = options.token(token.clone()),
        }
        if let Some(path) = &self.creds {
            readable(path)?;
            let what = || format!("{} holds no credentials of a user", path.display());
            options = options.credentials_file(path).await.with_context(what)?;
        }
        if let Some(path) = &self.tls_ca {
            readable(path)?;
            options = options.add_root_certificates(path.clone());
        }
        if let Some((certificate, key)) = &self.tls_identity {
            readable(certificate)?;
            readable(key)?;
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        // Whoever names certificates means a connection that cannot be read on its way.
        Ok(options.require_tls(self.tls_ca.is_some() || self.tls_identity.is_some()))
    }

    fn failure(&self, servers: &Servers, error: &ConnectError) -> String {
        let gave_any = servers.login.is_some() || self.creds.is_some() || self.tls_identity.is_some();
        let is_refused = error.kind() == ConnectErrorKind::AuthorizationViolation;
        if is_refused && gave_any {
            return format!("the server refuses these credentials: {servers}");
        }
        if is_refused {
            return format!(
                "the server at {servers} wants credentials; write them into its address, \
                 nats://USER:PASSWORD@HOST:4222, or name a file with --creds (or WISSEL_CREDS)"
            );
        }
        // The error's text has its causes in it.
        if is_about_tls(error) {
            return format!(
                "no secure connection to {servers}: {error}; --tls-ca names whom the server's certificate is trusted \
                 from, --tls-cert and --tls-key our own"
            );
        }
        format!(
            "cannot connect to {servers}: {error}; start nats-server there, name another with --servers (or \
             WISSEL_SERVERS), or try `wissel dev`, which brings its own"
        )
    }
}

/// Some certificates are refused while reading and writing, as an error of that kind.
fn is_about_tls(error: &ConnectError) -> bool {
    let text = error.to_string();
    error.kind() == ConnectErrorKind::Tls || ["certificate", "alert"].iter().any(|word| text.contains(word))
}

fn readable(path: &Path) -> Result<()> {
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(data) if data.is_file() => Ok(()),
        Ok(_) => bail!("cannot read {}: not a file", path.display()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn read(text: &str) -> Option<(ServerAddr, Option<Login>)> {
    let address: ServerAddr = text.trim().parse().ok()?;
    if !matches!(address.scheme(), "nats" | "tls") || address.host().is_empty() {
        return None;
    }
    let login = match (address.username(), address.password()) {
        (None, None) => None,
        (Some(token), None) => Some(Login::Token(decoded(token)?)),
        (name, Some(password)) => {
            Some(Login::User { name: decoded(name.unwrap_or_default())?, password: decoded(password)? })
        }
    };
    let mut url = address.into_inner();
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some((ServerAddr::from_url(url).ok()?, login))
}

/// `%40` is `@`, as in every URL.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok()
}

/// `nats://***@host`: for a text that may be no address at all.
fn masked(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{MASK}@{host}"),
        None => text.to_owned(),
    }
}

impl std::fmt::Display for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, address) in self.addresses.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            let who = match &self.login {
                None => String::new(),
                Some(Login::User { name, .. }) => format!("{name}:{MASK}@"),
                Some(Login::Token(_)) => format!("{MASK}@"),
            };
            let (scheme, rest) = address.as_url_str().split_once("://").unwrap_or_default();
            write!(f, "{separator}{scheme}://{who}{}", rest.trim_end_matches('/'))?;
        }
        Ok(())
    }
}

/// As shown to anybody.
impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Servers({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(texts: &[&str]) -> Result<Servers, String> {
        Servers::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn check(text: &str, login: Option<Login>, shown: &str) {
        let servers = servers(&[text]).expect(text);
        assert!(servers.login == login, "{text}");
        assert_eq!(servers.to_string(), shown);
        let address = servers.addresses[0].as_url_str();
        assert!(!address.contains('@'), "{address}: the library gets none of it");
    }

    #[test]
    fn a_login_is_taken_out_of_an_address() {
        let user = |name: &str, password: &str| {
            Some(Login::User { name: name.to_owned(), password: password.to_owned() })
        };
        check("nats://127.0.0.1:4222", None, "nats://127.0.0.1:4222");
        check("localhost", None, "nats://localhost");
        check("nats://adm:s3cret@a:4222", user("adm", "s3cret"), "nats://adm:***@a:4222");
        check("tls://adm:p%40ss%25@a", user("adm", "p@ss%"), "tls://adm:***@a");
        check("nats://tok3n@[::1]:4222/", Some(Login::Token("tok3n".to_owned())), "nats://***@[::1]:4222");
    }

    #[test]
    fn what_is_no_address_is_told_without_its_secret() {
        for text in ["http://a:8222", "foo://adm:s3cret@a", "nats://", "nats://adm:s3cret@a:port", "ws://a"] {
            let error = servers(&[text]).expect_err(text);
            assert!(error.contains("is no server's address") && !error.contains("s3cret"), "{error}");
        }
        assert!(servers(&["nats://adm:s3cret@a", "nats://b"]).is_ok(), "one login is for all");
        let error =
            servers(&["nats://adm:s3cret@a", "nats://b", "nats://eve:s3cret@c"]).expect_err("two users");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
