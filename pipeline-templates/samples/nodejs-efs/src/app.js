// A counter in a file, on a file system that several tasks share.
import { createServer } from "node:http";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";

export function app(directory) {
  const file = join(directory, "visits");
  const read = async () => Number(await readFile(file, "utf8").catch(() => "0"));
  return createServer(async (request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method !== "GET") return answer(405, { error: "only GET" });
    if (request.url === "/health") return answer(200, { status: "ok" });
    if (request.url !== "/") return answer(404, { error: "no such path" });
    try {
      await mkdir(directory, { recursive: true });
      const visits = (await read()) + 1;
      // Written beside and moved: another task never reads half a number. Two at once may count one visit.
      const beside = join(directory, `.visits-${randomUUID()}`);
      await writeFile(beside, String(visits));
      await rename(beside, file);
      return answer(200, { visits });
    } catch (error) {
      console.error(error);
      return answer(500, { error: "the file system does not take the file" });
    }
  });
}
