#!/bin/bash
# A bare Amazon Linux 2023 or Debian 12 instance of an Auto Scaling group becomes a runner. As user data of its launch template, with:
#   - IMDSv2 required, hop limit 1 (jobs cannot reach the metadata either way: the guard rejects it)
#   - an instance profile that may read the secret and the packages' bucket, and what docs/operate.md lists
#   - a life-cycle hook for `autoscaling:EC2_INSTANCE_TERMINATING`, with a time-out as long as the longest job
# Everything is set in the first lines; nothing secret stands here.
set -euo pipefail

packages=s3://example-packages/baws-ci        # baws-ci_VERSION_ARCH.deb, baws-ci-VERSION-1.ARCH.rpm
gitlab=https://git.example.com
secret=baws-admin-gitlab-secrets              # its PAT or apiToken makes the runner
helper=123456789012.dkr.ecr.eu-west-1.amazonaws.com/platform/helper:1
hook=baws-ci-drain
export AWS_REGION=eu-west-1

# The engine and gitlab-runner, from packages that are signed.
if command -v dnf >/dev/null; then
    dnf install -y docker nftables awscli-2 logrotate
    curl -fsSL https://packages.gitlab.com/runner/gitlab-runner/gpgkey -o /etc/pki/rpm-gpg/gitlab-runner
    cat >/etc/yum.repos.d/gitlab-runner.repo <<'REPO'
[gitlab-runner]
name=gitlab-runner
baseurl=https://packages.gitlab.com/runner/gitlab-runner/amazon/2023/$basearch
gpgcheck=0
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/gitlab-runner
REPO
    dnf install -y gitlab-runner
    aws s3 cp "$packages/" /tmp/packages --recursive --exclude '*' --include "*.$(uname -m).rpm"
    dnf install -y /tmp/packages/*.rpm
else
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends docker.io nftables awscli ca-certificates curl gpg logrotate
    curl -fsSL https://packages.gitlab.com/runner/gitlab-runner/gpgkey | gpg --dearmor -o /usr/share/keyrings/gitlab-runner.gpg
    echo "deb [signed-by=/usr/share/keyrings/gitlab-runner.gpg] https://packages.gitlab.com/runner/gitlab-runner/debian/ bookworm main" \
        >/etc/apt/sources.list.d/gitlab-runner.list
    apt-get update
    apt-get install -y gitlab-runner
    aws s3 cp "$packages/" /tmp/packages --recursive --exclude '*' --include "*_$(dpkg --print-architecture).deb"
    apt-get install -y /tmp/packages/*.deb
fi
systemctl enable --now docker

# The operator's settings: grants, roles, limits. Written before the first job.
install -d /etc/baws-ci
cat >/etc/baws-ci/config.toml <<'SETTINGS'
[executor]
min_free_disk = "20g"
SETTINGS

baws-ci runner register --gitlab "$gitlab" --admin-secret "$secret" --tags ec2 --run-untagged \
    --install --helper-image "$helper" --lifecycle-hook "$hook"
baws-ci doctor
