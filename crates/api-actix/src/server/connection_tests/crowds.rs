//! Many connections at once: kept alive, pipelined, slow, and gone without a word.

use futures_util::future::join_all;
use tokio::time::timeout;

use super::*;

/// Connections at a time.
const CONNECTIONS: usize = 100;
/// Requests of each.
const REQUESTS: usize = 20;
/// Long enough for a slow machine; a client that waits for it was kept waiting by others.
const TIMEOUT: Duration = Duration::from_secs(10);

fn echoed(n: usize) -> (String, String) {
    let body = format!("{n} {}", "x".repeat(n * 37 % 2_000));
    (format!("POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n{body}", body.len()), body)
}

/// Reads one answer, and returns its body.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> String {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().parse().unwrap();
            if rest.len() >= length {
                buffer.drain(..head.len() + 4 + length);
                return rest[..length].to_owned();
            }
        }
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the connection ended after {text}");
    }
}

#[test]
fn each_of_many_connections_gets_its_own_answers_in_order() {
    run(async {
        let server = Server::start();
        let server = &server;
        let one_by_one = |connection: usize| async move {
            let (mut stream, mut buffer) = (server.connect().await, vec![]);
            for n in 0..REQUESTS {
                let (request, body) = echoed(connection + n);
                stream.write_all(request.as_bytes()).await.unwrap();
                assert_eq!(answer(&mut stream, &mut buffer).await, body);
            }
        };
        let pipelined = |connection: usize| async move {
            let (mut stream, mut buffer) = (server.connect().await, vec![]);
            let requests: String = (0..REQUESTS).map(|n| echoed(connection + n).0).collect();
            // In segments that end anywhere.
            let half = requests.len() * connection / CONNECTIONS;
            for part in [&requests[..half], &requests[half..]] {
                stream.write_all(part.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
            for n in 0..REQUESTS {
                assert_eq!(answer(&mut stream, &mut buffer).await, echoed(connection + n).1);
            }
        };
        tokio::join!(join_all((0..CONNECTIONS).map(one_by_one)), join_all((0..CONNECTIONS).map(pipelined)),);
    });
}

#[test]
fn clients_that_are_slow_or_gone_keep_no_other_waiting() {
    run(async {
        let server = Server::start();
        let mut kept = vec![];
        for n in 0..CONNECTIONS {
            let mut stream = server.connect().await;
            match n % 4 {
                // The head never ends.
                0 => stream.write_all(b"GET /short HTTP/1.1\r\nHost: he").await.unwrap(),
                // The body never ends.
                1 => stream.write_all(&echoed(50).0.as_bytes()[..150]).await.unwrap(),
                // The answers are not read: more than the system takes for the client.
                2 => {
                    stream.write_all(request("GET /long HTTP/1.1", "").repeat(200).as_bytes()).await.unwrap();
                }
                // Gone in the middle of a request, without a goodbye.
                _ => {
                    stream.write_all(&echoed(50).0.as_bytes()[..150]).await.unwrap();
                    stream.set_zero_linger().unwrap();
                    continue;
                }
            }
            kept.push(stream);
        }
        let (mut stream, mut buffer) = (server.connect().await, vec![]);
        for n in 0..REQUESTS {
            let (request, body) = echoed(n);
            stream.write_all(request.as_bytes()).await.unwrap();
            let answered = timeout(TIMEOUT, answer(&mut stream, &mut buffer)).await;
            assert_eq!(answered.expect("others keep it waiting"), body);
        }
        drop(kept);
    });
}

#[test]
fn a_client_that_reads_slowly_gets_every_byte() {
    run(async {
        let server = Server::start();
        let mut stream = server.connect().await;
        let all = request("GET /long HTTP/1.1", "").repeat(20);
        stream.write_all(all.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut received = vec![];
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        loop {
            pace.tick().await;
            let mut part = [0; 16 * 1024];
            match stream.read(&mut part).await.unwrap() {
                0 => break,
                read => received.extend_from_slice(&part[..read]),
            }
        }
        let text = String::from_utf8(received).unwrap();
        let methods = ["GET"; 20];
        assert!(answers(&text, &methods).iter().all(|(status, body)| *status == "200" && body.len() == LONG));
    });
}
