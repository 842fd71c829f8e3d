import { rank } from "./rank.js";
import { readJson } from "./body.js";

const routes = {
  "GET /links": (_, store) => ({ status: 200, body: rank(store.links(), Date.now()) }),
  "POST /links": async (request, store) => {
    const { url, title } = await readJson(request);
    if (!URL.canParse(url)) return { status: 422, body: { error: "url is not a URL" } };
    return { status: 201, body: store.add(url, title ?? url) };
  },
  "POST /votes": async (request, store) => {
    const { link } = await readJson(request);
    return { status: 200, body: store.vote(link) };
  },
};

export async function route(request, store) {
  const path = new URL(request.url, "http://tern").pathname;
  const handler = routes[`${request.method} ${path}`];
  if (!handler) return { status: 404, body: { error: `no route for ${path}` } };
  return handler(request, store);
}
