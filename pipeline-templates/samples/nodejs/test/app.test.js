import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { app, greeting } from "../src/app.js";

let server;
let base;

before(async () => {
  server = app();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => server.close());

test("somebody without a name is the world", () => {
  assert.equal(greeting(null), "Hello, world!");
  assert.equal(greeting("  "), "Hello, world!");
});

test("the greeting names who asks", async () => {
  const response = await fetch(`${base}/?name=Ada`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { message: "Hello, Ada!" });
});

test("the health check says ok", async () => {
  const response = await fetch(`${base}/health`);
  assert.deepEqual(await response.json(), { status: "ok" });
});

test("what is not there is told as such", async () => {
  assert.equal((await fetch(`${base}/nothing`)).status, 404);
  assert.equal((await fetch(base, { method: "POST" })).status, 405);
});
