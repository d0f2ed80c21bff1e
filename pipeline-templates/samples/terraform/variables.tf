variable "environment" {
  description = "Name of the environment"
  type        = string
}

variable "retention_days" {
  description = "How long log lines are kept"
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 180, 365], var.retention_days)
    error_message = "CloudWatch keeps log lines 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365 days."
  }
}
