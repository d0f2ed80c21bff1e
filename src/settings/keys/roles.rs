//! The keys of `[[roles]]` and `[gitlab]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "gitlab.url",
        "string",
        "none",
        "GitLab's own address, as `iss` of its ID tokens says it. Needed where a rule of [[roles]] rests on them.",
    ),
    key(
        "gitlab.audience",
        "string",
        "that of gitlab.url",
        "What `aud` of a job's ID token has to be.",
    ),
    key(
        "gitlab.keys_url",
        "string",
        "/oauth/discovery/keys of gitlab.url",
        "Where the keys are that sign ID tokens.",
    ),
    key(
        "gitlab.token_file",
        "path",
        "GITLAB_TOKEN, else gitlab.token_secret",
        "File with the token by which `bootstrap-repo` and `template publish|diff|sync|check` call GitLab: a personal access token of a service account that is Maintainer of the group, scope api (a group access token cannot make access tokens). No job gets it.",
    ),
    key(
        "gitlab.token_secret",
        "string",
        "none",
        "Secret of AWS Secrets Manager that holds that token, plain or as `apiToken` of a JSON object, such as baws-admin-gitlab-secrets.",
    ),
    key(
        "gitlab.templates",
        "group/project",
        "\"platform/pipeline-templates\"",
        "The project that holds the pipeline templates.",
    ),
    key(
        "roles.projects",
        "list of patterns",
        "required",
        "[[roles]] are rules for the role that the host takes for a job's calls to AWS; the first that fits decides. A project that a rule names gets its role by a rule or is refused; all others have the host's own identity. A role_arn in [[grants]] goes first.",
    ),
    key(
        "roles.refs",
        "\"protected\", \"unprotected\" or \"any\"",
        "\"protected\"",
        "Jobs of which refs the rule is for, as GitLab says.",
    ),
    key(
        "roles.branches",
        "list of patterns",
        "all",
        "Only jobs of these branches.",
    ),
    key(
        "roles.tags",
        "list of patterns",
        "all",
        "Only jobs of these git tags.",
    ),
    key(
        "roles.environments",
        "list of patterns",
        "any, and none",
        "Only jobs of these GitLab environments, by a verified ID token. The pipeline file names them: keep refs protected.",
    ),
    key(
        "roles.members_of",
        "list of groups",
        "anybody",
        "Only jobs begun by a direct member of one of these GitLab groups, by a verified ID token.",
    ),
    key(
        "roles.accounts",
        "list of accounts",
        "all",
        "Only for work in these AWS accounts.",
    ),
    key(
        "roles.method",
        "\"explicit\", \"mapping-table\", \"naming-convention\" or \"oidc\"",
        "\"explicit\"",
        "explicit: role_arn. mapping-table: the platform's table (groups). naming-convention: role_name in the account at hand. oidc: role_arn, taken with the job's own ID token in place of the host's credentials.",
    ),
    key(
        "roles.role_arn",
        "string",
        "none",
        "With {account}, {region}, {environment}, {project}, {namespace}, {name}, {project_id}.",
    ),
    key(
        "roles.role_name",
        "string",
        "none",
        "Of naming-convention, such as \"opa-{environment}-operations-role\"; placeholders as in role_arn.",
    ),
    key(
        "roles.groups",
        "list",
        "none",
        "Of mapping-table, tried in this order: the first with a row `{account}-{group}` decides. Placeholders as in role_arn.",
    ),
    key(
        "roles.table",
        "string",
        "that of table_parameter",
        "Name of the mapping table.",
    ),
    key(
        "roles.table_parameter",
        "string",
        "\"/baws/SecurityMappingTable\"",
        "The parameter of Systems Manager that holds it, in the region of the work.",
    ),
    key(
        "roles.external_id",
        "string",
        "none",
        "What the role's trust policy asks for.",
    ),
    key(
        "roles.session_suffix",
        "string",
        "none",
        "Behind the name of each session, such as \"-backstage-session\".",
    ),
    key(
        "roles.session_duration_secs",
        "integer",
        "3600",
        "How long a session lasts; beyond 3600 only where the host's own credentials are no role's.",
    ),
    key(
        "roles.session_tags",
        "boolean",
        "false",
        "Tag sessions with project, ref and job; the role's trust policy has to allow sts:TagSession.",
    ),
    key(
        "roles.source_identity",
        "boolean",
        "false",
        "Name who began the job as source identity; the role's trust policy has to allow sts:SetSourceIdentity.",
    ),
    key(
        "roles.narrow",
        "boolean",
        "true",
        "Narrow each session to the service and repository in hand.",
    ),
];
