//! A TCP link between a client and a server that can be slow, stuck or cut, each way by itself.
//!
//! It is plain user-space copying, so it needs no privileges and works on every machine. What a real network
//! does by losing packets shows to a program as one of these: bytes that come late, bytes that do not come
//! while the connection looks alive, and a connection that breaks.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Chunks under way in one direction; a full link pushes back on its sender, as a network does.
const CHUNKS_MAX: usize = 256;
const CHUNK_BYTES: usize = 16 * 1024;
/// One chunk in so many is damaged: a connection lives long enough to carry something first.
const DAMAGE_EVERY: u32 = 20;

/// What happens to bytes in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    #[default]
    Through,
    /// Each byte comes this much later; as many as before are under way.
    Delay(Duration),
    /// Each byte comes up to this much later, in order all the same.
    Jitter(Duration),
    /// No more than this many bytes a second.
    Narrow(u32),
    /// Now and then a bit is another one when it comes.
    Damage,
    /// Bytes wait, and go on when the link changes; the connection looks alive.
    Stall,
    /// Bytes vanish, and the connection looks alive. It must be cut before it is let through again, since
    /// no real connection goes on after a gap.
    Lose,
    /// Connections break, and new ones are closed at once.
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    to_server: watch::Sender<Link>,
    to_client: watch::Sender<Link>,
    acceptor: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine and passes on to `server`, an address such as
    /// `127.0.0.1:4222` or `nats://127.0.0.1:4222`.
    pub async fn start(server: &str) -> Result<Proxy> {
        let server = server.rsplit("//").next().unwrap_or(server).to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port on 127.0.0.1")?;
        let address = listener.local_addr().context("a listener has an address")?;
        let (to_server, server_link) = watch::channel(Link::Through);
        let (to_client, client_link) = watch::channel(Link::Through);
        let acceptor = tokio::spawn(accept(listener, server, server_link, client_link));
        Ok(Proxy { address, to_server, to_client, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for a NATS client, which must be told to ignore the servers it discovers, or it goes
    /// round the proxy.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Sets one direction, for connections that are and that come.
    pub fn set(&self, direction: Direction, link: Link) {
        match direction {
            Direction::ToServer => self.to_server.send_replace(link),
            Direction::ToClient => self.to_client.send_replace(link),
        };
    }

    /// Sets both directions.
    pub fn set_both(&self, link: Link) {
        self.set(Direction::ToServer, link);
        self.set(Direction::ToClient, link);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The acceptor owns the connections' tasks, which end with it.
        self.acceptor.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    to_server: watch::Receiver<Link>,
    to_client: watch::Receiver<Link>,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        while connections.try_join_next().is_some() {}
        let is_cut = *to_server.borrow() == Link::Cut || *to_client.borrow() == Link::Cut;
        if !is_cut {
            connections.spawn(connect(client, server.clone(), to_server.clone(), to_client.clone()));
        }
    }
}

async fn connect(
    client: TcpStream,
    server: String,
    to_server: watch::Receiver<Link>,
    to_client: watch::Receiver<Link>,
) {
    // A server that is away closes the client's connection, as it would without a proxy.
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Small messages must not wait for company; without effect on what is tested if it fails.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, client) = client.into_split();
    let (from_server, server) = server.into_split();
    // Whichever way breaks first takes the other with it.
    tokio::select! {
        () = pass(from_client, server, to_server) => {}
        () = pass(from_server, client, to_client) => {}
    }
}

/// Copies one direction until an end or a cut.
async fn pass(from: OwnedReadHalf, to: OwnedWriteHalf, link: watch::Receiver<Link>) {
    let (queue, queued) = mpsc::channel(CHUNKS_MAX);
    tokio::select! {
        // The writer goes on until what was read before the end is delivered.
        ((), ()) = async { tokio::join!(read(from, queue, link.clone()), write(to, queued, link.clone())) } => {}
        () = cut(link.clone()) => {}
    }
}

/// Reads chunks, and gives each the time at which it is due.
async fn read(mut from: OwnedReadHalf, queue: mpsc::Sender<(Instant, Vec<u8>)>, link: watch::Receiver<Link>) {
    let mut random = Random(from.as_ref().peer_addr().map_or(1, |address| u64::from(address.port())));
    let mut due = Instant::now();
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let count = tokio::select! {
            count = from.read(&mut chunk) => count,
            () = queue.closed() => return,
        };
        let Ok(count @ 1..) = count else { return };
        chunk.truncate(count);
        let mode = *link.borrow();
        due = match mode {
            Link::Delay(delay) => Instant::now() + delay,
            Link::Jitter(most) => {
                due.max(Instant::now() + most.mul_f64(f64::from(random.next(1_000)) / 1_000.0))
            }
            Link::Narrow(bytes_per_second) => {
                due.max(Instant::now()) + Duration::from_secs(count as u64) / bytes_per_second.max(1)
            }
            Link::Lose => continue,
            Link::Damage => {
                if random.next(DAMAGE_EVERY) == 0 {
                    chunk[random.next(count as u32) as usize] ^= 1 << random.next(8);
                }
                Instant::now()
            }
            Link::Through | Link::Stall | Link::Cut => Instant::now(),
        };
        if queue.send((due, chunk)).await.is_err() {
            return;
        }
    }
}

