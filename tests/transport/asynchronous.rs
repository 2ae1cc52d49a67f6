//! Channels as asynchronous streams.

use std::io;
use std::time::Duration;

use sprag::default::Backend;
use sprag::sprag_core::transport::{ChannelPolicy, Limits, NoiseProtocol, Pattern};
use sprag::transport::{AeadAlgorithm, AsyncSecureStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};

use crate::world::{builder, quiet};

type Stream = AsyncSecureStream<DuplexStream, Backend>;

async fn streams(room: usize, policy: ChannelPolicy) -> (Stream, Stream) {
    let protocol = NoiseProtocol::new(Pattern::XX, AeadAlgorithm::Aes256Gcm);
    let side = |initiator| builder::<Backend>(protocol, initiator).build().unwrap();
    let (client, server) = duplex(room);
    let client = Stream::establish(client, side(true), policy);
    let server = Stream::establish(server, side(false), policy);
    let (client, server) = tokio::join!(client, server);
    (client.unwrap(), server.unwrap())
}

#[tokio::test]
async fn bytes_arrive_whole_in_order_and_end() {
    for room in [1, 700, 100_000] {
        let (mut client, mut server) = streams(room, ChannelPolicy::default()).await;
        let sent: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let write = async {
            client.write_all(&sent).await.unwrap();
            client.shutdown().await.unwrap();
        };
        let read = async {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            received
        };
        let (received, ()) = tokio::join!(read, write);
        assert!(received == sent);
    }
}

#[tokio::test]
async fn a_cut_is_no_end() {
    let (mut client, mut server) = streams(1000, ChannelPolicy::default()).await;
    client.write_all(b"half a sent").await.unwrap();
    client.flush().await.unwrap();
    drop(client);
    let mut received = Vec::new();
    let error = server.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(received, b"half a sent");
}

#[tokio::test]
async fn closing_one_direction_leaves_the_other() {
    let (mut client, mut server) = streams(1000, ChannelPolicy::default()).await;
    client.close().await.unwrap();
    assert_eq!(server.read(&mut [0; 10]).await.unwrap(), 0);
    server.write_all(b"still talking").await.unwrap();
    server.shutdown().await.unwrap();
    let mut received = String::new();
    client.read_to_string(&mut received).await.unwrap();
    assert_eq!(received, "still talking");
}

/// Both directions at once, each in tasks of its own, through a pipe that is always full, while keys
/// are renewed: nobody waits for ever.
#[tokio::test]
async fn four_tasks_and_renewals_over_a_narrow_pipe() {
    let mut policy = quiet();
    policy.soft = Limits {
        records: 2,
        ..policy.soft
    };
    policy.agreement_bytes = 50_000;
    let (client, server) = streams(64, policy).await;
    let mut tasks = Vec::new();
    for stream in [client, server] {
        let (mut reader, mut writer) = split(stream);
        tasks.push(tokio::spawn(async move {
            for round in 0..60_u8 {
                writer.write_all(&[round; 3000]).await.unwrap();
            }
            writer.flush().await.unwrap();
        }));
        tasks.push(tokio::spawn(async move {
            for round in 0..60_u8 {
                let mut received = [0; 3000];
                reader.read_exact(&mut received).await.unwrap();
                assert!(received == [round; 3000], "round {round}");
            }
        }));
    }
    let all = async {
        for task in tasks {
            task.await.unwrap();
        }
    };
    let time = Duration::from_secs(60);
    tokio::time::timeout(time, all)
        .await
        .expect("nobody waits for ever");
}

/// Dropping a read or a write that waits loses and repeats nothing.
#[tokio::test]
async fn operations_may_be_dropped() {
    let (mut client, mut server) = streams(10, ChannelPolicy::default()).await;
    let sent: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
    let mut received: Vec<u8> = Vec::new();
    let mut at = 0;
    while received.len() < sent.len() {
        tokio::select! {
            biased;
            len = client.write(&sent[at..(at + 100).min(sent.len())]), if at < sent.len() => {
                at += len.unwrap();
            }
            () = tokio::task::yield_now() => {}
        }
        if at == sent.len() {
            tokio::select! {
                biased;
                flushed = client.flush() => flushed.unwrap(),
                () = tokio::task::yield_now() => {}
            }
        }
        let mut buffer = [0; 7];
        tokio::select! {
            biased;
            len = server.read(&mut buffer) => received.extend(&buffer[..len.unwrap()]),
            () = tokio::task::yield_now() => {}
        }
    }
    assert!(received == sent);
}
