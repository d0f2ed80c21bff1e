//! gRPC as far as a session needs it: messages with a five-byte head, metadata, and a status at the end.
//!
//! Source: grpc `doc/PROTOCOL-HTTP2.md`. Refuses compressed messages, which the engine never sends unasked, and messages
//! larger than it has reason to send.

use std::future::poll_fn;

use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use prost::Message;

/// The longest question: a request for a file has ten bytes, a secret's name is a line.
const MOST_BYTES: usize = 64 * 1024;
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Source: grpc `doc/statuscodes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    Unimplemented = 12,
}

#[derive(Debug)]
pub(super) struct Status {
    code: Code,
    message: String,
}

impl Status {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Status {
            code,
            message: message.into(),
        }
    }

    /// The engine left the call.
    fn left() -> Self {
        Status::new(Code::Cancelled, "the engine ended the call")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Whether the fault is ours; the engine asks for much that it can do without.
    pub(super) fn breaks_the_build(&self) -> bool {
        match self.code {
            Code::Unknown => true,
            Code::Cancelled | Code::InvalidArgument | Code::NotFound | Code::Unimplemented => false,
        }
    }

    fn write(&self, headers: &mut HeaderMap) {
        headers.insert(STATUS, HeaderValue::from(self.code as u16));
        let mut text = String::new();
        for byte in self.message.bytes() {
            match byte {
                b' '..=b'~' if byte != b'%' => text.push(char::from(byte)),
                byte => text.push_str(&format!("%{byte:02X}")),
            }
        }
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(MESSAGE, value);
        }
    }
}

/// One call of the engine's.
pub(super) struct Call {
    request: Request<()>,
    messages: Messages,
    answer: SendResponse<Bytes>,
    out: Option<Out>,
}

impl Call {
    pub(super) fn new(request: Request<RecvStream>, answer: SendResponse<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        Call {
            request: Request::from_parts(head, ()),
            messages: Messages {
                body,
                held: Vec::new(),
            },
            answer,
            out: None,
        }
    }

    pub(super) fn path(&self) -> &str {
        self.request.uri().path()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Begins the answer; both directions are then free to be used at once.
    pub(super) fn open(&mut self) -> Result<(&mut Messages, &mut Out), Status> {
        let stream = self
            .answer
            .send_response(head(), false)
            .map_err(|_| Status::left())?;
        Ok((&mut self.messages, self.out.insert(Out(stream))))
    }

    /// One message in, one out.
    pub(super) async fn unary<Q: Message + Default, A: Message>(
        &mut self,
        answer: impl FnOnce(Q) -> Result<A, Status>,
    ) -> Result<(), Status> {
        let asked = self.messages.next::<Q>().await?.ok_or_else(Status::left)?;
        let given = answer(asked)?;
        let mut bytes = Vec::new();
        frame(&mut bytes, &given);
        let (_, out) = self.open()?;
        out.write(bytes.into()).await
    }

    /// Closes the call; of an engine that left it nobody needs to hear.
    pub(super) fn end(mut self, outcome: Result<(), Status>) {
        let mut trailers = HeaderMap::new();
        match outcome {
            Ok(()) => {
                trailers.insert(STATUS, HeaderValue::from_static("0"));
            }
            Err(status) => status.write(&mut trailers),
        }
        let sent = match self.out {
            Some(Out(mut stream)) => stream.send_trailers(trailers),
            None => {
                let mut head = head();
                head.headers_mut().extend(trailers);
                self.answer.send_response(head, true).map(drop)
            }
        };
        drop(sent);
    }
}

fn head() -> Response<()> {
    let mut response = Response::new(());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// What the engine sends in a call.
pub(super) struct Messages {
    body: RecvStream,
    held: Vec<u8>,
}

impl Messages {
    /// `None`: the engine has no more to say.
    pub(super) async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            match poll_fn(|context| self.body.poll_data(context)).await {
                None if self.held.is_empty() => return Ok(None),
                None | Some(Err(_)) => return Err(Status::left()),
                Some(Ok(piece)) => {
                    self.held.extend_from_slice(&piece);
                    // Fails only for a stream that has ended.
                    let _ = self.body.flow_control().release_capacity(piece.len());
                }
            }
        }
    }

    fn take<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        let Some((&[compressed, a, b, c, d], rest)) = self.held.split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if compressed != 0 || length > MOST_BYTES {
            let text = "compressed and very long messages are not taken";
            return Err(Status::new(Code::Unimplemented, text));
        }
        let Some(bytes) = rest.get(..length) else {
            return Ok(None);
        };
        let message = M::decode(bytes)
            .map_err(|error| Status::new(Code::InvalidArgument, error.to_string()))?;
        self.held.drain(..5 + length);
        Ok(Some(message))
    }
}

/// Our side of a call.
pub(super) struct Out(SendStream<Bytes>);

impl Out {
    /// Writes frames as fast as the engine takes them.
    pub(super) async fn write(&mut self, mut bytes: Bytes) -> Result<(), Status> {
        while !bytes.is_empty() {
            self.0.reserve_capacity(bytes.len());
            while self.0.capacity() == 0 {
                match poll_fn(|context| self.0.poll_capacity(context)).await {
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => return Err(Status::left()),
                }
            }
            let piece = bytes.split_to(self.0.capacity().min(bytes.len()));
            self.0.send_data(piece, false).map_err(|_| Status::left())?;
        }
        Ok(())
    }
}

/// Appends a message with its head.
pub(super) fn frame(into: &mut Vec<u8>, message: &impl Message) {
    let length = message.encoded_len();
    into.push(0);
    // A message is one entry's or at most a piece of a file; it cannot come near 4 GiB.
    into.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    message.encode_raw(into);
}

#[cfg(test)]
mod tests {
    use super::super::messages::SecretAsked;
    use super::*;

    #[test]
    fn a_message_has_its_length_in_front() {
        let mut bytes = Vec::new();
        frame(
            &mut bytes,
            &SecretAsked {
                id: "tok".to_owned(),
            },
        );
        assert_eq!(bytes, b"\0\0\0\0\x05\x0a\x03tok");
    }

    #[test]
    fn a_status_is_ascii_whatever_it_says() {
        let mut headers = HeaderMap::new();
        Status::new(Code::NotFound, "100% \u{e9}\n").write(&mut headers);
        assert_eq!(
            (&headers[STATUS], &headers[MESSAGE]),
            (
                &HeaderValue::from_static("5"),
                &HeaderValue::from_static("100%25 %C3%A9%0A")
            )
        );
    }
}
