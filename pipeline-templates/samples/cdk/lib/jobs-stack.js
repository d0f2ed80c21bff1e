// A queue whose failed messages are kept, with an alarm when there are any.
import { CfnOutput, Duration, Stack, Tags } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";

export class JobsStack extends Stack {
  constructor(scope, id, { environment, ...props }) {
    super(scope, id, props);
    Tags.of(this).add("environment", environment);
    const failed = new Queue(this, "Failed", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const jobs = new Queue(this, "Jobs", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.minutes(2),
      deadLetterQueue: { queue: failed, maxReceiveCount: 5 },
    });
    failed.metricApproximateNumberOfMessagesVisible().createAlarm(this, "FailedJobs", {
      threshold: 1,
      evaluationPeriods: 1,
    });
    new CfnOutput(this, "QueueUrl", { value: jobs.queueUrl });
  }
}
