//! The three servers of a run: encrypted towards routers, with a user for them that can be taken away, and where this
//! machine lets us mount them, on disks small enough to fill.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use broker::cluster::Cluster;
use broker::start::{Options, Sync};
use testkit::Scratch;

pub const SIZE: usize = 3;
/// What a run writes at most, three times over; filled by one file in a moment.
const DISK_BYTES: u64 = 600 << 20;
/// Streams set aside more than a small disk has; what matters is what is written.
const STORE_BYTES_MAX: u64 = 64 << 30;
const USER: &str = "router";
const PASSWORD: &str = "a-password-of-a-test";

#[derive(Debug)]
pub struct Servers {
    pub cluster: Cluster,
    /// Whom routers trust.
    pub authority: PathBuf,
    certificate: Certificate,
    disks: Vec<Disk>,
}

/// Files of the servers' certificate.
#[derive(Debug, Clone)]
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

/// A small file system below a server's store.
#[derive(Debug)]
struct Disk {
    folder: PathBuf,
}

impl Servers {
    /// `has_small_disks`: each store has a file system of its own, if this user may mount one.
    pub async fn start(scratch: &Scratch, has_small_disks: bool) -> Result<Servers> {
        let (authority, certificate) = certificate(scratch)?;
        let mut disks = Vec::new();
        let binary = testkit::server_binary().await?;
        let adapt = |options: &mut Options| {
            options.sync = Sync::Always;
            options.more = more(&certificate, PASSWORD);
            if has_small_disks {
                disks.push(Disk::mount(options.folder.join("store"))?);
                options.store_bytes_max = Some(STORE_BYTES_MAX);
            }
            Ok(())
        };
        let cluster = Cluster::start_with(&Options::new(binary, scratch.path()), SIZE, adapt).await?;
        Ok(Servers { cluster, authority, certificate, disks })
    }

    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Who may reach the servers at these addresses: a router.
    pub fn login(address: &str) -> String {
        format!("tls://{USER}:{PASSWORD}@{address}")
    }

    /// Routers are thrown out, and not let in again until it is given back.
    pub fn revoke(&mut self, is_revoked: bool) -> Result<()> {
        let password = if is_revoked { "another-password" } else { PASSWORD };
        let more = more(&self.certificate, password);
        self.cluster.servers.iter_mut().try_for_each(|server| server.reload(&more))
    }

    pub fn has_small_disks(&self) -> bool {
        !self.disks.is_empty()
    }

    pub fn fill_disk(&self, server: usize) -> Result<()> {
        self.disks.get(server).context("the server has no small disk")?.fill()
    }

    pub fn empty_disk(&self, server: usize) -> Result<()> {
        self.disks.get(server).context("the server has no small disk")?.empty()
    }

    /// Turns one bit in the middle of every block of these streams on the disk of a server that does not run.
    pub fn damage(&mut self, server: usize, streams: &[String]) -> Result<usize> {
        let server = &mut self.cluster.servers[server];
        ensure!(!server.is_running(), "a store is damaged while nobody writes it");
        let mut blocks = Vec::new();
        collect(&server.folder().join("store"), &mut blocks)?;
        let is_meant = |path: &PathBuf| {
            path.components().any(|part| streams.iter().any(|stream| part.as_os_str() == stream.as_str()))
        };
        let mut count = 0;
        for path in blocks.iter().filter(|path| is_meant(path)) {
            let mut bytes = std::fs::read(path)?;
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
                std::fs::write(path, bytes)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Which server leads this stream; nothing while there is none.
    pub async fn leader(&self, context: &async_nats::jetstream::Context, stream: &str) -> Option<usize> {
        let info = context.get_stream(stream).await.ok()?;
        let leader = info.cached_info().cluster.as_ref()?.leader.clone()?;
        self.cluster.servers.iter().position(|server| server.name() == leader)
    }

    pub async fn meta_leader(&self) -> Option<usize> {
        for server in &self.cluster.servers {
            if let Ok(Some(leader)) = server.meta_leader().await {
                return self.cluster.servers.iter().position(|server| server.name() == leader);
            }
        }
        None
    }
}

/// Stream messages' files of a store, whatever their depth.
fn collect(folder: &Path, blocks: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, blocks)?;
        } else if path.extension().is_some_and(|ending| ending == "blk") {
            blocks.push(path);
        }
    }
    Ok(())
}

impl Disk {
    /// True when this user may mount file systems; what needs one is left out elsewhere.
    pub fn is_possible(scratch: &Scratch) -> bool {
        Disk::mount(scratch.join("probe")).is_ok()
    }

    fn mount(folder: PathBuf) -> Result<Disk> {
        std::fs::create_dir_all(&folder)?;
        let size = format!("size={DISK_BYTES}");
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "wissel-chaos"]).arg(&folder).output()?;
        ensure!(
            status.status.success(),
            "no file system can be mounted: {}",
            String::from_utf8_lossy(&status.stderr)
        );
        Ok(Disk { folder })
    }

    fn fill(&self) -> Result<()> {
        let chunk = vec![0; 1 << 20];
        let mut file = std::fs::File::create(self.folder.join("filler"))?;
        while std::io::Write::write_all(&mut file, &chunk).is_ok() {}
        // What is left of the last megabyte, byte by byte, so that not one message fits.
        while std::io::Write::write_all(&mut file, &chunk[..512]).is_ok() {}
        Ok(())
    }

    fn empty(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.folder.join("filler"))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The servers are gone by now, or it stays behind with the folder; there is nobody to tell.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).output();
    }
}

/// True when this user may mount file systems.
pub fn can_mount(scratch: &Scratch) -> bool {
    Disk::is_possible(scratch)
}

/// Clients without a name are the driver; only routers show who they are.
fn more(certificate: &Certificate, password: &str) -> String {
    format!(
        "authorization {{\n  users: [\n    {{ user: {USER:?}, password: {password:?} }}\n    \
         {{ user: \"driver\", password: \"unused\" }}\n  ]\n}}\nno_auth_user: \"driver\"\n\
         tls {{\n  cert_file: {:?}\n  key_file: {:?}\n}}\nallow_non_tls: true\n\
         lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"1s\"\n",
        certificate.certificate.display().to_string(),
        certificate.key.display().to_string()
    )
}

/// An authority for this run alone, and a certificate of 127.0.0.1 from it.
fn certificate(scratch: &Scratch) -> Result<(PathBuf, Certificate)> {
    let (authority, authority_key) = (scratch.join("ca.pem"), scratch.join("ca.key"));
    let (certificate, key) = (scratch.join("server.pem"), scratch.join("server.key"));
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    openssl(
        Command::new("openssl")
            .args(["req", "-x509", "-subj", "/CN=chaos authority"])
            .args(curve)
            .arg("-keyout")
            .arg(&authority_key)
            .arg("-out")
            .arg(&authority),
    )?;
    openssl(
        Command::new("openssl")
            .args(["req", "-x509", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(curve)
            .arg("-CA")
            .arg(&authority)
            .arg("-CAkey")
            .arg(&authority_key)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate),
    )?;
    Ok((authority, Certificate { certificate, key }))
}

fn openssl(command: &mut Command) -> Result<()> {
    let output = command.output().context("openssl makes the certificates of a run; install it")?;
    if !output.status.success() {
        bail!("openssl: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
