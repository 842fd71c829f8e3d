import { createServer } from "node:http";
import { route } from "./router.js";
import { openStore } from "./store.js";

const port = Number(process.env.TERN_PORT ?? 4400);
const store = openStore(process.env.TERN_DB ?? "tern.db");

const server = createServer(async (request, response) => {
  const { status, body } = await route(request, store);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});

server.listen(port, "127.0.0.1", () => {
  console.log(`tern listens on http://127.0.0.1:${port}`);
});
