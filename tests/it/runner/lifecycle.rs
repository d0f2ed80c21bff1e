//! An instance of an Auto Scaling group on its way out: its hook is completed when no job runs any more, and only where it waits.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::hub::Told;
use crate::support::job::PROGRAM;

const DOCUMENT: &str =
    r#"{"instanceId": "i-0bench", "region": "eu-west-1", "accountId": "123456789012"}"#;

/// An instance's metadata and its group, at one address.
struct Cloud {
    address: String,
    /// What the group was told.
    told: Arc<Mutex<Vec<String>>>,
}

impl Cloud {
    /// `state`: of the instance in its group; `refuses`: what may not be called.
    fn with(state: &'static str, refuses: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has one");
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, state, refuses, &heard);
            }
        });
        Cloud {
            address: format!("http://{address}"),
            told,
        }
    }

    fn drain(&self, more: &[&str]) -> Told {
        let mut command = Command::new(PROGRAM);
        for (name, value) in [
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", self.address.as_str()),
            ("AWS_ENDPOINT_URL_AUTO_SCALING", &self.address),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
        ] {
            command.env(name, value);
        }
        command.args([
            "runner",
            "drain",
            "--runner-config",
            "/nonexistent/config.toml",
        ]);
        command.args(["--lifecycle-hook", "drain"]).args(more);
        Told::of(command, "no address")
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("nobody panicked").clone()
    }
}

fn answer(mut stream: TcpStream, state: &str, refuses: &str, told: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("it is ours"));
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).expect("a client sends");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a client sends");
        let line = line.trim().to_ascii_lowercase();
        if let Some(count) = line.strip_prefix("content-length:") {
            length = count.trim().parse().expect("it is a number");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a client sends");
    let body = String::from_utf8_lossy(&body);
    let action = body
        .strip_prefix("Action=")
        .and_then(|rest| rest.split('&').next());
    let (status, text) = match (first.split(' ').nth(1).unwrap_or_default(), action) {
        (_, Some(action)) if action == refuses => (
            "403 Forbidden",
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>".to_owned(),
        ),
        (_, Some("DescribeAutoScalingInstances")) => (
            "200 OK",
            format!("<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult><AutoScalingInstances><member><InstanceId>i-0bench</InstanceId><AutoScalingGroupName>runners</AutoScalingGroupName><LifecycleState>{state}</LifecycleState></member></AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"),
        ),
        (_, Some(action)) => {
            if action == "CompleteLifecycleAction" {
                told.lock().expect("nobody panicked").push(body.to_string());
            }
            ("200 OK", format!("<{action}Response/>"))
        }
        ("/latest/api/token", None) => ("200 OK", "token".to_owned()),
        ("/latest/dynamic/instance-identity/document", None) => ("200 OK", DOCUMENT.to_owned()),
        ("/latest/meta-data/autoscaling/target-lifecycle-state", None) => ("200 OK", "Terminated".to_owned()),
        _ => ("404 Not Found", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\nConnection: close\r\n\r\n",
        text.len()
    );
    stream
        .write_all((head + &text).as_bytes())
        .expect("a client reads");
}

#[test]
fn the_hook_is_completed_when_the_runner_has_ended() {
    let cloud = Cloud::with("Terminating:Wait", "");
    let drained = cloud.drain(&["--when-leaving", "--json"]);
    assert_eq!(drained.is(0).json()["hook_completed"], true);
    assert!(
        drained
            .err
            .contains("Its Auto Scaling group ends this instance"),
        "{}",
        drained.err
    );
    let told = cloud.told();
    assert_eq!(told.len(), 1);
    for word in [
        "LifecycleHookName=drain",
        "AutoScalingGroupName=runners",
        "InstanceId=i-0bench",
        "LifecycleActionResult=CONTINUE",
    ] {
        assert!(told[0].contains(word), "{told:?}");
    }
}

#[test]
fn a_group_that_does_not_wait_is_told_nothing() {
    let cloud = Cloud::with("InService", "");
    let drained = cloud.drain(&["--json"]);
    assert_eq!(drained.is(0).json()["hook_completed"], false);
    assert!(
        drained
            .err
            .contains("does not wait for this instance (InService)"),
        "{}",
        drained.err
    );
    assert_eq!(cloud.told(), Vec::<String>::new());
}

#[test]
fn a_hook_that_may_not_be_completed_tells_the_permission_and_no_instance_says_so() {
    let cloud = Cloud::with("Terminating:Wait", "CompleteLifecycleAction");
    let refused = cloud.drain(&[]);
    let said = &refused.is(3).err;
    assert!(
        said.contains("autoscaling:CompleteLifecycleAction"),
        "{said}"
    );
    assert_eq!(cloud.told(), Vec::<String>::new());
    let unknown = Cloud::with("Terminating:Wait", "DescribeAutoScalingInstances");
    let drained = unknown.drain(&["--when-leaving"]);
    assert_eq!(drained.is(3).out, "This host takes no jobs\n");
    let nowhere = Cloud {
        address: "http://127.0.0.1:1".to_owned(),
        told: Arc::default(),
    };
    let said = nowhere.drain(&["--when-leaving"]);
    assert!(
        said.is(4)
            .err
            .contains("does not know itself as an EC2 instance"),
        "{}",
        said.err
    );
}
