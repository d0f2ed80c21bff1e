//! The words by which ECS, its agent and container runtimes say why a task stopped, and what they mean.
//!
//! Rows stand in order: the first one that fits holds. Those of `images` come after the secrets, because the agent's text
//! for a secret and for the registry's token begins the same, and before what a task needs besides.
//! Everything is compared in lower case.
//! Sources: ECS developer guide, "Stopped tasks error messages", "CannotPullContainer task errors",
//! "ResourceInitializationError errors", "Service event messages"; texts of containerd, runc and the Docker engine.
//! A row without a text in these is a guess from reports of users, and is marked so.

use super::{Kind, Reason, Turn};

pub(super) struct Row {
    /// One group has to be there in full.
    pub(super) any_of: &'static [&'static [&'static str]],
    pub(super) kind: Kind,
    pub(super) plain: &'static str,
    pub(super) turn: Turn,
    pub(super) act: &'static str,
    pub(super) again: Again,
}

/// Whether the same again could go better.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Again {
    Useless,
    MayHelp,
}

/// `None`: no row fits.
pub(super) fn look_up(text: &str) -> Option<Reason> {
    let text = text.to_lowercase();
    let fits = |row: &&Row| {
        row.any_of
            .iter()
            .any(|all| all.iter().all(|words| text.contains(words)))
    };
    // An image may be called `secret-service`.
    let secrets = match text.contains("cannotpull") {
        true => [].as_slice(),
        false => SECRETS,
    };
    let mut all = RUNNING
        .iter()
        .chain(secrets)
        .chain(super::images::ROWS)
        .chain(STARTING);
    all.find(fits).map(|row| Reason {
        kind: row.kind,
        plain: row.plain.to_owned(),
        turn: row.turn,
        act: row.act,
        useless_to_retry: row.again == Again::Useless,
    })
}

/// Of tasks that ran, or could have.
const RUNNING: &[Row] = &[
    Row {
        any_of: &[
            &["scaling activity initiated by"],
            &["service scheduler", "scal"],
        ],
        kind: Kind::Scaling,
        plain: "the service stopped it in the course of a deployment or of scaling",
        turn: Turn::Nobody,
        act: "",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["failed elb health checks"],
            &["is unhealthy in", "target-group"],
            &["is unhealthy in", "target group"],
            &["health checks failed with these codes"],
        ],
        kind: Kind::LoadBalancerHealth,
        plain: "it failed the load balancer's health checks",
        turn: Turn::Author,
        act: "check that the application listens on the target group's port on all addresses, and answers the \
              health check's path in time; if it only starts slowly, let the operator raise the service's \
              `healthCheckGracePeriodSeconds`",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["failed container health checks"],
            &["failed", "health checks"],
        ],
        kind: Kind::ContainerHealth,
        plain: "it failed the health check of its container",
        turn: Turn::Author,
        act: "run the health check's command in the image; raise `startPeriod` if the application only starts slowly",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["outofmemory"],
            &["out of memory"],
            &["killed due to memory usage"],
        ],
        kind: Kind::OutOfMemory,
        plain: "it ran out of memory",
        turn: Turn::Author,
        act: "raise `memory` in the task definition, or let the application use less",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["executable file not found"],
            &["exec:", "no such file or directory"],
            &["exec:", "permission denied"],
            &["unable to start container process"],
        ],
        kind: Kind::CannotExecute,
        plain: "its command cannot be run in this image",
        turn: Turn::Author,
        act: "check `command` and `entryPoint` against what is in the image, and that the file may be executed",
        again: Again::Useless,
    },
];

