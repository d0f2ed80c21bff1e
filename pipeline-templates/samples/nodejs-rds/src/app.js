// What the service answers. `notes` is what it keeps: a database, or in a test a list.
import { createServer } from "node:http";

export function app(notes) {
  return createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    try {
      if (request.method === "GET" && url.pathname === "/health") return answer(200, { status: "ok" });
      if (request.method === "GET" && url.pathname === "/notes") return answer(200, await notes.all());
      if (request.method === "POST" && url.pathname === "/notes") {
        const text = url.searchParams.get("text") ?? "";
        if (text === "") return answer(400, { error: "say what: ?text=" });
        return answer(201, await notes.add(text));
      }
      return answer(404, { error: "no such path" });
    } catch (error) {
      console.error(error);
      return answer(500, { error: "the database did not answer" });
    }
  });
}
