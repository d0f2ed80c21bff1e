//! An AWS of a test's own: moto as an account that no other test has, behind a wall that refuses, garbles or swallows what it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// The bench's moto.
const MOTO: &str = "127.0.0.1:5000";

/// What becomes of a request.
#[derive(Clone)]
pub(super) enum Then {
    /// As IAM refuses it, in the words of its protocol.
    Deny,
    Answer(u16, String),
    /// Nothing comes, and the connection stays.
    Hang,
}

/// For requests that hold all of these: method and path, target, body.
type Rule = (Vec<String>, Then);

#[derive(Default)]
struct Told {
    rules: Mutex<Vec<Rule>>,
    held: Mutex<Vec<TcpStream>>,
}

/// Serves for as long as the test's process lives.
pub(super) struct Wall {
    pub(super) url: String,
    pub(super) account: String,
    told: Arc<Told>,
}

impl Wall {
    pub(super) fn around(account: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let told = Arc::new(Told::default());
        let (heard, account_of) = (Arc::clone(&told), account.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, account) = (Arc::clone(&heard), account_of.clone());
                // A client that is gone has no use for an answer.
                std::thread::spawn(move || serve(stream, &heard, &account).is_ok());
            }
        });
        Wall {
            url: format!("http://{address}"),
            account: account.to_owned(),
            told,
        }
    }

    /// The last rule that fits decides.
    pub(super) fn on(&self, has: &[&str], then: Then) -> &Self {
        let has = has.iter().map(|text| (*text).to_owned()).collect();
        let mut rules = self
            .told
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        rules.push((has, then));
        self
    }
}

fn serve(client: TcpStream, told: &Told, account: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.trim())
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let first = head.lines().next().unwrap_or_default();
    let target = header("x-amz-target");
    let text = format!("{first}\n{target}\n{}", String::from_utf8_lossy(&body));
    let token = header("x-aws-ec2-metadata-token");
    let text = format!("{text}\ntoken:{token}\n");
    let rules = told
        .rules
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let rule = rules
        .into_iter()
        .rev()
        .find(|(has, _)| has.iter().all(|one| text.contains(one)));
    match rule {
        None => forward(client, &head, &body, account),
        Some((_, Then::Answer(status, text))) => answer(client, status, &text),
        Some((_, Then::Deny)) => {
            let (status, text) = refusal(target, &text);
            answer(client, status, &text)
        }
        Some((_, Then::Hang)) => {
            told.held
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(client);
            Ok(())
        }
    }
}

/// Source: the errors of each protocol in AWS's API references.
fn refusal(target: &str, text: &str) -> (u16, String) {
    let why =
        "User: bench is not authorized to perform this because no identity-based policy allows it";
    match (target, text.contains("Action=DescribeInstances")) {
        ("", true) => (
            403,
            format!(
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{why}</Message></Error></Errors><RequestID>r</RequestID></Response>"
            ),
        ),
        ("", false) => (
            403,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{why}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
            ),
        ),
        _ => (
            400,
            format!("{{\"__type\":\"AccessDeniedException\",\"message\":\"{why}\"}}"),
        ),
    }
}

fn answer(mut client: TcpStream, status: u16, text: &str) -> std::io::Result<()> {
    write!(
        client,
        "HTTP/1.1 {status} Bench\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

fn forward(mut client: TcpStream, head: &str, body: &[u8], account: &str) -> std::io::Result<()> {
    let mut moto = TcpStream::connect(MOTO)?;
    let (first, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let kept: String = rest
        .lines()
        .filter(|line| !line.is_empty() && !line.to_lowercase().starts_with("connection:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    write!(
        moto,
        "{first}\r\nConnection: close\r\nx-moto-account-id: {account}\r\n{kept}\r\n"
    )?;
    moto.write_all(body)?;
    std::io::copy(&mut moto, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}
