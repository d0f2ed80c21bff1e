import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { JobsStack } from "../lib/jobs-stack.js";

const template = Template.fromStack(new JobsStack(new App(), "test", { environment: "test" }));

test("every queue is encrypted and takes no plain HTTP", () => {
  template.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
  template.resourceCountIs("AWS::SQS::QueuePolicy", 2);
});

test("what fails five times is kept", () => {
  template.hasResourceProperties("AWS::SQS::Queue", { RedrivePolicy: Match.objectLike({ maxReceiveCount: 5 }) });
});

test("failed jobs raise an alarm", () => {
  template.resourceCountIs("AWS::CloudWatch::Alarm", 1);
});
