// What the service answers, apart from where it listens: so that tests need no port of their own choice.
import { createServer } from "node:http";

export function greeting(name) {
  const who = (name ?? "").trim();
  return `Hello, ${who === "" ? "world" : who}!`;
}

export function app() {
  return createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method !== "GET") return answer(405, { error: "only GET" });
    if (url.pathname === "/health") return answer(200, { status: "ok" });
    if (url.pathname === "/") return answer(200, { message: greeting(url.searchParams.get("name")) });
    return answer(404, { error: "no such path" });
  });
}
