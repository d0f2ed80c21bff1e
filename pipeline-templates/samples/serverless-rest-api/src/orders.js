// GET /orders/{id}. The AWS SDK is part of Lambda's runtime; this one needs none of it.
const orders = new Map([["1", { id: "1", article: "tea", count: 2 }]]);

const answer = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export async function handler(event) {
  const order = orders.get(event.pathParameters?.id ?? "");
  return order ? answer(200, order) : answer(404, { error: "no such order" });
}