/// Numbers without a pattern, the same for the same client's port.
struct Random(u64);

impl Random {
    /// Below `limit`.
    fn next(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit.max(1))) as u32
    }
}

async fn write(
    mut to: OwnedWriteHalf,
    mut queued: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut link: watch::Receiver<Link>,
) {
    while let Some((due, chunk)) = queued.recv().await {
        sleep_until(due).await;
        if link.wait_for(|mode| *mode != Link::Stall).await.is_err() || to.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

async fn cut(mut link: watch::Receiver<Link>) {
    // An error means that the proxy is gone, which ends its connections too.
    let _ = link.wait_for(|mode| *mode == Link::Cut).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);
    /// Long enough that bytes on a free link would have come.
    const SILENCE: Duration = Duration::from_millis(100);

    /// A server that says everything back.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn linked() -> (Proxy, TcpStream) {
        let proxy = Proxy::start(&echo().await.to_string()).await.expect("a proxy");
        let client = TcpStream::connect(proxy.address()).await.expect("a connection");
        (proxy, client)
    }

    /// What comes back within `limit`; `None` when nothing does, empty when the connection ends.
    async fn receive(client: &mut TcpStream, limit: Duration) -> Option<Vec<u8>> {
        let mut bytes = [0; 64];
        let count = tokio::time::timeout(limit, client.read(&mut bytes)).await.ok()?.unwrap_or(0);
        Some(bytes[..count].to_vec())
    }

    #[tokio::test]
    async fn a_delay_is_added_in_the_direction_that_has_it() {
        let (proxy, mut client) = linked().await;
        proxy.set(Direction::ToClient, Link::Delay(Duration::from_millis(150)));
        let started = Instant::now();
        client.write_all(b"late").await.expect("written");
        assert_eq!(receive(&mut client, LIMIT).await.as_deref(), Some(&b"late"[..]));
        assert!(started.elapsed() >= Duration::from_millis(150), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn stalled_bytes_come_after_all() {
        let (proxy, mut client) = linked().await;
        proxy.set(Direction::ToServer, Link::Stall);
        client.write_all(b"held").await.expect("written");
        assert_eq!(receive(&mut client, SILENCE).await, None);
        proxy.set_both(Link::Through);
        assert_eq!(receive(&mut client, LIMIT).await.as_deref(), Some(&b"held"[..]));
    }

    #[tokio::test]
    async fn a_narrow_link_takes_its_time_and_a_damaged_one_changes_bits() {
        let (proxy, mut client) = linked().await;
        proxy.set(Direction::ToServer, Link::Narrow(1_000));
        let started = Instant::now();
        client.write_all(&[7; 200]).await.expect("written");
        let mut back = [0; 200];
        client.read_exact(&mut back).await.expect("all of it");
        assert!(started.elapsed() >= Duration::from_millis(190), "{:?}", started.elapsed());
        proxy.set(Direction::ToServer, Link::Damage);
        let mut damaged = 0;
        for _ in 0..500 {
            client.write_all(&[0; 8]).await.expect("written");
            let mut back = [0; 8];
            client.read_exact(&mut back).await.expect("as many bytes");
            damaged += usize::from(back != [0; 8]);
        }
        assert!((1..250).contains(&damaged), "{damaged}");
    }

    #[tokio::test]
    async fn lost_bytes_never_come_and_the_connection_stays() {
        let (proxy, mut client) = linked().await;
        proxy.set(Direction::ToClient, Link::Lose);
        client.write_all(b"lost").await.expect("written");
        assert_eq!(receive(&mut client, SILENCE).await, None);
    }

    #[tokio::test]
    async fn a_cut_ends_connections_until_it_is_mended() {
        let (proxy, mut client) = linked().await;
        client.write_all(b"first").await.expect("written");
        assert_eq!(receive(&mut client, LIMIT).await.as_deref(), Some(&b"first"[..]));
        proxy.set_both(Link::Cut);
        assert_eq!(receive(&mut client, LIMIT).await.as_deref(), Some(&b""[..]));
        let mut refused = TcpStream::connect(proxy.address()).await.expect("accepted, then closed");
        assert_eq!(receive(&mut refused, LIMIT).await.as_deref(), Some(&b""[..]));
        proxy.set_both(Link::Through);
        let mut again = TcpStream::connect(proxy.address()).await.expect("a connection");
        again.write_all(b"again").await.expect("written");
        assert_eq!(receive(&mut again, LIMIT).await.as_deref(), Some(&b"again"[..]));
    }
}
