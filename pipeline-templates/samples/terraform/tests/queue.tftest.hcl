# No account is touched: what AWS would answer is made up.
mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:sample"
    }
  }
}

variables {
  environment = "test"
}

run "queues_are_encrypted_and_named_after_the_environment" {
  command = apply

  assert {
    condition     = aws_sqs_queue.jobs.name == "sample-test-jobs"
    error_message = "the queue is not named after the environment"
  }

  assert {
    condition     = aws_sqs_queue.jobs.sqs_managed_sse_enabled && aws_sqs_queue.failed.sqs_managed_sse_enabled
    error_message = "a queue is not encrypted"
  }
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    retention_days = 42
  }

  expect_failures = [var.retention_days]
}
