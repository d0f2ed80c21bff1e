import assert from "node:assert/strict";
import { test } from "node:test";
import { handler } from "../src/orders.js";

test("an order that is there is told", async () => {
  const answer = await handler({ pathParameters: { id: "1" } });
  assert.equal(answer.statusCode, 200);
  assert.equal(JSON.parse(answer.body).article, "tea");
});

test("one that is not there is told as such", async () => {
  assert.equal((await handler({ pathParameters: { id: "2" } })).statusCode, 404);
  assert.equal((await handler({})).statusCode, 404);
});
