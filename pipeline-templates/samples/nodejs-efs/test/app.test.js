import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { app } from "../src/app.js";

let directory;
const servers = [];

async function task() {
  const server = app(directory);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

before(async () => {
  const parent = process.env.DATA_DIRECTORY ?? tmpdir();
  await mkdir(parent, { recursive: true });
  directory = await mkdtemp(join(parent, "visits-"));
});

after(async () => {
  servers.forEach((server) => server.close());
  await rm(directory, { recursive: true });
});

test("a second task goes on where the first was", async () => {
  assert.deepEqual(await (await fetch(await task())).json(), { visits: 1 });
  assert.deepEqual(await (await fetch(await task())).json(), { visits: 2 });
});

test("the health check says ok, and counts nothing", async () => {
  assert.deepEqual(await (await fetch(`${await task()}/health`)).json(), { status: "ok" });
});
