// Where the database is: DATABASE_URL, or the secret that the platform makes for RDS and the task definition hands on as
// RDS_CREDS.
export function settings(environment) {
  if (environment.DATABASE_URL) return { connectionString: environment.DATABASE_URL };
  if (environment.RDS_CREDS) {
    const { host, port, dbname, username, password } = JSON.parse(environment.RDS_CREDS);
    return { host, port, database: dbname, user: username, password, ssl: { rejectUnauthorized: true } };
  }
  throw new Error("set DATABASE_URL or RDS_CREDS");
}
