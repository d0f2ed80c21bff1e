environment    = "production"
retention_days = 90
