terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
  }

  # GitLab keeps the state; the pipeline says where (TF_HTTP_…).
  backend "http" {}
}

provider "aws" {
  default_tags {
    tags = {
      environment = var.environment
      managed-by  = "terraform"
    }
  }
}
