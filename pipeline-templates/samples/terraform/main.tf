resource "aws_cloudwatch_log_group" "jobs" {
  name              = "/sample/${var.environment}/jobs"
  retention_in_days = var.retention_days
}

resource "aws_sqs_queue" "failed" {
  name                      = "sample-${var.environment}-failed"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "jobs" {
  name                       = "sample-${var.environment}-jobs"
  visibility_timeout_seconds = 120
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed.arn
    maxReceiveCount     = 5
  })
}
