// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors

//! A peer for the comparison: the line-echo protocol on Tokio, a task for each connection on its pool of threads.
//! It keeps the protocol, and of the command-line contract the address, the ready line and SIGTERM.

use std::cell::RefCell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const HEAD: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";
const MAX_LINE: usize = 64 << 10;
const READ_SIZE: usize = 64 << 10;
const BACKLOG: u32 = 4096;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
const LINGER_TIME: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1 << 20;

/// Turns the bytes that came in into those that go out, whatever pieces they came in.
#[derive(Default)]
struct Session {
    /// Of a line whose end has not come.
    partial: Vec<u8>,
    /// What is owed.
    out: Vec<u8>,
}

/// Appends a line's content and its end; false ends the exchange: it is empty, too long or not UTF-8.
fn accept(content: &[u8], out: &mut Vec<u8>) -> bool {
    let legal =
        !content.is_empty() && content.len() <= MAX_LINE && std::str::from_utf8(content).is_ok();
    if legal {
        out.extend_from_slice(content);
        out.push(b'\n');
    }
    legal
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Session {
    /// Says whether no next byte can make the partial line legal: one \r more may belong to its end.
    fn too_long(&self) -> bool {
        self.partial.len() > MAX_LINE + 1
            || (self.partial.len() == MAX_LINE + 1 && self.partial[MAX_LINE] != b'\r')
    }

    /// Takes what was read; false ends the exchange.
    fn feed(&mut self, mut input: &[u8]) -> bool {
        while let Some(end) = memchr::memchr(b'\n', input) {
            let legal = if self.partial.is_empty() {
                accept(without_return(&input[..end]), &mut self.out)
            } else {
                self.partial.extend_from_slice(&input[..end]);
                accept(without_return(&self.partial), &mut self.out)
            };
            if !legal {
                return false;
            }
            self.partial.clear();
            input = &input[end + 1..];
        }
        self.partial.extend_from_slice(input);
        !self.too_long()
    }

    /// Takes the end of input: what is left is a line as it stands.
    fn end(&mut self) {
        accept(&self.partial, &mut self.out);
    }
}

/// Sends FIN and waits for the client's, so that no reset overtakes the answer.
async fn linger(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = [0; 4096];
    let mut left = LINGER_BYTES;
    while left > 0 {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => left = left.saturating_sub(count),
        }
    }
    Ok(())
}

thread_local! {
    /// What is read goes through it at once, so that a silent connection holds no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// Feeds the session with what there is to read: `None` where there was nothing, `Some(false)` where the exchange ends.
fn feed_from(stream: &TcpStream, session: &mut Session) -> io::Result<Option<bool>> {
    BUFFER.with(|buffer| {
        let buffer = &mut *buffer.borrow_mut();
        match stream.try_read(buffer) {
            Ok(0) => {
                session.end();
                Ok(Some(false))
            }
            Ok(count) => Ok(Some(session.feed(&buffer[..count]))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    })
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(HEAD).await?;
    let mut session = Session::default();
    let mut open = true;
    while open {
        timeout(IDLE_TIMEOUT, stream.readable()).await??;
        if let Some(more) = feed_from(&stream, &mut session)? {
            open = more;
        }
        if !session.out.is_empty() {
            timeout(IDLE_TIMEOUT, stream.write_all(&session.out)).await??;
            session.out.clear();
        }
    }
    timeout(LINGER_TIME, linger(&mut stream)).await?
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn run(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    println!("listening on {}", listener.local_addr()?);
    io::stdout().flush()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Every task holds a sender: when the last has gone, nothing is left to wait for.
    let (active, mut ended) = mpsc::channel::<()>(1);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let active = active.clone();
                    tokio::spawn(async move {
                        let _ = serve(stream).await; // one client's fault is nobody else's
                        drop(active);
                    });
                }
                // No descriptors, as a rule: others have to end first.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    drop(listener);
    drop(active);
    let _ = timeout(DRAIN_TIMEOUT, ended.recv()).await;
    Ok(())
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut address, mut workers) = (None, 2);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match flag.as_str() {
            "--listen" => address = value.parse().ok(),
            "--workers" => workers = value.parse().unwrap_or(0),
            _ => workers = 0,
        }
    }
    let address = match address {
        Some(address) if workers > 0 => address,
        _ => {
            eprintln!("tokio_echo: usage: tokio_echo --listen ADDRESS:PORT [--workers N]");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build();
    let result = runtime.and_then(|runtime| {
        let result = runtime.block_on(run(address));
        runtime.shutdown_background();
        result
    });
    if let Err(error) = result {
        eprintln!("tokio_echo: {error}");
        std::process::exit(1);
    }
}
