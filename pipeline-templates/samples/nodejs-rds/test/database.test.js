// Runs where the pipeline has a database beside the tests; DATABASE_URL says where. Without one it is not run, and not counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { stored } from "../src/notes.js";

test("notes are kept in the database", async () => {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  try {
    await pool.query("CREATE TEMPORARY TABLE notes (id serial PRIMARY KEY, text text NOT NULL)");
    const notes = stored(pool);
    const { id } = await notes.add("milk");
    assert.deepEqual(await notes.all(), [{ id, text: "milk" }]);
  } finally {
    await pool.end();
  }
});
