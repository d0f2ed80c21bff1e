output "queue_url" {
  description = "Where jobs are put"
  value       = aws_sqs_queue.jobs.url
}
