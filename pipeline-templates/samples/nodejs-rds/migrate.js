// Run before each deployment, as a one-off task beside the service. Each step may be run again: two deployments do.
import pg from "pg";
import { settings } from "./src/database.js";

const steps = ["CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY, text text NOT NULL)"];

const client = new pg.Client(settings(process.env));
await client.connect();
try {
  for (const step of steps) {
    console.log(step);
    await client.query(step);
  }
} finally {
  await client.end();
}
