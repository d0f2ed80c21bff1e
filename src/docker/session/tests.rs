//! A session as the engine meets it: over HTTP/2, by a client that speaks like the engine.

use std::future::Future;

use futures_util::future::{Either, select};
use h2::client::SendRequest;
use h2::{RecvStream, SendStream};
use prost::Message;

use super::messages::{Packet, PacketKind};
use super::*;

/// The engine's side of one call.
struct Asking {
    out: SendStream<Bytes>,
    body: RecvStream,
    /// Of an answer that is nothing but a status.
    head: HeaderMap,
    held: Vec<u8>,
}

impl Asking {
    fn say(&mut self, message: &impl Message) {
        let mut bytes = Vec::new();
        grpc::frame(&mut bytes, message);
        self.out.send_data(bytes.into(), false).unwrap();
    }

    fn packet(&mut self, kind: PacketKind, id: u32) {
        self.say(&Packet {
            kind: kind.into(),
            id,
            ..Packet::default()
        });
    }

    async fn hear<M: Message + Default>(&mut self) -> Option<M> {
        loop {
            if let Some(length) = self.held.get(1..5) {
                let end = 5 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
                if self.held.len() >= end {
                    let message = M::decode(&self.held[5..end]).unwrap();
                    self.held.drain(..end);
                    return Some(message);
                }
            }
            let piece = self.body.data().await?.ok()?;
            let _ = self.body.flow_control().release_capacity(piece.len());
            self.held.extend_from_slice(&piece);
        }
    }

    /// The status at the end: number and words.
    async fn status(mut self) -> (String, String) {
        while self.hear::<Packet>().await.is_some() {}
        let trailers = self.body.trailers().await.unwrap().unwrap_or(self.head);
        let text = |name| {
            let value = trailers.get(name);
            value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        (text("grpc-status"), text("grpc-message"))
    }
}

async fn ask(engine: &mut SendRequest<Bytes>, path: &str, metadata: &[(&str, &str)]) -> Asking {
    let mut request = Request::post(format!("http://localhost{path}"));
    for (name, value) in metadata {
        request = request.header(*name, *value);
    }
    let (answer, mut out) = engine
        .send_request(request.body(()).unwrap(), false)
        .unwrap();
    if metadata.is_empty() {
        // A question without fields.
        out.send_data(vec![0; 5].into(), false).unwrap();
    }
    let (head, body) = answer.await.unwrap().into_parts();
    Asking {
        out,
        body,
        head: head.headers,
        held: Vec::new(),
    }
}

fn offer(wants: mpsc::UnboundedSender<Want>) -> Offer {
    let entry = |path: &str, kind| Listed {
        path: path.into(),
        kind,
        mode: 0o755,
        mtime_ns: 7,
    };
    Offer {
        session_name: "name".to_owned(),
        shared_key: "key".to_owned(),
        dockerfile: b"FROM scratch\n".to_vec(),
        entries: vec![
            entry("b", ListedKind::File { size: 6 }),
            entry("a", ListedKind::Directory),
            entry("a/empty", ListedKind::File { size: 0 }),
        ],
        wants,
        logins: Vec::new(),
        secrets: BTreeMap::new(),
    }
}

/// Runs `engine` against a session; returns why the session thinks the build broke.
fn with_session<F: Future<Output = ()>>(
    engine: impl FnOnce(SendRequest<Bytes>, mpsc::UnboundedReceiver<Want>) -> F,
) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (wants, wanted) = mpsc::unbounded_channel();
        let session = Session::new(offer(wants), "Dockerfile").unwrap();
        let (ours, theirs) = tokio::io::duplex(1024);
        let asking = async {
            let (client, connection) = h2::client::handshake(theirs).await.unwrap();
            match select(pin!(connection), pin!(engine(client, wanted))).await {
                Either::Left((ended, _)) => panic!("the session is gone: {ended:?}"),
                Either::Right(((), _)) => {}
            }
        };
        match select(pin!(session.serve(ours)), pin!(asking)).await {
            Either::Left((ended, _)) => panic!("the session ended: {ended}"),
            Either::Right(((), _)) => session.broken(),
        }
    })
}

const DIFF_COPY: &str = "/moby.filesync.v1.FileSync/DiffCopy";

