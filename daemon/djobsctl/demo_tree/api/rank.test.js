import assert from "node:assert/strict";
import { test } from "node:test";
import { rank, weight } from "./rank.js";

const DAY = 24 * 60 * 60 * 1000;

test("a vote is worth half after five days", () => {
  assert.equal(weight(4, 0, 5 * DAY), 2);
});

test("a fresh link overtakes an old favourite", () => {
  const links = [
    { id: 1, votes: 8, addedAt: 0 },
    { id: 2, votes: 3, addedAt: 14 * DAY },
  ];
  assert.deepEqual(rank(links, 15 * DAY).map((link) => link.id), [2, 1]);
});

test("equal weights keep the order of adding", () => {
  const links = [
    { id: 2, votes: 1, addedAt: 0 },
    { id: 1, votes: 1, addedAt: 0 },
  ];
  assert.deepEqual(rank(links, 0).map((link) => link.id), [1, 2]);
});
