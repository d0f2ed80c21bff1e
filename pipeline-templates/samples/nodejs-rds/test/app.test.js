import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { app } from "../src/app.js";
import { settings } from "../src/database.js";

let server;
let base;

before(async () => {
  const kept = [];
  const notes = {
    all: async () => kept,
    add: async (text) => {
      if (text === "fail") throw new Error("asked for by the test");
      kept.push({ id: kept.length + 1, text });
      return kept.at(-1);
    },
  };
  server = app(notes);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => server.close());

test("a note that was written can be read", async () => {
  const written = await fetch(`${base}/notes?text=milk`, { method: "POST" });
  assert.equal(written.status, 201);
  assert.deepEqual(await (await fetch(`${base}/notes`)).json(), [{ id: 1, text: "milk" }]);
});

test("a note without words is the caller's fault", async () => {
  assert.equal((await fetch(`${base}/notes`, { method: "POST" })).status, 400);
});

test("a database that fails is told, not shown", async () => {
  const response = await fetch(`${base}/notes?text=fail`, { method: "POST" });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: "the database did not answer" });
});

test("the secret of RDS says where the database is", () => {
  const secret = { host: "db", port: 5432, dbname: "app", username: "u", password: "p" };
  assert.equal(settings({ RDS_CREDS: JSON.stringify(secret) }).database, "app");
  assert.throws(() => settings({}), /DATABASE_URL/);
});