#[test]
fn the_engine_gets_the_tree_and_the_files_it_asks_for() {
    let broken = with_session(|mut engine, mut wanted| async move {
        let mut call = ask(&mut engine, DIFF_COPY, &[("dir-name", "context")]).await;
        let mut paths = Vec::new();
        while let Some(stat) = call.hear::<Packet>().await.unwrap().stat {
            paths.push(String::from_utf8(stat.path).unwrap());
        }
        assert_eq!(paths, ["a", "a/empty", "b"]);
        call.packet(PacketKind::Request, 1);
        call.packet(PacketKind::Request, 2);
        let want = wanted.recv().await.unwrap();
        assert_eq!(want.index, 0);
        for piece in ["con", "tent"] {
            want.into.send(Ok(piece[..3].into())).await.unwrap();
        }
        drop(want);
        let (mut bytes, mut ended) = (Vec::new(), Vec::new());
        while ended.len() < 2 {
            let packet = call.hear::<Packet>().await.unwrap();
            assert_eq!(packet.kind(), PacketKind::Data);
            match packet.data.is_empty() {
                true => ended.push(packet.id),
                false => bytes.extend_from_slice(&packet.data),
            }
        }
        ended.sort_unstable();
        assert_eq!((bytes.as_slice(), ended), (&b"conten"[..], vec![1, 2]));
        call.packet(PacketKind::Finish, 0);
        let last = call.hear::<Packet>().await.unwrap();
        assert_eq!(last.kind(), PacketKind::Finish);
        assert_eq!(call.status().await.0, "0");
    });
    assert_eq!(broken, None);
}

#[test]
fn a_file_that_cannot_be_had_breaks_the_build_with_its_own_words() {
    for (bytes, words) in [
        (
            Err(io::Error::other("the disk is gone")),
            "the disk is gone",
        ),
        (Ok("short"), "`b` ended 1 bytes too early"),
        (
            Ok("too long"),
            "`b` is longer than it was when the build began",
        ),
    ] {
        let broken = with_session(|mut engine, mut wanted| async move {
            let mut call = ask(&mut engine, DIFF_COPY, &[("dir-name", "context")]).await;
            call.packet(PacketKind::Request, 2);
            let want = wanted.recv().await.unwrap();
            want.into.send(bytes.map(Into::into)).await.unwrap();
            drop(want);
            assert_eq!(call.status().await, ("2".to_owned(), words.to_owned()));
        });
        assert_eq!(broken.as_deref(), Some(words));
    }
}

#[test]
fn only_the_dockerfile_and_the_context_are_offered() {
    let broken = with_session(|mut engine, _wanted| async move {
        let mut call = ask(&mut engine, DIFF_COPY, &[("dir-name", "dockerfile")]).await;
        let stat = call.hear::<Packet>().await.unwrap().stat.unwrap();
        assert_eq!((stat.path.as_slice(), stat.size), (&b"Dockerfile"[..], 13));
        assert_eq!(call.hear::<Packet>().await.unwrap().stat, None);
        call.packet(PacketKind::Request, 0);
        let packet = call.hear::<Packet>().await.unwrap();
        assert_eq!(&packet.data[..], b"FROM scratch\n");
        for name in ["/etc", "../context", ""] {
            let call = ask(&mut engine, DIFF_COPY, &[("dir-name", name)]).await;
            let words = format!("the build has no directory `{name}` to offer");
            assert_eq!(call.status().await, ("5".to_owned(), words));
        }
        let mut call = ask(&mut engine, DIFF_COPY, &[("dir-name", "context")]).await;
        call.packet(PacketKind::Request, 9);
        assert_eq!(call.status().await.0, "3");
    });
    assert_eq!(broken, None);
}

#[test]
fn what_a_session_lacks_it_says_and_goes_on() {
    let broken = with_session(|mut engine, _wanted| async move {
        let call = ask(&mut engine, "/moby.sshforward.v1.SSH/ForwardAgent", &[]).await;
        let words = "this session has no method `/moby.sshforward.v1.SSH/ForwardAgent`";
        assert_eq!(call.status().await, ("12".to_owned(), words.to_owned()));
        let call = ask(
            &mut engine,
            "/moby.buildkit.secrets.v1.Secrets/GetSecret",
            &[],
        )
        .await;
        assert_eq!(call.status().await.0, "5");
        let mut call = ask(&mut engine, "/grpc.health.v1.Health/Check", &[]).await;
        assert_eq!(call.hear::<Health>().await, Some(Health::serving()));
        assert_eq!(call.status().await.0, "0");
        let mut call = ask(&mut engine, "/moby.filesync.v1.Auth/Credentials", &[]).await;
        assert!(call.hear::<Credentials>().await.unwrap() == Credentials::default());
    });
    assert_eq!(broken, None);
}
