environment    = "lower"
retention_days = 7
