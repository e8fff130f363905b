//! The lower bound of a fan-out's cost: a loop with one write(2) for each delivery.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Accepts the receivers, and then a publisher, each of whose bytes is one message to all of them.
pub(crate) fn serve(receivers: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let accepted = std::iter::repeat_with(|| listener.accept().map(|(stream, _)| stream));
    let mut streams: Vec<TcpStream> = accepted.take(receivers).collect::<Result<_, _>>()?;
    for stream in &streams {
        stream.set_nodelay(true)?;
    }
    let (mut publisher, _) = listener.accept()?;
    let mut next = 0_u32;
    let mut bytes = [0; 64];
    loop {
        let read = publisher.read(&mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        for _ in 0..read {
            // As long as Parlor's event.
            let text = format!("{{\"message\":\"@@{next:08}{}\"}}", "x".repeat(380));
            let mut frame = vec![0x81, 126];
            frame.extend(u16::try_from(text.len())?.to_be_bytes());
            frame.extend(text.as_bytes());
            for stream in &mut streams {
                stream.write_all(&frame)?;
            }
            next += 1;
        }
    }
}
