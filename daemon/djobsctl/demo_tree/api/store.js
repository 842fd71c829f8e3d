import { DatabaseSync } from "node:sqlite";

export function openStore(path) {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL");
  const all = db.prepare("SELECT id, url, title, votes, added_at AS addedAt FROM links");
  const insert = db.prepare(
    "INSERT INTO links (url, title, added_at) VALUES (?, ?, ?) RETURNING id",
  );
  const vote = db.prepare("UPDATE links SET votes = votes + 1 WHERE id = ? RETURNING votes");
  return {
    links: () => all.all(),
    add: (url, title) => insert.get(url, title, Date.now()),
    vote: (id) => vote.get(id) ?? { error: "no such link" },
  };
}