const SECRETS: &[Row] = &[
    Row {
        any_of: &[
            &["secret", "accessdenied"],
            &["secret", "not authorized"],
            &["ssm", "accessdenied"],
            &["ssm", "not authorized"],
        ],
        kind: Kind::Secrets,
        plain: "its execution role may not read a secret of the task definition",
        turn: Turn::Granter,
        act: "allow the task's execution role `secretsmanager:GetSecretValue` or `ssm:GetParameters` on it, and \
              `kms:Decrypt` on its key",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["secret", "resourcenotfound"],
            &["secret", "can't find"],
            &["secret", "retrieved secret", "did not contain"],
            &["invalid ssm parameters"],
            &["invalid parameters", "ssm"],
        ],
        kind: Kind::Secrets,
        plain: "a secret or parameter of its task definition does not exist",
        turn: Turn::Author,
        act: "create it, or correct its name under `secrets` in the task definition",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["unable to retrieve secret"],
            &["pull secrets", "from asm"],
            &["pull secrets", "from ssm"],
            &["fetch secret"],
        ],
        kind: Kind::Secrets,
        plain: "its secrets could not be fetched",
        turn: Turn::Operator,
        act: "check the way from the task's subnets to Secrets Manager and SSM (NAT, or endpoints and their security \
              groups)",
        again: Again::MayHelp,
    },
];

/// Of what a task needs besides its image.
const STARTING: &[Row] = &[
    Row {
        any_of: &[
            &["log group does not exist"],
            &["log group", "resourcenotfound"],
            &["cloudwatch log stream", "resourcenotfound"],
        ],
        kind: Kind::LogGroup,
        plain: "the log group of its task definition does not exist",
        turn: Turn::Operator,
        act: "create the log group, or set `awslogs-create-group` and allow `logs:CreateLogGroup`",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["validate logger"],
            &["initialize logging driver"],
            &["cloudwatch log"],
        ],
        kind: Kind::LogGroup,
        plain: "its log could not be opened",
        turn: Turn::Operator,
        act: "check `logConfiguration`, the execution role's `logs:CreateLogStream` and `logs:PutLogEvents`, and the \
              way to CloudWatch Logs",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["efs utils"],
            &["efs volume"],
            &["efs", "mount"],
            &["cannotcreatevolume"],
            &["failed to mount"],
            &["ebs", "attach"],
        ],
        kind: Kind::FileSystem,
        plain: "a volume of its task definition could not be mounted",
        turn: Turn::Operator,
        act: "check the file system's mount targets, access point and security groups, and the task role's rights \
              on it",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["network interface"],
            &["configure eni"],
            &["freeaddresses"],
            &["awsvpc"],
        ],
        kind: Kind::NetworkInterface,
        plain: "it got no network interface",
        turn: Turn::Operator,
        act: "check that the subnets have free addresses, that subnets and security groups exist, and the account's \
              limit of network interfaces",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[&["unable to assume the role"], &["assume role"]],
        kind: Kind::Role,
        plain: "ECS may not assume a role of its task definition",
        turn: Turn::Granter,
        act: "let the role trust `ecs-tasks.amazonaws.com`, and check that it exists",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["resourceinitializationerror"],
            &["cannotcreatecontainer"],
            &["cannotstartcontainer"],
        ],
        kind: Kind::Resources,
        plain: "what it needs to start could not be made ready",
        turn: Turn::Operator,
        act: "read ECS's own words above",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["dockertimeouterror"],
            &["containerruntimetimeout"],
            &["could not transition to running"],
        ],
        kind: Kind::StartTimeout,
        plain: "its container did not start in time",
        turn: Turn::Operator,
        act: "look at the load of the instances; it may go better by itself",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["capacity is unavailable"],
            &["capacity unavailable"],
            &["insufficient capacity"],
        ],
        kind: Kind::Capacity,
        plain: "AWS has no capacity for it at this time",
        turn: Turn::Operator,
        act: "try again later, or add subnets of other zones or another capacity provider",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["unable to place a task"],
            &["no container instance"],
            &["no container instances were found"],
        ],
        kind: Kind::Placement,
        plain: "no instance of the cluster has room for a task",
        turn: Turn::Operator,
        act: "add instances or make room: the event says what is short (CPU, memory, a port, an attribute)",
        again: Again::MayHelp,
    },
];
